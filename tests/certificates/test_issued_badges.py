"""The badge that comes with each certificate: made once, in the PDF, checked by strangers through the issuer's public addresses."""

import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from certificates import badges, service
from certificates.credentials.check import Outcome, check
from certificates.credentials.png import baked
from certificates.models import IssuerKey, Reason
from certificates.organisations import issuer_of
from core import db
from tests import builders
from tests.certificates.earning import Holder, earn, request
from tests.certificates.elm_profile import faults


class Stranger:
    """Somebody who checks a badge and asks the issuer what is public."""

    def __init__(self, app: Flask) -> None:
        self.browser = app.test_client()

    def fetch(self, path: str) -> Any:
        answer = request(self.browser, path)
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        return json.loads(answer.data)

    def check(self, badge: str | bytes, *, late: int = 0) -> Outcome:
        def document(_did: str) -> Any:
            return self.fetch("/o/musterstadt/did.json")

        def status_list(_address: str) -> Any:
            return self.fetch("/o/musterstadt/status/revocation")

        return check(badge, documents=document, lists=status_list, at=db.now() + timedelta(days=late)).outcome


def badge_of(holder: Holder, kind: str = "json") -> bytes:
    answer = holder.open(f"/certificates/{holder.certificate().id}/badge.{kind}")
    assert answer.status_code == 200
    content: bytes = answer.data
    return content


def test_a_badge_in_every_form_is_valid_for_a_stranger(app: Flask) -> None:
    with app.app_context():
        holder, stranger = earn(app), Stranger(app)
        text = badge_of(holder)
        assert stranger.check(text) is Outcome.VALID
        assert stranger.check(badge_of(holder, "jwt")) is Outcome.VALID
        assert stranger.check(baked(badge_of(holder, "png")) or "") is Outcome.VALID
        assert stranger.check(text.replace(b'"edition', b'"Edition').replace(b"AI literacy", b"AI mastery").replace(b"KI-Kompetenz", b"KI-Meister")) is Outcome.TAMPERED
        assert b"Lovelace" not in text
        assert holder.open(f"/certificates/{holder.certificate().id}/badge.exe").status_code == 404


@pytest.mark.parametrize("way", ["withdrawn", "replaced", "deleted"])
def test_what_no_longer_holds_is_in_the_list_and_the_rest_is_not(app: Flask, way: str) -> None:
    with app.app_context():
        holder, stranger = earn(app), Stranger(app)
        text, row = badge_of(holder), holder.certificate()
        if way == "withdrawn":
            service.withdraw_row(row, Reason.ERROR)
        elif way == "replaced":
            service.correct_name(row, "Ada King")
            assert stranger.check(badge_of(holder)) is Outcome.VALID
        else:
            service.erase(row)
            assert holder.open(f"/certificates/{row.id}/badge.json").status_code == 404
        assert stranger.check(text) is Outcome.WITHDRAWN


def test_a_new_key_signs_and_the_old_one_still_verifies(app: Flask) -> None:
    with app.app_context():
        holder, stranger = earn(app), Stranger(app)
        old = badge_of(holder)
        new = badges.rotate(holder.person.organisation_id)
        assert stranger.check(old) is Outcome.VALID
        assert stranger.check(badge_of(holder, "jwt")) is Outcome.VALID
        assert new in json.dumps(stranger.fetch("/o/musterstadt/did.json"))
        with db.scoped(holder.person.organisation_id):
            secrets = db.session.scalars(select(IssuerKey.secret)).all()
        assert len(secrets) == 2
        assert not any(secret in str(stranger.fetch("/o/musterstadt/did.json")) for secret in secrets)


def test_a_badge_is_made_once_and_lies_in_the_file(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        holder = earn(app)
        row = holder.certificate()
        organisation, before = issuer_of(row), badge_of(holder)
        assert badges.prepare(row, organisation, None).encode() == before  # type: ignore[arg-type]
        file = tmp_path / "certificate.pdf"
        file.write_bytes(service.pdf_of(row) or b"")
    subprocess.run(["pdfdetach", "-saveall", "-o", tmp_path, file], check=True, capture_output=True)
    assert (tmp_path / "open-badge.json").read_bytes() == before


def test_a_badge_belongs_to_its_holder_and_an_unknown_issuer_has_no_pages(app: Flask) -> None:
    with app.app_context():
        holder = earn(app)
        eve = builders.browser(app, builders.person("Eve"))
        assert request(eve, f"/certificates/{holder.certificate().id}/badge.json").status_code == 404
    for path in ("", "/did.json", "/status/revocation"):
        assert request(app.test_client(), f"/o/nobody{path}").status_code == 404
        assert request(app.test_client(), f"/o/musterstadt{path}").status_code == 200


def as_on_the_web(content: bytes) -> Any:
    """The house under test has no https."""
    return json.loads(content.replace(b"http://localhost:8000", b"https://lotse.example"))


def test_the_holder_takes_the_certificate_to_europass_and_nobody_else_does(app: Flask) -> None:
    with app.app_context():
        holder = earn(app)
        path = f"/certificates/{holder.certificate().id}/elm.json"
        answer = holder.open(path)
        document = as_on_the_web(answer.data)
        assert (answer.status_code, answer.mimetype, faults(document)) == (200, "application/ld+json", [])
        assert document["credentialSubject"]["fullName"] == {"de": "Ada Lovelace"}
        assert document["issuer"]["location"][0]["address"][0]["countryCode"]["prefLabel"] == {"de": "Deutschland", "en": "Germany"}
        assert path in holder.open(f"/certificates/{holder.certificate().id}").text
        eve = builders.browser(app, builders.person("Eve"))
        assert request(eve, path).status_code == 404
        service.withdraw_row(holder.certificate(), Reason.ERROR)
        assert holder.open(path).status_code == 404


def test_an_organisation_says_where_it_is(app: Flask) -> None:
    def run(*words: str) -> tuple[int, str]:
        done = app.test_cli_runner().invoke(args=["certificates", "place", "musterstadt", *words])
        return done.exit_code, done.output

    with app.app_context():
        holder = earn(app)
        db.session.commit()
        assert run("--country", "aut", "--legal-identifier", "ATU123") == (0, "AUT (Austria), ATU123\n")
        assert run("--country", "Austria")[0] == 1
        assert run() == (0, "AUT (Austria), ATU123\n")
        db.session.expire_all()
        document = as_on_the_web(holder.open(f"/certificates/{holder.certificate().id}/elm.json").data)
        assert (faults(document), document["issuer"]["eIDASIdentifier"]["notation"]) == ([], "ATU123")
