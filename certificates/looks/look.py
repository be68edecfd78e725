"""How a certificate looks, whatever it says: template, colours, pictures."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

from certificates.looks.designs import template_of
from certificates.looks.ornaments import ornaments
from certificates.looks.template import Template


class Style(Protocol):
    """A letterhead, as kept or as read."""

    @property
    def colour(self) -> str: ...
    @property
    def accent(self) -> str: ...
    @property
    def logo(self) -> str | None: ...
    @property
    def signatories(self) -> Iterable[Mapping[str, Any]]: ...
    @property
    def pictures(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Look:
    """What letterhead and template add. Pictures are data: addresses; without a template it is the first of the gallery."""

    colour: str
    accent: str
    logo: str | None
    signatures: tuple[str | None, ...]
    template: Template | None = None
    pictures: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, style: Style, template: Template | None = None) -> Self:
        """The look of a letterhead, as kept or as read."""
        return cls(
            style.colour, style.accent, style.logo, tuple(entry["signature"] for entry in style.signatories), template,
            tuple(sorted((style.pictures or {}).items())),
        )

    @property
    def layout(self) -> Template:
        """The template."""
        return self.template or template_of(None)

    def named_pictures(self) -> dict[str, str]:
        """Every picture by the name that a template uses for it, as in picture:logo."""
        own = {"logo": self.logo, **{f"signature-{place}": entry for place, entry in enumerate(self.signatures, 1)}}
        return dict(ornaments(self.colour, self.accent)) | dict(self.pictures) | {name: entry for name, entry in own.items() if entry}
