"""The administrators' page on which the look of certificates is chosen."""

import re
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from accounts.models import Role
from certificates import versions
from certificates.looks import apart
from certificates.looks.designs import gallery
from certificates.models import Letterhead
from core import db
from tests import builders
from tests.certificates.earning import request

ADDRESS = "/admin/certificates"


def _administrator(app: Flask, slug: str = "musterstadt") -> FlaskClient:
    builders.organisation(slug)
    return builders.browser(app, builders.person("Grace Hopper", roles=(Role.ADMINISTRATOR,)))


def _entered(**changes: Any) -> dict[str, Any]:
    return {"design": "modern", "colour": "#12525a", "accent": "#e2725b", "languages": "both", "based_on": "", "sample_language": "de", **changes}


def _png(width: int = 60, height: int = 20) -> BytesIO:
    out = BytesIO()
    Image.new("RGB", (width, height), "#123456").save(out, "PNG")
    out.seek(0)
    return out


def _newest() -> Letterhead | None:
    db.session.commit()
    return versions.newest()


@pytest.fixture(scope="module", autouse=True)
def _no_process_is_left() -> Any:
    yield
    apart.close()


def test_only_administrators_see_the_page(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        assert request(builders.browser(app, builders.person("Ada")), ADDRESS).status_code == 403


def test_a_look_is_saved_with_its_logo_and_signatory_and_an_older_one_comes_back(app: Flask) -> None:
    with app.app_context():
        browser = _administrator(app)
        page = request(browser, ADDRESS)
        assert page.status_code == 200
        assert all(design.title["en"] in page.text for design in gallery().values())
        sent = request(browser, ADDRESS, "POST", {
            **_entered(), "logo-file": (_png(), "logo.png"), "signatories-0-name": "Prof. Dr. Grün", "signatories-0-role_de": "Leitung",
        })
        assert sent.status_code == 303
        row = _newest()
        assert row is not None
        assert (row.design, row.languages, row.colour) == ("modern", "both", "#12525a")
        assert (row.logo or "").startswith("data:image/png;base64,")
        assert row.signatories == [{"name": "Prof. Dr. Grün", "role": {"de": "Leitung", "en": "Leitung"}, "signature": None}]
        assert row.legal[-1]["from"] > "2026"
        sent = request(browser, ADDRESS, "POST", _entered(design="engraved", based_on=str(row.id), legal_de="Satz"))
        assert sent.status_code == 303
        assert request(browser, f"{ADDRESS}/versions/{row.id}/restore", "POST").status_code == 303
        again = _newest()
        assert again is not None
        assert again.id > row.id + 1
        assert (again.design, again.logo) == ("modern", row.logo)
