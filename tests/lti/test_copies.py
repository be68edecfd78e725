"""A copied LMS course: its links begin with the settings of the old ones, its learners with nothing."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from core import db
from courses.models import Enrolment, Run
from lti.copies import history
from lti.models import ResourceLink
from tests import builders
from tests.lti.lms import LTI, Browser, Lms
from tests.lti.test_preview import TWO_MODULES
from tests.lti.test_scores import ON_ONE_DATABASE, right


def at(context: str, link: str, title: str = "Ein Link", **custom: str) -> dict[str, Any]:
    """A launch from a link of an LMS course, with custom parameters."""
    return {
        LTI + "context": {"id": context, "title": f"Course {context}"}, LTI + "resource_link": {"id": link, "title": title}, LTI + "custom": custom,
    }


def links() -> dict[str, ResourceLink]:
    return {link.resource_link_id: link for link in db.session.scalars(select(ResourceLink).execution_options(populate_existing=True))}


@pytest.fixture
def old(browser: Browser) -> Browser:
    """A course of last semester: its link keeps the last attempt, and sends on release."""
    browser.launch(**at("old", "1"))
    right("farbe")
    with db.transaction() as tx:
        tx.execute(update(ResourceLink).values(keep="last", send="release", due_at=db.now() - timedelta(days=9), released_at=db.now() + timedelta(days=9)))
    return browser


NAMED = {
    "by the link's history": {"link_history": "1"},
    "by the course's history": {"context_history": "old"},
    "as Moodle writes names": {"Context_History": "old", "context_history": "old"},
    "the latest first": {"context_history": "between,old"},
    "by both": {"link_history": "1", "context_history": "elsewhere"},
    "percent-encoded": {"context_history": "a%2Cb, %6Fld"},
}


@pytest.mark.parametrize("custom", NAMED.values(), ids=NAMED)
def test_a_copied_link_takes_over_how_points_are_kept_and_sent(old: Browser, custom: dict[str, str]) -> None:
    old.launch(**at("new", "2", **custom))
    copy, original = links()["2"], links()["1"]
    assert (copy.copied_from, copy.keep, copy.send) == (original.id, "last", "release")
    assert copy.due_at is None
    assert copy.released_at == original.released_at


NOT_COPIED = {
    "a fresh course": {"context_history": "", "link_history": ""},
    "no history": {},
    "variables that were not filled in": {"context_history": "$Context.id.history", "link_history": "$ResourceLink.id.history"},
    "an unknown course": {"context_history": "gibtsnicht"},
}


@pytest.mark.parametrize("custom", NOT_COPIED.values(), ids=NOT_COPIED)
def test_a_link_that_is_no_copy_begins_as_usual(old: Browser, custom: dict[str, str]) -> None:
    old.launch(**at("new", "2", **custom))
    assert (links()["2"].copied_from, links()["2"].keep, links()["2"].send) == (None, "course", "submission")


def test_another_title_or_target_is_no_copy(old: Browser) -> None:
    builders.edition(TWO_MODULES)
    old.launch(**at("new", "2", title="Another", context_history="old"))
    old.launch(**at("new", "3", context_history="old", module="eins"))
    assert [links()[id_].copied_from for id_ in ("2", "3")] == [None, None]


def test_of_several_earlier_courses_the_latest_counts(old: Browser) -> None:
    old.launch(**at("between", "2"))
    old.launch(**at("new", "3", context_history="between,old"))
    assert links()["3"].copied_from == links()["2"].id


def test_learners_of_the_copy_begin_with_nothing_and_the_old_course_stays(old: Browser) -> None:
    before = links()["1"].keep, links()["1"].run_id
    old.launch(**at("new", "2", context_history="old"))
    runs = db.session.scalars(select(Run.title).order_by(Run.id)).all()
    assert runs == ["Course old", "Course new"]
    assert db.session.scalar(select(func.count()).select_from(Enrolment)) == 2
    assert links()["2"].run_id != links()["1"].run_id
    assert (links()["1"].keep, links()["1"].run_id) == before


def test_settings_are_taken_over_once(old: Browser) -> None:
    old.launch(**at("new", "2", context_history="old"))
    with db.transaction() as tx:
        tx.execute(update(ResourceLink).where(ResourceLink.resource_link_id == "2").values(keep="first"))
    old.launch(**at("new", "2", context_history="old"))
    assert links()["2"].keep == "first"


@ON_ONE_DATABASE
def test_a_link_of_another_platform_is_never_the_original(house: Flask, old: Browser) -> None:
    other = Lms("https://other.example", "lotse-there")
    other.register(db.acting_for() or 0)
    Browser(house, other).launch(**at("new", "2", context_history="old", link_history="1"))
    other.close()
    assert links()["2"].copied_from is None


@pytest.mark.parametrize(("value", "ids"), [("a,b", ["a", "b"]), (" a , ,b", ["a", "b"]), ("$X", []), ("x" * 256, []), ("a%00b", []), (",".join("x" * 50), ["x"] * 20)])
def test_a_history_is_read_with_care(value: str, ids: list[str]) -> None:
    assert history({"Context_History": value}, "context_history") == ids
