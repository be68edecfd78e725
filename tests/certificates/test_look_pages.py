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

ADDRESS = "/admin/certificates/look"


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


def test_of_two_who_save_at_once_the_second_learns_of_the_first_and_loses_nothing(app: Flask) -> None:
    with app.app_context():
        browser = _administrator(app)
        assert request(browser, ADDRESS, "POST", _entered()).status_code == 303
        first = _newest()
        assert first is not None
        late = request(browser, ADDRESS, "POST", _entered(colour="#400000", **{"signatories-0-name": "Prof. Dr. Grün", "signatories-0-role_en": "Head"}))
        assert late.status_code == 409
        assert "Somebody else has saved a version" in late.text
        assert 'value="Prof. Dr. Grün"' in late.text
        assert f'name="based_on" type="hidden" value="{first.id}"' in late.text
        assert _newest().id == first.id  # type: ignore[union-attr]


@pytest.mark.parametrize(("changes", "told"), [
    ({"colour": "#ffee00"}, "too light"), ({"accent": "red"}, "Please choose a colour"), ({"logo-data": "data:image/svg+xml;base64,PHNjcmlwdC8+"}, "SVG"),
    ({"signatories-0-role_de": "Leitung"}, "Please enter the name"), ({"design": "own"}, "Please enter a page"),
    ({"design": "own", "page": "\n{{ nome }}", "sheet": ""}, "Line 2: There is no such name"),
    ({"design": "own", "page": "<h1>{{ title }}</h1>", "sheet": "@import 'x';"}, "Line 1: @import is not"), ({"design": "../x"}, "Not a valid choice"),
])
def test_what_is_wrong_is_told_and_what_was_typed_is_still_there(app: Flask, changes: dict[str, str], told: str) -> None:
    with app.app_context():
        browser = _administrator(app)
        answer = request(browser, ADDRESS, "POST", _entered(legal_de="Getippt und noch da", **changes))
        assert answer.status_code == 422
        assert told in answer.text
        assert "Getippt und noch da" in answer.text
        assert _newest() is None


def test_a_picture_that_was_uploaded_is_kept_when_something_else_is_wrong(app: Flask) -> None:
    with app.app_context():
        answer = request(_administrator(app), ADDRESS, "POST", {**_entered(colour="#ffee00"), "logo-file": (_png(), "logo.png")})
        assert re.search(r'name="logo-data" type="hidden" value="data:image/png;base64,', answer.text)


def test_the_preview_is_a_picture_or_says_what_is_wrong(app: Flask) -> None:
    with app.app_context():
        browser = _administrator(app)
        assert 'src="data:image/png;base64,' in request(browser, f"{ADDRESS}/preview", "POST", _entered(sample_long="y")).text
        wrong = request(browser, f"{ADDRESS}/preview", "POST", _entered(design="own", page="<h1>{{ title }}</h1>", sheet="")).text
        assert "Something is missing" in wrong
        assert "qr" not in wrong or "name" in wrong
        file = request(browser, f"{ADDRESS}/sample.pdf", "POST", _entered())
        assert file.data.startswith(b"%PDF")


def test_a_template_may_begin_with_a_design(app: Flask) -> None:
    with app.app_context():
        answer = request(_administrator(app), ADDRESS, "POST", _entered(start="engraved"))
        assert "picture:frame-upright" in answer.text
        assert re.search(r'<input[^>]*checked[^>]*value="own"|value="own"[^>]*checked', answer.text)


def test_another_organisations_version_cannot_be_used_again(app: Flask) -> None:
    with app.app_context():
        ours = _administrator(app, "eins")
        assert request(ours, ADDRESS, "POST", _entered()).status_code == 303
        row = _newest()
        assert row is not None
        theirs = _administrator(app, "zwei")
        assert request(theirs, f"{ADDRESS}/versions/{row.id}/restore", "POST").status_code == 404
