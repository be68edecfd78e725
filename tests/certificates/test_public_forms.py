"""The public address in other forms than a page, with consent only; and the file that a verifier was given."""

from contextvars import Context
from io import BytesIO

import pytest
from flask import Flask
from pypdf import PdfWriter
from werkzeug.test import TestResponse

from certificates import badges, service
from certificates.credentials.check import Outcome
from certificates.models import Certificate, Reason
from core import db
from tests import builders
from tests.certificates.earning import Holder, complete, earn, learner, request
from tests.certificates.test_issued_badges import Stranger

BADGE, LINKED, TOKEN, PDF = "application/vc", "application/ld+json", "application/vc+jwt", "application/pdf"


def asked(app: Flask, certificate: Certificate, accept: str, query: str = "") -> TestResponse:
    answer = request(app.test_client(), f"/z/{certificate.code}{query}", Accept=accept)
    assert answer.headers["Vary"].startswith("Accept")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "Set-Cookie" not in answer.headers
    return answer


def agreed(app: Flask) -> Holder:
    holder = earn(app)
    assert holder.open(f"/certificates/{holder.certificate().id}/consent", "POST", {"public": "y", "files": "y"}).status_code == 303
    return holder


FORMS = {
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": "text/html", "": "text/html", "*/*": "text/html", "image/png": "text/html",
    BADGE: BADGE, LINKED: LINKED, TOKEN: TOKEN, PDF: PDF, f"text/html;q=0.4, {TOKEN};q=0.9": TOKEN, f"{PDF};q=0.1, text/html": "text/html",
    f"{TOKEN};q=0.5, {BADGE}": BADGE, f"{BADGE};q=0, text/*": "text/html",
}


def test_who_asks_gets_the_form_that_they_like_best(app: Flask) -> None:
    with app.app_context():
        row = agreed(app).certificate()
        for accept, mimetype in FORMS.items():
            answer = asked(app, row, accept)
            assert (answer.status_code, answer.mimetype) == (200, mimetype), accept
            if mimetype == PDF:
                assert answer.data == service.pdf_of(row)
            elif mimetype != "text/html":
                assert Stranger(app).check(answer.data) is Outcome.VALID


def test_links_on_the_page_lead_to_the_files(app: Flask) -> None:
    with app.app_context():
        row = agreed(app).certificate()
        page = asked(app, row, "text/html").text
        assert f"/z/{row.code}?as=pdf" in page
        assert asked(app, row, "text/html", "?as=pdf").data == service.pdf_of(row)
        assert asked(app, row, "text/html", "?as=json").mimetype == BADGE
        assert asked(app, row, "text/html", "?as=exe").mimetype == "text/html"


@pytest.mark.parametrize("data", [{}, {"public": "y"}])
def test_without_consent_to_it_no_form_but_the_page_is_given_out(app: Flask, data: dict[str, str]) -> None:
    with app.app_context():
        holder = earn(app)
        row = holder.certificate()
        holder.open(f"/certificates/{row.id}/consent", "POST", data)
        for accept in (BADGE, LINKED, TOKEN, PDF):
            answer = asked(app, row, accept)
            assert answer.status_code == 403
            assert "has not agreed" in answer.text
            assert "Lovelace" not in answer.text
            assert answer.mimetype == ("text/plain" if accept == PDF else "application/problem+json")
        page = asked(app, row, "text/html").text
        assert "?as=" not in page
        assert "alternate" not in page


def test_consent_to_the_files_needs_that_to_the_name_and_is_noted_and_taken_back_with_it(app: Flask) -> None:
    with app.app_context():
        holder = earn(app)
        path = f"/certificates/{holder.certificate().id}/consent"
        refused = holder.open(path, "POST", {"files": "y"})
        assert refused.status_code == 422
        assert "The PDF shows your name" in refused.text
        assert holder.certificate().files_public_at is None
        with db.transaction():
            row = holder.certificate()
            row.name_public_at, row.name_public_text = db.now(), "2026-11"
        holder.open(path, "POST", {"public": "y", "files": "y"})
        row = holder.certificate()
        assert (row.name_public_text, row.files_public_text) == ("2026-11", service.CONSENT)
        assert row.files_public_at is not None
        assert "that it gives out the PDF and the badge" in holder.open(f"/certificates/{row.id}").text
        holder.open(path, "POST", {})
        row = holder.certificate()
        assert (row.files_public_at, row.files_public_text, row.name_public_at) == (None, None, None)


@pytest.mark.parametrize(("way", "words"), [("withdrawn", "issued by mistake"), ("replaced", "corrected name"), ("deleted", "deleted")])
def test_what_no_longer_holds_is_gone_in_every_form(app: Flask, way: str, words: str) -> None:
    with app.app_context():
        row = agreed(app).certificate()
        if way == "withdrawn":
            service.withdraw_row(row, Reason.ERROR)
        elif way == "replaced":
            service.correct_name(row, "Ada King")
        else:
            service.erase(row)
        for accept in (BADGE, TOKEN, PDF):
            answer = asked(app, row, accept)
            assert answer.status_code == 410
            assert words in answer.text


def test_an_unknown_code_is_unknown_in_the_form_that_was_asked_for(app: Flask) -> None:
    answer = request(app.test_client(), "/z/" + "x" * 22, Accept=BADGE)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.json
    assert answer.json["type"].endswith("#unknown-certificate")


# --- The file that a verifier was given -------------------------------------------------------------------------------

def saved_anew(content: bytes, extra: str = "") -> bytes:
    writer, out = PdfWriter(clone_from=BytesIO(content)), BytesIO()
    if extra:
        writer.add_attachment("more.json", extra.encode())
    writer.write(out)
    return out.getvalue()


def with_badge(text: str) -> bytes:
    writer, out = PdfWriter(), BytesIO()
    writer.add_blank_page(100, 100)
    writer.add_attachment("open-badge.json", text.encode())
    writer.write(out)
    return out.getvalue()


def shown(app: Flask, certificate: Certificate, file: bytes) -> str:
    """What the page says of a file."""
    return Context().run(lambda: app.test_client().post(
        f"/z/{certificate.code}/file", data={"file": (BytesIO(file), "c.pdf")}, base_url="https://localhost", headers={"Accept-Language": "en"},
    )).text


def test_the_file_is_told_apart_from_all_that_looks_like_it(app: Flask) -> None:
    with app.app_context():
        row = earn(app).certificate()
        other = learner(app, "Grace Hopper")
        complete(other.enrolment)
        neighbour = other.certificate()
        badge = row.badge or ""
        foreign = badge.replace("o:musterstadt", "o:elsewhere").replace("/o/musterstadt", "/o/elsewhere")
        content = service.pdf_of(row) or b""
        badges.rotate(row.organisation_id)  # What the key before has signed is checked as ever.
        cases: list[tuple[bytes, str]] = [
            (content, "The badge in it is genuine as well"),
            (saved_anew(content), "The badge in it is genuine and belongs to this certificate"),
            (service.pdf_of(neighbour) or b"", "this is the file of another certificate"),
            (with_badge(badge.replace("KI-Kompetenz", "KI-Meisterschaft")), "was changed after it had been signed"),
            (with_badge(foreign), "names an issuer that is not known here"),
            (saved_anew(content, neighbour.badge or ""), "There are several badges in it"),
            (b"%PDF-1.7 nothing", "It may have been changed, printed and scanned"),
            (b"%PDF\n1 0 obj <</Type /EmbeddedFile /Filter /FlateDecode>> stream\nbroken", "It may have been changed, printed and scanned"),
        ]
        for file, words in cases:
            said = shown(app, row, file)
            assert words in said
            assert ("Yes, the file is unchanged" in said) is (file == content)
            assert "Lovelace" not in said


def test_a_file_of_another_organisation_is_another_certificates(app: Flask) -> None:
    with app.app_context():
        row = earn(app).certificate()
        builders.organisation("andernorts")
        foreign = learner(app, "Alan Turing")
        complete(foreign.enrolment)
        content = service.pdf_of(foreign.certificate()) or b""
        assert "this is the file of another certificate" in shown(app, row, content)
