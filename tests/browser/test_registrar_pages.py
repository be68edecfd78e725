"""An administrator makes a key, sets a threshold and withdraws; a holder gives the files out; a verifier looks, drops a file by keyboard, and prints."""

import os
import re
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from accounts.models import Role
from certificates import service
from core import db
from tests import builders
from tests.browser.desk import opened
from tests.browser.look import assert_accessible, assert_no_sideways_scroll
from tests.certificates.earning import FILES, Holder, complete

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("LOOK_AT")


def looked_at(page: Page, where: str) -> None:
    """The holder's and the verifier's pages in the one language and display, the office's in the other: half of the time."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{where.replace(' ', '-')}.png", full_page=True)
    if (where.split()[0] in ("keys", "thresholds", "found", "one")) is where.endswith("de"):
        return
    assert_accessible(page, where)
    for width in (320, 1280, 390):
        assert_no_sideways_scroll(page, width, where)


@pytest.mark.parametrize(("language", "scheme"), [("de", "light"), ("en", "dark")])
def test_from_the_office_to_the_verifier(chromium: Browser, sqlite_template: Path, tmp_path: Path, language: str, scheme: str) -> None:
    def said(german: str, english: str) -> str:
        return german if language == "de" else english

    with opened(chromium, sqlite_template, tmp_path, locale=f"{language}-DE", color_scheme=scheme, viewport={"width": 390, "height": 844}) as desk:
        with desk.app.app_context():
            builders.organisation()
            administrator, ada = builders.person("Vera", roles=(Role.ADMINISTRATOR,)), builders.person("Ada Lovelace")
            holder = Holder(ada, builders.enrolment(ada, FILES), builders.browser(desk.app, ada))
            complete(holder.enrolment)
            row = holder.certificate()
            code, number = row.code, row.id
            file = tmp_path / "certificate.pdf"
            file.write_bytes(service.pdf_of(row) or b"")
            db.session.commit()

        own = desk.page(ada, f"/certificates/{number}")
        looked_at(own, f"holder {language}")
        for label in (said("Meinen Namen auf der öffentlichen Seite zeigen", "Show my name on the public page"), said("Dort auch die PDF-Datei", "Also give out the PDF")):
            own.get_by_label(label).check()
        own.get_by_role("button", name=said("Speichern", "Save")).click()
        expect(own.get_by_text(said("gibt die PDF-Datei und das Badge heraus", "gives out the PDF and the badge")).first).to_be_visible()
        looked_at(own, f"holder agreed {language}")
        shot = tmp_path / "code.png"
        own.locator(".wallet-code").screenshot(path=shot)
        scanned = subprocess.run(["zbarimg", "-q", "--raw", shot], capture_output=True, text=True, check=True).stdout.strip()
        assert scanned.endswith(f"/z/{code}?as=json")

        verifier = desk.page(None, f"/z/{code}", java_script_enabled=False)
        chooser = verifier.locator("input[type=file]")
        chooser.set_input_files(file)
        button = verifier.get_by_role("button", name=said("Datei prüfen", "Check the file"))
        button.focus()
        verifier.keyboard.press("Enter")
        expect(verifier.locator("#file-answer")).to_contain_text(said("Auch das Badge darin ist echt", "The badge in it is genuine as well"))
        with_script = desk.page(None, f"/z/{code}")
        looked_at(with_script, f"valid {language}")
        on_paper = PdfReader(_printed(with_script, tmp_path, f"valid {language}"))
        words = " ".join(" ".join(page.extract_text() for page in on_paper.pages).split())
        assert len(on_paper.pages) == 1
        assert said("Nachgesehen am", "Looked up on") in words
        assert "Ada Lovelace" in words
        assert said("Datei prüfen", "Check the file") not in words

        with desk.app.app_context():
            db.act_for(ada.organisation_id)
            with db.transaction():
                holder.certificate().expires_on = service.today_here() - timedelta(days=1)
            db.session.remove()
        with_script.reload()
        expect(with_script.get_by_role("heading", level=1)).to_have_text(said("Dieses Zertifikat ist abgelaufen", "This certificate has expired"))
        looked_at(with_script, f"expired {language}")
        with_script.get_by_role("link", name={"de": "English", "en": "Deutsch"}[language]).click()
        expect(with_script.get_by_role("heading", level=1)).to_have_text(said("This certificate has expired", "Dieses Zertifikat ist abgelaufen"))

        office = desk.page(administrator, "/admin/certificates/keys")
        office.get_by_label(said("Wer den Schlüssel benutzt", "Who uses the key")).fill("Prüfungsamt")
        office.get_by_role("button", name=said("Schlüssel erzeugen", "Make a key")).click()
        expect(office.locator("#secret")).to_have_value(re.compile(r"lotse-registrar-[\w-]{43}"))
        looked_at(office, f"keys {language}")
        office.goto(f"{desk.site}/admin/certificates/thresholds")
        looked_at(office, f"thresholds {language}")
        office.goto(f"{desk.site}/admin/certificates?q=lovelace")
        looked_at(office, f"found {language}")
        office.get_by_role("link", name="MUSTERSTADT-").click()
        office.locator("summary", has_text=said("zurückziehen", "Withdraw")).click()
        looked_at(office, f"one {language}")
        office.get_by_label(said("Grund", "Reason")).select_option("error")
        office.get_by_role("button", name=said("Endgültig zurückziehen", "Withdraw for good")).click()
        expect(office.get_by_text(said("Das Zertifikat wurde zurückgezogen", "The certificate was withdrawn")).first).to_be_visible()
        gone = desk.page(None, f"/z/{code}")
        expect(gone.get_by_role("heading", level=1)).to_have_text(said("Dieses Zertifikat wurde zurückgezogen", "This certificate was withdrawn"))
        looked_at(gone, f"withdrawn {language}")


def _printed(page: Page, folder: Path, name: str) -> Path:
    path = Path(SHOTS or folder) / f"{name.replace(' ', '-')}.pdf"
    page.pdf(path=path, format="A4", print_background=True)
    return path
