"""The holder's pages and the public page."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask

from certificates import service
from certificates.models import Reason
from certificates.sheet import sheet
from certificates.snapshot import Snapshot
from core import db
from core.i18n import in_language
from core.jobs import WorkState
from core.web import limiter
from tests import builders
from tests.certificates.earning import earn, learner, request


def _plain(html: str) -> str:
    """The text of a page without tags and entities."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


# --- The holder -------------------------------------------------------------------------------------------------------

def test_the_holder_finds_and_downloads_the_certificate(app: Flask) -> None:
    with app.app_context():
        holder = earn(app)
        certificate = holder.certificate()
        assert f'href="/certificates/{certificate.id}"' in holder.open("/certificates").text
        assert f"/certificates/{certificate.id}.pdf" in holder.open(f"/certificates/{certificate.id}").text
        answer = holder.open(f"/certificates/{certificate.id}.pdf")
        assert answer.data == service.pdf_of(certificate)
        assert answer.mimetype == "application/pdf"


def test_somebody_without_certificates_reads_how_to_get_one(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        assert "No certificate yet" in learner(app).open("/certificates").text


@pytest.mark.parametrize("path", ["", ".pdf", "/name", "/consent"])
def test_another_learner_and_another_university_find_nothing(app: Flask, path: str) -> None:
    with app.app_context():
        certificate = earn(app).certificate()
        neighbour = learner(app, "Grace Hopper")
        builders.organisation("andernorts")
        stranger = learner(app, "Alan Turing")
        for other in (neighbour, stranger):
            method = "POST" if path.startswith("/") else "GET"
            answer = other.open(f"/certificates/{certificate.id}{path}", method, data={"name": "Eve"})
            assert answer.status_code == 404


def test_without_a_sign_in_one_is_asked_for(app: Flask) -> None:
    with app.app_context():
        certificate_id = earn(app).certificate().id
        assert request(app.test_client(), f"/certificates/{certificate_id}.pdf").status_code == 302


def test_a_learner_whose_name_is_withheld_is_asked_and_then_gets_the_certificate(app: Flask) -> None:
    with app.app_context():
        holder = earn(app, None)
        certificate = holder.certificate()
        path = f"/certificates/{certificate.id}"
        assert certificate.state == WorkState.WAITING
        assert "Your name is needed" in holder.open(path).text
        assert holder.open(f"{path}.pdf").status_code == 404
        answer = holder.open(f"{path}/name", "POST", data={"name": "  Ada   Lovelace "})
        assert answer.status_code == 303
        certificate = holder.certificate()
        assert certificate.state == WorkState.DONE
        assert certificate.snapshot["name"] == "Ada Lovelace"
        assert certificate.snapshot["name_by_holder"] is True


@pytest.mark.parametrize(("name", "message"), [("", "Please enter your name"), ("Ada 😀", "GRINNING FACE"), ("x" * 201, "201 characters")])
def test_a_name_that_cannot_be_printed_is_refused_with_the_reason(app: Flask, name: str, message: str) -> None:
    with app.app_context():
        holder = earn(app, None)
        path = f"/certificates/{holder.certificate().id}/name"
        answer = holder.open(path, "POST", data={"name": name})
        assert answer.status_code == 422
        assert message in answer.text
        assert holder.certificate().state == WorkState.WAITING


def test_a_name_from_the_platform_that_cannot_be_printed_waits_too(app: Flask) -> None:
    with app.app_context():
        holder = earn(app, "Ada 😀")
        assert holder.certificate().state == WorkState.WAITING
        page = holder.open(f"/certificates/{holder.certificate().id}").text
        assert 'value="Ada 😀"' in page
        assert "GRINNING FACE" in page
        assert "Latin letters as in your passport" in page


def test_the_name_of_a_finished_certificate_cannot_be_changed(app: Flask) -> None:
    with app.app_context():
        holder = earn(app)
        holder.open(f"/certificates/{holder.certificate().id}/name", "POST", data={"name": "Eve"})
        assert holder.certificate().snapshot["name"] == "Ada Lovelace"


def test_the_page_asks_for_itself_only_while_something_will_change(app: Flask) -> None:
    with app.app_context():
        holder = earn(app)
        certificate = holder.certificate()
        path = f"/certificates/{certificate.id}"
        assert "hx-trigger" not in holder.open(path).text
        with db.transaction():
            certificate.state = WorkState.RUNNING
        part = holder.open(path, HX_Request="true").text
        assert "hx-trigger" in part
        assert "<html" not in part
        assert "Look again" in part


# --- The public page --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("award", ["achievement", "participation"])
def test_the_public_page_shows_every_text_of_the_certificate(app: Flask, language: str, award: str) -> None:
    with app.app_context():
        certificate = earn(app, award=award).certificate()
        page = _plain(request(app.test_client(), f"/z/{certificate.code}", Accept_Language=language).text)
        with in_language(language):
            texts = sheet(Snapshot.from_json(certificate.snapshot), language).all_texts(with_name=False)
        assert len(texts) > 20
        for text in texts:
            assert " ".join(text.split()) in page, text


def test_the_public_page_keeps_the_name_until_the_holder_agrees_and_after_they_take_it_back(app: Flask) -> None:
    with app.app_context():
        holder = earn(app)
        certificate = holder.certificate()
        path, public = f"/certificates/{certificate.id}/consent", f"/z/{certificate.code}"
        anyone = app.test_client()
        assert "Lovelace" not in request(anyone, public).text
        holder.open(path, "POST", data={"public": "y"})
        assert "Ada Lovelace" in request(anyone, public).text
        assert holder.certificate().name_public_at is not None
        assert holder.certificate().name_public_text == service.CONSENT
        holder.open(path, "POST", data={})
        assert "Lovelace" not in request(anyone, public).text
        assert holder.certificate().name_public_text is None


@pytest.mark.parametrize(("typed", "answer"), [("lovelace, ADA", "Yes, that is"), ("Eve", "No, this certificate"), ("Ada", "No, this certificate")])
def test_a_verifier_who_types_a_name_gets_yes_or_no_and_never_the_name(app: Flask, typed: str, answer: str) -> None:
    with app.app_context():
        code = earn(app).certificate().code
        page = request(app.test_client(), f"/z/{code}", "POST", data={"name": typed})
        assert answer in page.text
        assert "Ada Lovelace" not in page.text


def test_names_cannot_be_tried_out_one_after_the_other(app: Flask) -> None:
    app.config["RATELIMIT_ENABLED"] = True
    limiter.enabled = True
    limiter.reset()
    with app.app_context():
        path = f"/z/{earn(app).certificate().code}"
        statuses = [request(app.test_client(), path, "POST", data={"name": "Eve"}).status_code for _ in range(11)]
    limiter.reset()
    assert statuses == [200] * 10 + [429]


def test_the_public_page_is_for_no_search_engine_cache_or_referrer_and_sets_no_cookie(app: Flask) -> None:
    with app.app_context():
        answer = request(app.test_client(), f"/z/{earn(app).certificate().code}")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("code", ["x" * 22, "%00", "a' or 1=1"])
def test_an_unknown_code_gets_a_page_that_helps(app: Flask, code: str) -> None:
    with app.app_context():
        earn(app)
    answer = request(app.test_client(), f"/z/{code}")
    assert answer.status_code == 404
    assert "no certificate at this address" in answer.text


def test_a_certificate_that_is_not_made_yet_is_not_public(app: Flask) -> None:
    with app.app_context():
        assert request(app.test_client(), f"/z/{earn(app, None).certificate().code}").status_code == 404


def test_a_withdrawn_certificate_says_so_and_why(app: Flask) -> None:
    with app.app_context():
        holder = earn(app)
        certificate = holder.certificate()
        run = app.test_cli_runner().invoke
        assert run(args=["certificates", "withdraw", certificate.snapshot["address"], "--reason", "error"]).exit_code == 0
        page = request(app.test_client(), f"/z/{certificate.code}").text
        assert "This certificate was withdrawn" in page
        assert "issued by mistake" in page
        assert "is genuine" not in page
        assert holder.open(f"/certificates/{certificate.id}.pdf").status_code == 410
        assert run(args=["certificates", "withdraw", certificate.code, "--reason", "holder"]).exit_code == 0
        assert holder.certificate().withdrawn_reason == Reason.ERROR


@pytest.mark.parametrize("code", ["-r3asonable-code-_____", "--help-less-code______"])
def test_a_code_that_looks_like_an_option_can_be_withdrawn(app: Flask, code: str) -> None:
    with app.app_context():
        holder = earn(app)
        with db.transaction():
            holder.certificate().code = code
        result = app.test_cli_runner().invoke(args=["certificates", "withdraw", code, "--reason", "error"])
        assert (result.exit_code, result.output) == (0, "withdrawn\n")


def test_withdrawing_what_is_not_there_says_so(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["certificates", "withdraw", "nothing", "--reason", "error"])
    assert result.exit_code == 1
    assert "no certificate with this code" in result.output


# --- The form for a code that was typed -----------------------------------------------------------------------------

@pytest.mark.parametrize("typed", ["{code}", " {code} ", "{address}", "{address}/"])
def test_a_typed_code_or_a_pasted_address_leads_to_the_certificate(app: Flask, typed: str) -> None:
    with app.app_context():
        certificate = earn(app).certificate()
        query = quote(typed.format(code=certificate.code, address=certificate.snapshot["address"]))
    answer = request(app.test_client(), f"/z?code={query}")
    assert answer.status_code == 303
    assert answer.location == f"/z/{certificate.code}"


@pytest.mark.parametrize(("typed", "message"), [("", "enter the code"), ("MUSTERSTADT-2026-000001", "not a complete code"), ("x" * 23, "not a complete code")])
def test_what_is_no_code_is_refused_with_the_reason(app: Flask, typed: str, message: str) -> None:
    answer = request(app.test_client(), f"/z?code={typed}")
    assert answer.status_code == 422
    assert message in answer.text


def test_the_start_page_leads_to_the_form_for_a_code(app: Flask) -> None:
    assert 'href="/z"' in request(app.test_client(), "/").text
    assert request(app.test_client(), "/z").status_code == 200


# --- Letterheads ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("text", "message"), [
    ("colour: red", "is no colour"), ("logo: ../secret.svg", "must be a file of this name"), ("legal: [{de: x, en: y}]", 'from: "2025'),
    ("signatories: [{name: A}]", "name and role"), ("stamp: x", "the keys are"), ("a: [", "letterhead.yml:1"), ("- x", "the keys are"),
])
def test_a_letterhead_with_a_mistake_is_refused_with_the_reason(app: Flask, tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "letterhead.yml"
    file.write_text(text)
    with app.app_context():
        builders.organisation()
    result = app.test_cli_runner().invoke(args=["certificates", "letterhead", "musterstadt", str(file)])
    assert result.exit_code == 1
    assert message in result.output
