"""Legal statements in courses: learners see the course's, or the organisation's where it is not older."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.models import Role
from core import db
from core.sessions import DatabaseSessions
from courses.models import Run
from lti.views.chooser import _pieces_of
from modules.service import page
from reports import service, statements
from reports.legal import LegalText
from tests import builders
from tests.certificates.earning import request
from tests.reports.scene import university

TODAY = datetime.now(UTC).date()
AS_OF, BEFORE, AFTER, LATER = (TODAY + timedelta(days=days) for days in (-10, -11, -5, 5))
SOURCE = "https://eur-lex.europa.eu/eli/reg/2024/1689/oj"
NEW = {"valid_from": str(AFTER), "de": "Unsere <b>Fassung</b>.\n\nZweiter Absatz.", "en": "Our <b>version</b>.\n\nSecond paragraph.", "source": "https://example.org/our"}


def files(as_of: object = AS_OF) -> dict[str, bytes]:
    """The small course with a statement."""
    return {
        path: content + f"\n::: law {{topic=transparency title=\"Chats & deepfakes\" as_of={as_of} source={SOURCE}}}\n**Artikel 50** ({path}).\n:::\n".encode() if "module" in path else content
        for path, content in builders.FILES.items()
    }


def text(day: object, words: str) -> LegalText:
    return LegalText(day, words, f"{words} (en)", "https://example.org", own=True)  # type: ignore[arg-type]


def reader(app: Flask, name: str, as_of: object = AS_OF, roles: tuple[Role, ...] = ()) -> FlaskClient:
    """The browser of somebody who begins in the course with a statement of this day."""
    who = builders.person(name, roles=roles)
    builders.enrolment(who, files(as_of))
    return builders.browser(app, who)


@pytest.fixture
def run(app: Flask) -> Iterator[Run]:
    """The course, in a university of its own; the session acts for it."""
    with app.app_context():
        builders.organisation()
        yield builders.run(files())


def test_the_text_that_holds_today_is_the_last_one_that_has_begun(run: Run) -> None:
    who = builders.person().id
    assert statements.own_texts(["transparency"]) == {}
    for day, words in ((AFTER, "zwei"), (BEFORE, "eins"), (LATER, "später"), (AFTER, "drei"), (AFTER, "drei")):
        service.add_legal_text(who, text(day, words), "transparency")
    service.add_legal_text(who, text(AFTER, "anderes"), "gdpr")
    own = statements.own_texts(["transparency"])["transparency"]
    assert (own.as_of, own.texts["de"], own.texts["en"]) == (AFTER, "drei", "drei (en)")
    topics = {topic.name: topic for topic in statements.topics()}
    assert [shown.de for shown in topics["transparency"].texts] == ["später", "drei", "zwei", "eins"]   # The same text sent twice is there once.
    assert (len(topics["transparency"].uses), topics["transparency"].overtaken, len(topics["gdpr"].uses)) == (1, False, 0)
    assert all(own.de not in ("drei", "anderes") for own in service.legal_texts())   # Reports quote none of them.


def test_a_newer_edition_overtakes_and_another_university_has_its_own(app: Flask, run: Run) -> None:
    mine = run.organisation_id
    service.add_legal_text(builders.person().id, text(AFTER, "unseres"), "transparency")
    builders.edition(files(AFTER + timedelta(days=1)))
    assert [topic.overtaken for topic in statements.topics()] == [True]
    builders.organisation("anderswo")
    builders.edition(files())
    assert statements.own_texts(["transparency"]) == {}
    assert [(topic.name, topic.texts) for topic in statements.topics()] == [("transparency", ())]
    with db.scoped(mine):
        assert statements.own_texts(["transparency"])["transparency"].texts["de"] == "unseres"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_administrator_says_a_statement_anew_and_learners_see_it_at_once(app: Flask) -> None:
    with app.app_context():
        scene = university(app)
        run_id = builders.run(files()).id
        ada = reader(app, "Ada")
        edition_id = builders.edition(files()).id
        drawn = page(edition_id, "eins", "de")
    path = f"/courses/{run_id}/eins"
    shipped = request(ada, path).text
    assert "<strong>Artikel 50</strong>" in shipped
    assert SOURCE in shipped
    assert "As of " in shipped
    assert 'aria-label="Legal statement: Chats &amp; deepfakes"' in shipped
    assert [kind for kind, _piece in drawn.pieces].count("law") == 1

    listed = scene.get("/reports/legal").text
    assert '/reports/legal/transparency">Chats &amp; deepfakes</a>\n      <code>transparency</code>' in listed
    assert "your own text" not in listed
    assert "learners see this" in (statement := scene.get("/reports/legal/transparency").text)
    assert "Legal statement: Chats &amp; deepfakes</h1>" in statement
    assert scene.post("/reports/legal/transparency", NEW, who="lecturer").status_code == 403
    assert scene.get("/reports/legal/unknown").status_code == 404
    assert scene.post("/reports/legal/transparency", {**NEW, "source": "javascript:x"}).status_code == 422
    assert [scene.post("/reports/legal/transparency", NEW).status_code for _again in range(2)] == [303, 303]
    admin = scene.get("/reports/legal/transparency").text
    assert admin.count(">holds today<") == 1
    assert "learners see your text" in admin
    assert "replaced by" not in admin
    assert "Our <" not in admin
    assert "your own text" in scene.get("/reports/legal").text

    german = request(ada, path, "GET", None, **{"Accept-Language": "de"}).text
    assert "<p>Unsere &lt;b&gt;Fassung&lt;/b&gt;.</p>\n<p>Zweiter Absatz.</p>" in german
    assert "Text Ihrer Hochschule" in german
    ours = request(ada, path).text
    assert "<p>Our &lt;b&gt;version&lt;/b&gt;.</p>" in ours
    assert "https://example.org/our" in ours
    assert "Artikel 50" not in ours
    assert SOURCE not in ours

    with app.test_request_context():
        db.act_for(scene.organisation_id)
        offered = "".join(html for _kind, html in _pieces_of(edition_id, "module", "eins", "", "en"))
        opened = app.session_interface
        assert isinstance(opened, DatabaseSessions)
        launched = opened.create({"preview": [edition_id, None], "organisation_id": scene.organisation_id})
    previewed = request(app.test_client(), f"/l/{launched}/preview/eins").text
    for shown in (offered, previewed):
        assert "<p>Our &lt;b&gt;version&lt;/b&gt;.</p>" in shown
        assert "<strong>Artikel 50</strong>" not in shown

    with app.app_context():
        db.act_for(scene.organisation_id)
        newer = reader(app, "Bo", AFTER + timedelta(days=1))
        builders.organisation("anderswo")
        foreign_run = builders.run(files()).id
        stranger = reader(app, "Eve", roles=(Role.ADMINISTRATOR,))
    assert "<strong>Artikel 50</strong>" in request(newer, path).text
    overtaken = scene.get("/reports/legal/transparency").text
    assert "newer than your text: learners see this" in overtaken
    assert "A course has a statement of a later day" in overtaken
    assert "Our &lt;b&gt;" in request(ada, path).text            # Who stays in the older edition goes on seeing the newer of its two.
    assert "Our " not in request(stranger, f"/courses/{foreign_run}/eins").text + request(stranger, "/reports/legal/transparency").text
