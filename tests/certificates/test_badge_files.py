"""The words and the picture of badges, and the sample to try wallets with."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from pyld import jsonld as plain

from certificates import wording
from certificates.credentials import bundled, check, did, jsonld, picture, png, sample
from certificates.credentials.check import Outcome
from tests.certificates.badges import NOW, SNAPSHOT, both, organisation


@pytest.fixture
def database_url() -> str:
    """Nothing is stored here."""
    return "sqlite://"


def test_criteria_say_in_the_badges_language_what_holds_for_all_holders(app: Flask) -> None:
    with app.app_context():
        german = wording.wording(replace(SNAPSHOT, quality=both("*Fach* <b>", "x")), "de")
        english = wording.wording(replace(SNAPSHOT, award="participation"), "en")
        results = wording.results(SNAPSHOT)
    assert german.criteria.splitlines() == [
        "- **Umfang:** 62,5 Stunden (2,5 ECTS)", "- **Niveau:** DQR/EQR 6", "- **Form der Teilnahme:** Online, zeitlich frei",
        "- **Prüfungsform:** Onlineprüfung ohne Aufsicht", r"- **Qualitätssicherung:** \*Fach\* \<b\>",
        "- **Ergebnis:** Bestanden: mindestens 60 % der Punkte",
    ]
    assert german.measure == "Punkte"
    assert english.measure == "Content opened"
    assert results == both("Bestanden: mindestens 60 % der Punkte", "Passed: at least 60% of the points")


@pytest.mark.parametrize("title", ["KI", "AI literacy at university", "Künstliche Intelligenz verstehen " * 12, "Ω" * 90, "人工智能", ""])
def test_any_course_has_a_picture(title: str) -> None:
    drawn = picture.draw(heading="Zertifikat", title=title, issuer="Küstenuniversität", colour="#0b3c6f", accent="#e0a100")
    with Image.open(BytesIO(drawn)) as image:
        assert image.size == (picture.SIDE, picture.SIDE)
        assert image.getpixel((0, 0)) == (0, 0, 0, 0)
        assert image.getpixel((300, 60)) == (0x0B, 0x3C, 0x6F, 255)


def test_the_sample_is_valid_in_all_its_forms(tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in sample.sample(tmp_path / "new", now=NOW)}
    document, listed = json.loads(files["did.json"]), json.loads(files["status-list.json"])
    assert did.document_address(document["id"]) == f"{sample.BASE}/o/{sample.SLUG}/did.json"
    for text in (files["badge.json"], files["badge.jwt"], png.baked(files["badge.png"]) or ""):
        found = check.check(text, documents={document["id"]: document}.get, lists={sample.LIST: listed}.get, at=NOW + timedelta(hours=1))
        assert found.outcome is Outcome.VALID
    assert json.loads(files["elm.json"])["type"][-1] == "EuropeanDigitalCredential"
    assert "Mustermann" not in files["badge.json"].decode()


def test_badges_are_signed_in_threads_as_they_are_alone() -> None:
    languages = ["de", "en"] * 8
    alone = {language: jsonld.canonical(organisation().unsigned(language=language)) for language in set(languages)}
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda language: jsonld.canonical(organisation().unsigned(language=language)), languages))
    assert found == [alone[language] for language in languages]


@pytest.mark.parametrize("words", [
    {"type": ["Profile"], "email": "a@uni.example"},
    {"type": ["Image", "Profile"], "email": "a@uni.example", "caption": "Seal"},
    {"type": ["Achievement", "Profile"], "email": "a@uni.example", "version": "1"},
    {"type": ["Profile", "Alignment", "Image"], "email": "a@uni.example", "caption": "Seal", "targetName": "x"},
])
def test_keeping_contexts_changes_nothing_of_what_a_badge_means(words: dict[str, object]) -> None:
    """pyld as it comes says the same, also of parts of several types, whose contexts are applied one after the other."""
    document = organisation().unsigned()
    document["issuer"].update(words)
    usual = plain.normalize(document, {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": bundled.load})
    assert jsonld.canonical(document) == usual.encode()
