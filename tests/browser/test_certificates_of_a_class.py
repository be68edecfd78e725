"""A lecturer confirms participation and corrects a name; a holder deletes a certificate; what verifiers then see."""

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from accounts.models import Person, Role
from tests import builders
from tests.browser.desk import opened
from tests.browser.look import assert_accessible, assert_no_sideways_scroll
from tests.certificates.earning import FILES, Holder, complete

pytestmark = pytest.mark.browser


def looked_at(page: Page, where: str) -> None:
    assert_accessible(page, where)
    for width in (320, 1280, 390):
        assert_no_sideways_scroll(page, width, where)


def cast(app: Flask) -> tuple[Person, Holder]:
    """A lecturer, two learners, and one of them with a certificate."""
    with app.app_context():
        builders.organisation()
        lecturer, ada, ben = (builders.person(name) for name in ("Lea Lehrende", "Ada Lovelase", "Ben"))
        for who, role in ((lecturer, Role.LECTURER), (ben, Role.LEARNER)):
            builders.enrolment(who, FILES, role)
        holder = Holder(ada, builders.enrolment(ada, FILES), builders.browser(app, ada))
        complete(holder.enrolment)
    return lecturer, holder


@pytest.mark.parametrize(("language", "scheme"), [("de", "dark"), ("en", "light")])
def test_from_the_confirmation_to_the_deletion(chromium: Browser, sqlite_template: Path, tmp_path: Path, language: str, scheme: str) -> None:
    def said(german: str, english: str) -> str:
        return german if language == "de" else english

    with opened(chromium, sqlite_template, tmp_path, locale=f"{language}-DE", color_scheme=scheme, viewport={"width": 390, "height": 844}) as desk:
        lecturer, holder = cast(desk.app)
        page = desk.page(lecturer, f"/courses/{holder.enrolment.run_id}")
        page.get_by_role("link", name=said("Zertifikate", "Certificates"), exact=True).click()
        page.get_by_label("Ben").focus()
        page.keyboard.press("Space")
        looked_at(page, "the class")
        page.get_by_role("button", name=said("Teilnahme der Ausgewählten bestätigen", "Confirm participation of those ticked")).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text(said("2 von 2", "2 of 2"))).to_be_visible()
        expect(page.locator(".badge, .kern-badge").filter(has_text=said("gültig", "valid"))).to_have_count(2)
        looked_at(page, "the class, confirmed")
        page.locator("tr", has_text="Ada").get_by_role("link").click()
        page.get_by_label(said("Der richtige Name", "The right name")).fill("Ada Lovelace")
        looked_at(page, "one certificate")
        page.get_by_role("button", name=said("Zertifikat ersetzen", "Replace the certificate")).click()
        expect(page.get_by_text("Ada Lovelace")).to_be_visible()

        own = desk.page(holder.person, "/certificates")
        looked_at(own, "my certificates, one replaced")
        with desk.app.app_context():
            new = holder.certificate()
            path, code = f"/certificates/{new.id}", new.code
        own.goto(desk.site + path)
        own.locator("summary", has_text=said("löschen", "Delete")).click()
        own.get_by_label(said("endgültig löschen", "for good")).check()
        looked_at(own, "deleting")
        own.get_by_role("button", name=said("Endgültig löschen", "Delete for good")).click()
        expect(own.get_by_role("status").filter(has_text=said("gelöscht", "deleted")).first).to_be_visible()
        looked_at(own, "deleted")
        seen = desk.page(None, f"/z/{code}")
        expect(seen.get_by_role("heading", level=1)).to_have_text(said("Dieses Zertifikat wurde gelöscht", "This certificate was deleted"))
        looked_at(seen, "verification, deleted")
