"""The studio's pages: for authors of the organisation only, and usable without a script."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.models import Role
from assessments.kinds import KINDS
from courses import service as courses
from studio import learners, service
from tests import builders

PATH = "01-eins/module.de.md"
EDIT = f"/studio/kurs/edit/{PATH}"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


@pytest.fixture
def ada(app: Flask) -> Iterator[FlaskClient]:
    """A trainer's browser."""
    with app.app_context():
        builders.organisation()
        builders.edition()
        yield builders.browser(app, builders.person(roles=(Role.TRAINER,)))


def text_of(path: str = PATH) -> str:
    draft = service.open_draft("kurs")
    assert draft is not None
    return service.as_text(service.read(draft.id, path)[0])


def test_all_pages_are_for_authors_of_this_university_only(app: Flask, ada: FlaskClient) -> None:
    paths = ["/studio", "/studio/kurs", EDIT, f"/studio/kurs/preview/{PATH}", "/studio/kurs/history", f"/studio/kurs/history/{PATH}?number=1", "/studio/kurs/check", "/studio/kurs/media/01-eins"]
    assert [ada.get(path).status_code for path in paths] == [200] * len(paths)
    assert "/studio" in ada.get("/courses").text
    learner = builders.browser(app, builders.person("Lea"))
    builders.organisation("andere")
    eve = builders.browser(app, builders.person("Eve", roles=(Role.TRAINER,)))
    with app.app_context():
        assert {learner.get(path).status_code for path in paths} == {403}
        assert learner.post(f"/studio/kurs/live/{PATH}", data={"text": "x"}).status_code == 403
        assert "/studio" not in learner.get("/courses").text
    with app.app_context():
        assert {eve.get(path).status_code for path in paths[1:]} == {404}
        assert eve.post(EDIT, data={"text": "x", "base": "1"}).status_code == 404


def test_without_a_script_one_saves_looks_and_puts_two_texts_together(ada: FlaskClient) -> None:
    mine = builders.GERMAN.replace("# Anfang", "# Neu")
    tried = ada.post(EDIT, data={"text": mine.replace("\n", "\r\n"), "base": "1", "act": "preview"})
    assert ">Neu</h2>" in tried.text
    assert text_of() == builders.GERMAN
    assert ada.post(EDIT, data={"text": mine.replace("\n", "\r\n"), "base": "1"}).status_code == 200
    assert text_of() == mine
    clash = ada.post(EDIT, data={"text": builders.GERMAN.replace("# Anfang", "# Anders"), "base": "1"})
    assert clash.status_code == 409
    assert "# Anders" in clash.text
    assert "# Neu" in clash.text
    assert text_of() == mine


def test_the_preview_keeps_the_key_unless_the_author_asks(ada: FlaskClient) -> None:
    live = f"/studio/kurs/live/{PATH}"
    plain = "".join(piece["html"] for piece in ada.post(live, data={"text": builders.GERMAN}).json["pieces"])  # type: ignore[index]
    assert "Welche Farbe hat der Himmel?" in plain
    for secret in ("FEEDBACK", "EXPLANATION", "checked", "This would have been right"):
        assert secret not in plain
    solved = ada.post(live, data={"text": builders.GERMAN, "solutions": "1"}).json["pieces"]  # type: ignore[index]
    assert "EXPLANATION" in "".join(piece["html"] for piece in solved)
    again = ada.post(live, data={"text": builders.GERMAN.replace("Ein Satz", "Zwei Sätze"), "known": " ".join(piece["key"] for piece in solved), "solutions": "1"}).json["pieces"]  # type: ignore[index]
    assert [piece["html"] is not None for piece in again] == [True, False, False, False]
    saved = ada.post(live, data={"text": text_of()}).json
    both = ada.get(f"/studio/kurs/preview/{PATH}?beside=en")
    assert both.text.count("<iframe") == 2
    assert "frame-src 'self'" in both.headers["Content-Security-Policy"]
    assert "<iframe" not in ada.get(f"/studio/kurs/preview/{PATH}?beside=fr").text
    assert ada.post(live).json == saved  # Without a text: of what is saved, as the other language's preview asks for it.


def test_a_course_grows_module_by_module_and_is_published_once(ada: FlaskClient) -> None:
    assert ada.post("/studio/new", data={"slug": "neu", "title-de": "Neuer Kurs"}).status_code == 303
    assert ada.post("/studio/new", data={"slug": "neu", "title-de": "Neuer Kurs"}).status_code == 422
    assert ada.post("/studio/new", data={"slug": "", "title-de": "Über Prüfungen"}).location == "/studio/ueber-pruefungen"
    assert "Über Prüfungen" in ada.get("/studio").text
    ada.post("/studio/neu/modules", data={"title": "Gut fragen"})
    ada.post("/studio/neu/modules/02-gut-fragen", data={"act": "up"})
    ada.post("/studio/neu/modules/02-gut-fragen", data={"act": "rename", "value": "fragen"})
    ada.post("/studio/neu/modules/01-start", data={"act": "delete"})
    assert "errors" not in ada.get("/studio/neu/check").text
    for _ in range(2):
        assert ada.post("/studio/neu/publish", data={"note": "Der Anfang"}).status_code == 303
    course = courses.course("neu")
    assert course is not None
    edition = courses.newest_edition(course.id)
    assert edition.number == 1
    assert sorted(courses.files_of(edition.id)) == ["competences.yml", "course.yml", "fragen/module.de.md"]
    assert "Der Anfang" in ada.get("/studio/neu").text


def test_a_translation_begins_with_the_same_questions(ada: FlaskClient) -> None:
    ada.post("/studio/kurs/modules/01-eins", data={"act": "remove-language", "value": "en"})
    ada.post("/studio/kurs/modules/01-eins", data={"act": "add-language", "value": "en"})
    assert "lang: en" in text_of("01-eins/module.en.md")
    assert "{#farbe" in text_of("01-eins/module.en.md")


def test_pictures_are_known_by_their_content_and_need_words(ada: FlaskClient) -> None:
    def send(content: bytes, name: str, words: str) -> tuple[int, str]:
        answer = ada.post("/studio/kurs/media/01-eins", data={"file": (BytesIO(content), name), "words": words})
        return answer.status_code, answer.text

    assert send(PNG, "bild.png", "")[0] == 422
    assert send(b"MZ\x90\0", "bild.png", "Ein Programm")[0] == 422
    status, page = send(PNG, "../../Mein Bild.exe", "Ein Bild")
    assert status == 200
    assert "![Ein Bild](media/Mein-Bild.png)" in page
    told = [ada.post("/studio/kurs/media/01-eins", data={"file": (BytesIO(PNG), "b.png"), "words": words}, headers={"X-Studio": "upload"}).json for words in ("", "Blau")]
    assert [answer["reference"] for answer in told] == ["", "![Blau](media/b.png)"]  # type: ignore[index]
    assert told[0]["problem"]  # type: ignore[index]
    picture = ada.get("/studio/kurs/media/01-eins/media/Mein-Bild.png")
    assert picture.data == PNG
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    assert ada.get(f"/studio/kurs/media/{PATH}").status_code == 404


def test_findings_are_told_for_the_text_as_it_is_written(ada: FlaskClient) -> None:
    found = ada.post(f"/studio/kurs/findings/{PATH}", data={"text": builders.GERMAN.replace("(x)", "( )")}).json["findings"]  # type: ignore[index]
    assert ("single-one-right", "error") in {(finding["rule"], finding["severity"]) for finding in found}
    assert all(finding["path"] == PATH and finding["line"] > 0 for finding in found)


def test_a_question_that_is_missing_in_the_other_language_is_copied_there_once(ada: FlaskClient) -> None:
    english = "01-eins/module.en.md"
    source = "::: single {#neu points=1}\nX\n(x) a\n( ) b\n:::"
    text = text_of().replace("\n::: ", f"\n{source}\n\n::: ", 1)
    found = ada.post(f"/studio/kurs/findings/{PATH}", data={"text": text}).json["findings"]  # type: ignore[index]
    assert [finding["missing"] for finding in found if finding["missing"]] == [english]
    before = text_of(english)
    for _ in range(2):
        assert ada.post(f"/studio/kurs/copy/{english}", data={"source": source, "before": ""}).status_code == 200
        assert text_of(english) == f"{before.rstrip()}\n\n{source}\n"
    assert ada.post(f"/studio/kurs/copy/{english}", data={"source": "kein Block"}).status_code == 400
    assert ada.post("/studio/kurs/copy/course.yml", data={"source": source}).status_code == 400
    pulse = ada.get(f"/studio/kurs/pulse/{PATH}").json
    assert pulse["others"] == {"en": 2}  # type: ignore[index]


def test_who_has_not_begun_may_be_moved_and_who_has_stays(ada: FlaskClient) -> None:
    begun, fresh = builders.enrolment(builders.person("Lea")), builders.enrolment(builders.person("Max"))
    courses.visit(begun, "eins")
    service.save(service.open_draft("kurs").id, PATH, builders.GERMAN + "\nMehr.\n", 1, begun.person_id)  # type: ignore[union-attr]
    ada.post("/studio/kurs/publish", data={"note": ""})
    assert learners.waiting(courses.course("kurs").id) == (1, 1)  # type: ignore[union-attr]
    ada.post("/studio/kurs/learners")
    old, new = [edition.id for edition, _ in service.editions("kurs")][::-1]
    parts = {person: courses.part(begun.run_id, person) for person in (begun.person_id, fresh.person_id)}
    assert [parts[begun.person_id].edition_id, parts[fresh.person_id].edition_id] == [old, new]  # type: ignore[union-attr]


def test_two_authors_see_each_other(app: Flask, ada: FlaskClient) -> None:
    ada.get(EDIT)
    grace = builders.browser(app, builders.person("Grace Hopper", roles=(Role.ADMINISTRATOR,)))
    with app.app_context():
        assert grace.get(f"/studio/kurs/pulse/{PATH}").json["here"] == ["Ada Lovelace schreibt auch in dieser Datei"]  # type: ignore[index]


def test_a_form_s_button_changes_the_text_and_nonsense_changes_nothing(ada: FlaskClient) -> None:
    source = ada.post("/studio/form/new", data={"kind": "matrix", "language": "de"}).json["source"]  # type: ignore[index]
    page = ada.post("/studio/form/read", data={"source": source, "language": "de"})
    assert 'name="cell-1"' in page.text
    sent = {"source": source, "language": "de", "stem": "Neu?", "sign": "( )", "column": ["Fall", "ja", "nein"], "text-0": "A", "cell-0": "2", "text-1": "B", "cell-1": "1"}
    written = ada.post("/studio/form/write", data=sent | {"act": "down 0", "text-0": "Erster Fall", "text-1": "Zweiter Fall"}).json["source"]  # type: ignore[index]
    assert written.split("\n")[1:6] == ["Neu?", "| Fall | ja | nein |", "|---|---|---|", "| Zweiter Fall | (x) | ( ) |", "| Erster Fall | ( ) | (x) |"]
    assert ada.post("/studio/form/write", data=sent | {"sign": "nonsense"}).status_code == 422
    assert ada.post("/studio/form/write", data=sent | {"source": "kein Block"}).status_code == 400
    assert ada.post("/studio/form/new", data={"kind": "nonsense"}).status_code == 400
    assert "GIFT" in ada.post("/studio/form/read", data={"source": "```gift\nX {T}\n```", "language": "de"}).text


def test_a_text_in_easy_language_is_begun_written_and_looked_at_like_any_other(ada: FlaskClient) -> None:
    easy = "01-eins/module.leicht.md"
    ada.post("/studio/kurs/modules/01-eins", data={"act": "add-language", "value": "leicht"})
    assert "lang: leicht" in text_of(easy)
    assert 'title: "Eins"' in text_of(easy)
    page = ada.get(f"/studio/kurs/edit/{easy}").text
    assert 'id="tab-other-de"' in page
    assert 'id="tab-other-en"' in page
    assert 'id="tab-other-leicht"' in ada.get(EDIT).text
    drawn = ada.post(f"/studio/kurs/live/{easy}", data={"text": text_of(easy).replace("Ein Satz", "Ein Satz.\nNoch")}).json
    assert "<br" in drawn["pieces"][0]["html"]  # type: ignore[index]
    assert drawn["title"] == "Eins"  # type: ignore[index]
    found = ada.post(f"/studio/kurs/findings/{easy}", data={"text": text_of(easy)}).json["findings"]  # type: ignore[index]
    assert {finding["severity"] for finding in found} == {"warning"}
    ada.post("/studio/kurs/modules/01-eins", data={"act": "remove-language", "value": "de"})
    ada.post("/studio/kurs/modules/01-eins", data={"act": "remove-language", "value": "en"})
    assert text_of("01-eins/module.en.md")  # An easy text cannot be the only one.


def test_a_pool_is_begun_in_all_languages_and_the_preview_shows_one_draw(ada: FlaskClient) -> None:
    assert ada.post("/studio/kurs/pools", data={"name": "basis"}).status_code == 303
    assert "::: single {#basis-1" in text_of("pools/basis.en.md")
    assert "tab-other-en" in ada.get("/studio/kurs/edit/pools/basis.de.md").text
    text = builders.GERMAN + "\n::: pool {#zug pick=3 from=basis points=2}\n:::\n"
    drawn = ada.post(f"/studio/kurs/live/{PATH}", data={"text": text}).json["pieces"][-1]["html"]  # type: ignore[index]
    assert "q-basis-1" in drawn
    assert "(x)" not in drawn
    missing = ada.post(f"/studio/kurs/live/{PATH}", data={"text": text.replace("from=basis", "from=fehlt")}).json["pieces"][-1]["html"]  # type: ignore[index]
    assert "pools/fehlt.de.md" in missing


def test_only_a_course_that_was_never_published_can_be_deleted_and_only_by_its_name(ada: FlaskClient) -> None:
    ada.post("/studio/new", data={"slug": "neu", "title-de": "Neuer Kurs"})
    ada.post("/studio/neu/modules", data={"title": "Mehr"})
    assert "/studio/neu/remove" in ada.get("/studio/neu").text
    assert "01-start/module.de.md" in ada.get("/studio/neu/remove").text
    ada.post("/studio/neu/remove", data={"name": "falsch"})
    assert ada.get("/studio/neu").status_code == 200
    assert ada.post("/studio/neu/remove", data={"name": "neu"}).status_code == 303
    assert ada.get("/studio/neu").status_code == 404
    before = text_of()
    assert "/studio/kurs/remove" not in ada.get("/studio/kurs").text
    ada.post("/studio/kurs/remove", data={"name": "kurs"})
    assert text_of() == before


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_offers_a_question_to_begin_with(ada: FlaskClient, kind: str) -> None:
    source = ada.post("/studio/form/new", data={"kind": kind, "language": "de"}).json["source"]  # type: ignore[index]
    assert source.startswith(f"::: {kind} {{#{kind}-")
    form = ada.post("/studio/form/read", data={"source": source, "language": "de"})
    assert form.status_code == 200
    assert 'name="stem"' in form.text
