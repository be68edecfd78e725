"""The looks of an organisation, one after the other: none is ever changed, and certificates keep theirs."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from certificates.letterhead import Style
from certificates.looks.designs import template_of as design_template
from certificates.looks.template import Template
from certificates.models import Certificate, Letterhead, TemplateVersion
from certificates.organisations import alone
from core import db

SHOWN = 30


_LETTERHEADS = select(Letterhead).options(joinedload(Letterhead.template))


class OvertakenError(RuntimeError):
    """Somebody else has saved a look meanwhile."""

    def __init__(self, newest: Letterhead) -> None:
        super().__init__("somebody else has saved a look meanwhile")
        self.newest = newest


def newest() -> Letterhead | None:
    """The letterhead that the organisation uses now."""
    return db.session.scalars(_LETTERHEADS.order_by(Letterhead.id.desc()).limit(1)).one_or_none()


def latest() -> list[Letterhead]:
    """The last versions, the newest first."""
    return list(db.session.scalars(_LETTERHEADS.order_by(Letterhead.id.desc()).limit(SHOWN)))


def version(letterhead_id: int) -> Letterhead | None:
    """One version, if it is of this organisation."""
    return db.session.scalars(_LETTERHEADS.where(Letterhead.id == letterhead_id)).one_or_none()


_ANY = -1


def save(organisation_id: int, style: Style, *, based_on: int | None = _ANY) -> Letterhead:
    """Make a look the organisation's newest one; one that is the same as the newest changes nothing.

    `based_on` is the version that its writer saw (None: there was none). Raises OvertakenError when that is not the newest any more.
    """
    with db.transaction() as tx:
        alone(organisation_id)
        before = newest()
        if before is not None and based_on not in (_ANY, before.id):
            raise OvertakenError(before)
        template = _kept(style.own) if style.own else None
        values = _columns(style, template)
        if before is None or any(getattr(before, key) != value for key, value in values.items()):
            before = Letterhead(**values)
            tx.add(before)
    return before


def restore(organisation_id: int, letterhead_id: int) -> Letterhead | None:
    """Make an older version the newest one; None when it is not of this organisation."""
    old = version(letterhead_id)
    return save(organisation_id, style_of(old)) if old else None


def style_of(row: Letterhead) -> Style:
    """A version as it may be saved again."""
    own = Template(row.template.page, row.template.style) if row.design is None and row.template else None
    return Style(
        row.colour, row.accent, row.logo, tuple(row.signatories), tuple(row.legal), row.languages, dict(row.pictures), row.design, own,
    )


def template_for(style: Letterhead | None) -> TemplateVersion:
    """The template that a certificate of today is printed with, kept for ever. Call in a transaction, alone()."""
    if style is not None and style.design is None and style.template is not None:
        return style.template
    return _kept(design_template(style.design if style else None))


def template_of(certificate: Certificate) -> Template | None:
    """The template that a certificate was issued with; None: before there were several."""
    row = db.session.get(TemplateVersion, certificate.template_id) if certificate.template_id else None
    return Template(row.page, row.style, row.design) if row else None


def _kept(template: Template) -> TemplateVersion:
    found = db.session.scalars(select(TemplateVersion).where(TemplateVersion.sha256 == template.sha256)).one_or_none()
    if found is None:
        found = TemplateVersion(sha256=template.sha256, design=template.design, page=template.page, style=template.style)
        db.session.add(found)
        db.session.flush()
    return found


def _columns(style: Style, template: TemplateVersion | None) -> Mapping[str, Any]:
    return {
        "colour": style.colour, "accent": style.accent, "logo": style.logo, "signatories": [dict(entry) for entry in style.signatories],
        "legal": [dict(entry) for entry in style.legal], "languages": style.languages, "pictures": dict(style.pictures),
        "design": None if template else style.design, "template_id": template.id if template else None,
    }
