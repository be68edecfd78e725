"""Bringing files along and taking them away in the studio: nothing changes unseen, and nothing arrives twice."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from accounts.models import Role
from core import db, jobs
from exchange import service as exchange
from exchange.zipping import packed, unpacked
from studio import arrival_views, arrivals, service
from studio.models import Arrival
from tests import builders

GIFT = """\
$CATEGORY: Himmel

::himmel::Welche Farbe hat der Himmel? {=blau ~grün#Nein.}

::gras::Gras ist grün. {TRUE}

::krumm::Zwei Lücken {=a} und {=b}.
"""


@pytest.fixture
def ada(app: Flask) -> Iterator[FlaskClient]:
    """A trainer's browser."""
    with app.app_context():
        builders.organisation()
        builders.edition()
        yield builders.browser(app, builders.person(roles=(Role.TRAINER,)))


def send(browser: FlaskClient, path: str, content: bytes | str = GIFT, name: str = "fragen.gift", **fields: str) -> TestResponse:
    raw = content.encode() if isinstance(content, str) else content
    return browser.post(path, data={"file": (BytesIO(raw), name), "language": "de", "format": "auto", **fields}, content_type="multipart/form-data")


def files_of(slug: str) -> dict[str, bytes]:
    draft = service.open_draft(slug)
    assert draft is not None
    return service.contents(draft.id)


def test_a_file_becomes_a_course_only_after_its_author_has_seen_what_became_of_each_question(ada: FlaskClient) -> None:
    sent = send(ada, "/studio/new/file")
    assert sent.status_code == 303
    page = ada.get(sent.location).text
    assert "2 unverändert übernommen, 0 geändert, 1 weggelassen" in page
    assert "ein zweites Paar geschweifter Klammern" in page
    assert service.drafts().keys() == set()
    assert ada.post(f"{sent.location}/take", data={"slug": "Nicht so"}).status_code == 422
    assert ada.post(f"{sent.location}/take", data={"slug": "kurs"}).status_code == 422  # It is taken.
    for _ in range(2):
        assert ada.post(f"{sent.location}/take", data={"slug": "himmel"}).location == "/studio/himmel"
    made = files_of("himmel")
    assert b"id: himmel\n" in made["course.yml"]
    assert b"{#himmel" in made["01-himmel/module.de.md"]
    assert service.checked(service.drafts()["himmel"].id, "himmel").course.id == "himmel"
    assert ada.get(sent.location).location == "/studio/himmel"
    assert db.session.scalars(select(Arrival.made)).all() == [None]


def test_questions_join_a_course_as_new_modules_with_ids_of_their_own(ada: FlaskClient) -> None:
    before = files_of("kurs")
    taken = next(iter(service.checked(service.drafts()["kurs"].id, "kurs").course.with_blocks)).blocks[0].id
    sent = send(ada, "/studio/kurs/file", f"::{taken}::Noch einmal? {{=ja ~nein}}\n")
    assert files_of("kurs") == before
    ada.post(f"{sent.location}/take")
    after = files_of("kurs")
    new = after.keys() - before.keys()
    assert new == {"02-questions/module.de.md", "02-questions/module.en.md"}
    assert f"{{#{taken}-2".encode() in after["02-questions/module.de.md"]
    assert b"modules: [01-eins, 02-questions]" in after["course.yml"]
    assert not [finding for finding in service.checked(service.drafts()["kurs"].id, "kurs").findings if finding.severity.value == "error"]
    ada.post("/studio/kurs/restore", data={"path": "course.yml", "number": "1"})
    assert files_of("kurs")["course.yml"] == before["course.yml"]


def test_questions_become_pools_beside_those_that_are_there(ada: FlaskClient) -> None:
    picture = "iVBORw0KGgo="
    quiz = f"""<quiz><question type="category"><category><text>top/Himmel</text></category></question><question type="truefalse"><name><text>A</text></name>
        <questiontext format="html"><text><![CDATA[<p>Blau? <img src="@@PLUGINFILE@@/a.png" alt="Himmel"></p>]]></text><file name="a.png" encoding="base64">{picture}</file></questiontext>
        <answer fraction="100"><text>true</text></answer><answer fraction="0"><text>false</text></answer></question></quiz>"""
    for _ in range(2):
        sent = send(ada, "/studio/kurs/file", quiz, "quiz.xml")
        ada.post(f"{sent.location}/take", data={"place": "pools"})
    files = files_of("kurs")
    pictures = [next(path for path in files if path.startswith(f"pools/media/{name}-a")) for name in ("himmel", "himmel-2")]
    assert {path for path in files if path.startswith("pools/")} == {f"pools/{name}.{language}.md" for name in ("himmel", "himmel-2") for language in ("de", "en")} | set(pictures)
    assert f"]({pictures[1].removeprefix('pools/')})".encode() in files["pools/himmel-2.de.md"]
    draft = service.drafts()["kurs"]
    assert not [finding for finding in service.checked(draft.id, "kurs").findings if finding.path.startswith("pools/") and finding.severity.value == "error"]


def test_a_module_that_came_meanwhile_is_not_overwritten(ada: FlaskClient) -> None:
    first, second = (send(ada, "/studio/kurs/file", f"Frage {number}? {{=ja ~nein}}\n") for number in (1, 2))
    ada.post(f"{first.location}/take")
    before = files_of("kurs")
    refused = ada.post(f"{second.location}/take")
    assert refused.status_code == 422
    assert "noch einmal" in refused.text
    assert files_of("kurs") == before


def test_what_was_taken_away_as_a_bundle_comes_back_byte_for_byte_and_in_its_own_place_only(ada: FlaskClient) -> None:
    before = files_of("kurs")
    bundle = ada.get("/studio/kurs/export/bundle")
    assert bundle.headers["Content-Disposition"] == 'attachment; filename="kurs.zip"'
    assert unpacked(bundle.data) == before
    ada.post("/studio/kurs/delete", data={"path": "01-eins/module.en.md"})
    sent = send(ada, "/studio/kurs/file", bundle.data, "kurs.zip")
    ada.post(f"{sent.location}/take")
    assert files_of("kurs") == before
    other = packed({**before, "course.yml": before["course.yml"].replace(b"id: kurs", b"id: anderer")})
    refused = send(ada, "/studio/kurs/file", other, "anderer.zip")
    assert ada.post(f"{refused.location}/take").status_code == 422
    whole = send(ada, "/studio/new/file", other, "anderer.zip")
    assert ada.post(f"{whole.location}/take").location == "/studio/anderer"
    assert files_of("anderer") == unpacked(other)


def test_every_format_can_be_taken_away_and_says_what_it_loses(ada: FlaskClient) -> None:
    page = ada.get("/studio/kurs/export?format=gift").text
    for format_ in ("html", "moodle-xml", "gift", "qti3", "qti21", "liascript", "cartridge"):
        assert f"/studio/kurs/export/{format_}?" in page
        assert ada.get(f"/studio/kurs/export/{format_}?language=en").status_code == 200
    assert "weggelassen" in page or "geändert" in page
    assert ada.get("/studio/kurs/export/unknown").status_code == 404
    ada.post("/studio/kurs/edit/course.yml", data={"text": "id: [", "base": "1"})
    assert ada.get("/studio/kurs/export/bundle").status_code == 200
    assert ada.get("/studio/kurs/export?format=html").status_code == 200


def test_every_format_that_is_read_or_written_is_offered() -> None:
    assert arrival_views.IN.keys() == {*exchange.FORMATS}
    assert arrival_views.OUT.keys() == exchange.SUFFIXES.keys()


def test_files_that_cannot_be_used_say_why_and_change_nothing(ada: FlaskClient) -> None:
    assert ada.post("/studio/new/file", data={}).status_code == 422
    assert send(ada, "/studio/new/file", b"").status_code == 422
    assert send(ada, "/studio/new/file", format="word").status_code == 422
    for content, name, words in ((b"\0\1\2", "bild.bin", "Format"), (b"PK\x03\x04 kaputt", "paket.zip", "Archiv"), (b"<quiz><question type='x'>", "halb.xml", "Zeile")):
        sent = send(ada, "/studio/new/file", content, name)
        page = ada.get(sent.location).text
        assert "Nichts aus dieser Datei" in page
        assert words in page
        assert ada.post(f"{sent.location}/take", data={"slug": "neu"}).status_code == 404
        assert ada.post(f"{sent.location}/discard").status_code == 303
        assert ada.get(sent.location).status_code == 404
    assert "neu" not in service.drafts()


def test_larger_files_than_other_requests_may_have_are_taken_from_people_who_are_signed_in(app: Flask, ada: FlaskClient) -> None:
    most = app.config["MAX_CONTENT_LENGTH"] = 20_000
    assert send(ada, "/studio/new/file", GIFT + "// " + "x" * most + "\n").status_code == 303
    with app.app_context():
        assert send(app.test_client(), "/studio/new/file", b"x" * (most + 1)).status_code in (302, 401, 413)


def test_files_are_seen_by_nobody_else(app: Flask, ada: FlaskClient) -> None:
    sent = send(ada, "/studio/new/file")
    grace = builders.browser(app, builders.person("Grace", roles=(Role.TRAINER,)))
    learner = builders.browser(app, builders.person("Lea"))
    with app.app_context():
        assert grace.get(sent.location).status_code == 404
        assert grace.post(f"{sent.location}/take", data={"slug": "geklaut"}).status_code == 404
        assert grace.post(f"{sent.location}/discard").status_code == 303
    assert ada.get(sent.location).status_code == 200
    with app.app_context():
        assert {learner.get(path).status_code for path in ("/studio/new/file", "/studio/kurs/file", "/studio/kurs/export", "/studio/kurs/export/bundle", sent.location)} == {403}


def test_a_reading_that_was_broken_off_is_taken_up_again_and_one_that_ends_every_worker_is_left_alone(ada: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "send", lambda task, row: None)  # The worker is gone.
    sent = send(ada, "/studio/new/file")
    number = int(sent.location.rsplit("/", 1)[1])
    assert "wird gelesen" in ada.get(sent.location, headers={"HX-Request": "true"}).text
    assert jobs.claim(Arrival, number) is not None  # It dies here.
    arrivals.read_due(number)
    assert "wird gelesen" in ada.get(sent.location).text
    past = db.now() - timedelta(hours=1)
    with db.transaction() as tx:
        tx.execute(update(Arrival).values(lease_until=past))
    arrivals.read_due(number)
    assert "1 weggelassen" in ada.get(sent.location).text
    again = int(send(ada, "/studio/new/file").location.rsplit("/", 1)[1])
    with db.transaction() as tx:
        tx.execute(update(Arrival).where(Arrival.id == again).values(tries=arrivals.MOST_TRIES, lease_until=past))
    arrivals.read_due(again)
    assert "brach mehrmals ab" in ada.get(f"/studio/files/{again}").text


def test_old_files_are_forgotten_and_those_of_a_deleted_course_with_it(ada: FlaskClient) -> None:
    send(ada, "/studio/new/file")
    with db.transaction() as tx:
        tx.execute(update(Arrival).values(at=db.now() - timedelta(days=31)))
    kept = send(ada, "/studio/kurs/file")
    arrivals.sweep_old()
    assert [str(row) for row in db.session.scalars(select(Arrival.id))] == [kept.location.rsplit("/", 1)[1]]
    fresh = send(ada, "/studio/new/file")
    ada.post(f"{fresh.location}/take", data={"slug": "neu"})
    service.remove(service.drafts()["neu"].id)
    assert len(db.session.scalars(select(Arrival.id)).all()) == 1
    assert json.dumps(db.session.scalars(select(Arrival.report)).one())
