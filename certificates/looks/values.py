"""The names that a template may use, and what they stand for. docs/operators/certificate-templates.md lists them."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from certificates import qr
from certificates.looks.look import Look
from certificates.sheet import Fact, Sheet
from core.i18n import LANGUAGES, N_, in_language

QR_TITLE = N_("QR code: the address below")
_BOTH = ("title", "number", "intro", "name_note", "statement", "course", "edition", "competences_title", "legal")


def values(sheet: Sheet, look: Look, language: str, issued_on: str, other: Sheet | None = None) -> dict[str, Any]:
    """Plain data: texts, lists of texts, and the QR code. `other` is the sheet in the second language of a bilingual page.

    What is the same in both languages is not said twice: its `other_…` is empty.
    """
    second = other_language(language) if other else ""
    start, _slash, code = sheet.address.split("//", 1)[-1].rpartition("/")
    named = look.named_pictures()
    return {
        "language": language, "other_language": second, "issued_on": issued_on, "colour": look.colour, "accent": look.accent,
        **{name: getattr(sheet, name) for name in _BOTH},
        **{f"other_{name}": _different(getattr(other, name, ""), getattr(sheet, name)) for name in _BOTH},
        "issuer": sheet.issuer, "unit": sheet.unit, "name": sheet.name,
        "competences": [
            {"text": text, "other": _different(_at(other.competences if other else (), place), text)} for place, text in enumerate(sheet.competences)
        ],
        "facts": [_fact(fact, _at(other.facts if other else (), place)) for place, fact in enumerate(sheet.facts)],
        "signatories": [
            {
                "name": fact.text, "role": fact.label, "other_role": _different(_label(_at(other.signatories if other else (), place)), fact.label),
                "signature": f"picture:signature-{place + 1}" if f"signature-{place + 1}" in named else "",
                "alt": _("Signature: %(name)s", name=fact.text),
            } for place, fact in enumerate(sheet.signatories)
        ],
        "logo": "picture:logo" if "logo" in named else "", "pictures": {name: f"picture:{name}" for name in named},
        # Two pieces: broken at one of its hyphens, the code would lose it where somebody copies the address from the PDF.
        "address": sheet.address, "address_start": f"{start}/", "code": code,
        "check": _("Check that it is genuine:"), "other_check": _check(second),
        "qr": qr.svg(sheet.address, _(QR_TITLE)),
    }


def other_language(language: str) -> str:
    """The second language of a bilingual certificate."""
    return next(known for known in LANGUAGES if known != language)


def _check(second: str) -> str:
    if not second:
        return ""
    with in_language(second):
        return str(_("Check that it is genuine:"))


def _fact(fact: Fact, other: Fact | None) -> dict[str, str]:
    return {
        "label": fact.label, "other_label": _different(_label(other), fact.label), "text": fact.text,
        "other": _different(other.text if other else "", fact.text),
    }


def _label(fact: Fact | None) -> str:
    return fact.label if fact else ""


def _at(entries: Sequence[Any], place: int) -> Any:
    return entries[place] if place < len(entries) else None


def _different(other: str | None, first: str) -> str:
    """What the second language says otherwise: a full stop in a date makes no difference."""
    return other if other and _letters(other) != _letters(first) else ""


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())
