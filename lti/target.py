"""What a link opens."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


KINDS = ("course", "module", "quiz", "exercise", "certificate")
"""What a link can open: all of a course, a module, a module's questions alone, one question or exercise, one's certificates."""


NO_SCORES = ("scores", "none")
"""The custom parameter of a link for which Lotse makes no line item of its own."""


class Target(NamedTuple):
    """What a link names; None for what it leaves open. `draw` is as written: admission checks it against the edition."""

    course: str | None
    module: str | None = None
    kind: str | None = None
    item: str | None = None
    draw: str | None = None

    @property
    def opens(self) -> str:
        """The kind that is named, or else the one that follows from what is named."""
        if self.kind is not None:
            return self.kind
        if self.item is not None:
            return "exercise"
        if self.draw is not None:
            return "quiz"
        return "module" if self.module is not None else "course"

    @property
    def custom(self) -> dict[str, str]:
        """The custom parameters that name this target; a kind only where it is neither a course nor a module."""
        named = {"course": self.course, "module": self.module, "item": self.item, "draw": self.draw}
        kind = self.opens if self.opens not in ("course", "module") else None
        return {name: value for name, value in {**named, "kind": kind}.items() if value is not None}


def named(custom: Mapping[str, str], target_link_uri: str) -> Target:
    """What the link's custom parameters name, or else the query of its address (`/lti/launch?course=…&module=…`).

    Custom parameters win because ILIAS replaces the address by the launch address. A link that names a course by
    parameter takes nothing else from the address: the two may come from different settings.
    """
    parameters = _chosen(custom)
    if parameters.course:
        return parameters
    address = _chosen({key: values[0] for key, values in parse_qs(urlsplit(target_link_uri).query).items()})
    rest = (mine if mine is not None else theirs for mine, theirs in zip(parameters[1:], address[1:], strict=True))
    return Target(address.course, *rest)


def _chosen(values: Mapping[str, str]) -> Target:
    """`Course` as well as `course`: Moodle sends both forms of a key. A `$Variable` was not filled in by the platform."""
    lowered = {key.casefold(): value.strip() for key, value in values.items()}
    usable = {key: value for key, value in lowered.items() if _NAME.fullmatch(value)}
    return Target(*(usable.get(name) for name in Target._fields))
