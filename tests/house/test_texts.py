"""Texts of the rooms: German is complete, and says one thing in one way."""

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from core.i18n import compile_catalogues

ROOT = Path(__file__).parents[2]
METHODS = [("**/.venv/**", "ignore"), ("**/node_modules/**", "ignore"), ("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "_l": None, "N_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "lazy_ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
ROOMS = ("core", "accounts", "courses", "modules", "gateway", "exercises", "assessments", "certificates", "lti", "exchange", "studio", "reports", "demo", "templates")


def used() -> set[str]:
    found: set[str] = set()
    for room in ROOMS:
        for _, _, message, _, _ in extract_from_dir(ROOT / room, [("**.py", "python"), ("**.html", "jinja2")], keywords=KEYWORDS):
            found.add(message if isinstance(message, str) else message[0])
    return found - {""}


def test_every_text_has_its_german() -> None:
    german = {}
    for path in sorted((ROOT / "locale/de").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                german[message.id if isinstance(message.id, str) else message.id[0]] = message
    missing = sorted(text for text in used() if text not in german or not german[text].string or german[text].fuzzy)
    assert missing == []


def test_rooms_do_not_translate_the_same_text_differently(tmp_path: Path) -> None:
    assert compile_catalogues() == []


@pytest.mark.parametrize("path", sorted((ROOT / "locale/de").glob("*.po")), ids=lambda path: path.name)
def test_places_for_values_are_the_same_in_german(path: Path) -> None:
    with path.open("rb") as file:
        errors = [f"{message.id}: {error}" for message, errors in read_po(file, locale="de").check() for error in errors]
    assert errors == []
