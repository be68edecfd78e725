"""The stand-in tells who is in the course, as strictly as Moodle; and what its lecturer can do with people."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from core import db
from core.http import Answer
from courses.models import Enrolment
from demo import campus, people
from demo.roster import GROUPS, MEMBERS, SETS
from lti import roster
from lti.models import Participant
from tests.demo.conftest import World
from tests.demo.test_with_lotse import Both, both

__all__ = ["both"]
LTI = "https://purl.imsglobal.org/spec/lti/claim/"


def ask(world: World, path: str, accept: str = MEMBERS, scope: str = people.MEMBERSHIPS) -> httpx2.Response:
    token = world.tool.token("score", scope=scope).json()["access_token"]
    return httpx2.get(f"{world.platform}/api/2/{path}", headers={"Authorization": f"Bearer {token}", "Accept": accept}, trust_env=False)


def test_the_roster_names_everybody_who_is_enrolled_in_moodles_form(world: World) -> None:
    body = ask(world, "memberships").json()
    assert len(body["members"]) == len(campus.MEMBERS) - 1
    assert body["members"][0]["roles"] == ["Instructor"]
    assert sum(bool(member["roles"] == ["Learner"]) for member in body["members"]) == 12
    assert "group_enrollments" not in body["members"][1]


def test_pages_are_linked_and_lotse_reads_them_all(world: World) -> None:
    first = ask(world, "memberships?limit=5&groups=true")
    assert 'rel="next"' in first.headers["Link"]
    token = world.tool.token("score", scope=people.MEMBERSHIPS).json()["access_token"]

    def answer(address: str) -> Any:
        return httpx2.get(address.replace("limit=200", "limit=5"), headers={"Authorization": f"Bearer {token}", "Accept": MEMBERS}, trust_env=False)

    found = roster.members(lambda address: Answer(200, answer(address).headers, answer(address).content), f"{world.platform}/api/2/memberships", groups=True)
    assert len(found.members) == len(campus.MEMBERS) - 1
    assert {group for member in found.members for group in member.groups} == {"1", "2"}


@pytest.mark.parametrize(("path", "accept", "scope", "status"), [
    ("memberships", "*/*", people.MEMBERSHIPS, 400), ("memberships", "application/json", people.MEMBERSHIPS, 400),
    ("memberships", MEMBERS, people.GROUPS, 401), ("memberships?rlid=999", MEMBERS, people.MEMBERSHIPS, 404), ("memberships?rlid=1", MEMBERS, people.MEMBERSHIPS, 200),
    ("groups", GROUPS, people.GROUPS, 200), ("groups", MEMBERS, people.GROUPS, 400), ("groupsets", SETS, people.GROUPS, 200),
    ("groupsets", SETS, people.MEMBERSHIPS, 401),
])
def test_requests_are_taken_as_strictly_as_moodle_takes_them(world: World, path: str, accept: str, scope: str, status: int) -> None:
    assert ask(world, path, accept, scope).status_code == status


def test_a_lecturer_switches_to_the_students_role_and_back(world: World) -> None:
    world.be("3")
    world.launch()
    world.browser.request("POST", f"{world.platform}/switch-role")
    world.launch()
    world.browser.request("POST", f"{world.platform}/switch-role")
    world.launch()
    assert [launch[f"{LTI}roles"][0].rsplit("#")[-1] for launch in world.tool.launches] == ["Instructor", "Learner", "Instructor"]


def test_the_gradebook_opens_a_submission_review_for_lecturers_only(world: World) -> None:
    world.be("3")
    assert "/review/1/4" in world.browser.get(f"{world.platform}/gradebook").text
    world.browser.submit(world.browser.submit(world.browser.get(f"{world.platform}/review/1/4")))
    launch = world.tool.launches[-1]
    assert (launch[f"{LTI}message_type"], launch[f"{LTI}for_user"]) == ("LtiSubmissionReviewRequest", {"user_id": "4"})
    world.be("4")
    assert "/review/" not in world.browser.get(f"{world.platform}/gradebook").text
    assert world.browser.get(f"{world.platform}/review/1/5").status_code == 404


def test_lotse_shows_the_class_and_one_learners_answers(both: Both) -> None:
    both.launch(both.browser("4"), "1")
    teacher = both.browser("3")
    course = both.launch(teacher, "1")
    with both.lotse.app_context(), db.unscoped():
        part = db.session.scalars(select(Enrolment).join(Participant, Participant.enrolment_id == Enrolment.id).where(Participant.user_id == "4")).first()
        assert part is not None
    root = str(course.url).split("/courses")[0]
    page = teacher.get(f"{root}/lti/class/{part.run_id}")
    assert page.status_code == 200
    assert "Đorđe Petrović" in page.text
    assert "Übungen: Montag" in page.text
    review = teacher.submit(teacher.submit(teacher.get(f"{both.platform}/review/1/4")))
    assert review.status_code == 200
    assert str(review.url).endswith(f"/learners/{part.id}")
