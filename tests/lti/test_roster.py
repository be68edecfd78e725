"""The roster of an LMS course: what a real Moodle answered, what others may, and the reader of Link headers."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.http import Answer
from lti import groups, roster
from lti.paging import next_page, readable
from lti.roster import RosterError, Trouble, members

HERE = Path(__file__).parent / "recorded" / "moodle"
URL = "https://moodle.example/mod/lti/services.php/CourseSection/2/bindings/1/memberships"


def recorded() -> dict[str, tuple[str, Answer]]:
    """Address and answer of each recorded request, by its heading."""
    found = {}
    for part in re.split(r"^### ", (HERE / "nrps-members.http").read_text(), flags=re.M)[1:]:
        title, _, rest = part.partition("\n")
        sections = rest.strip().split("\n\n")
        request, head = sections[0], sections[1]
        body = "\n\n".join(sections[2:]).split("\n----")[0]
        status = int(re.match(r"HTTP/1.1 (\d+)", head)[1])  # type: ignore[index]
        headers = [tuple(line.split(": ", 1)) for line in head.splitlines()[1:]]
        path = request.split(" ")[1]
        found[title.strip()] = (f"https://moodle.example{path}", Answer(status, httpx2.Headers(headers), body.encode()))
    return found


RECORDED = recorded()


def ask(title: str, then: str = "") -> Callable[[str], Answer]:
    """A platform that gives a recorded answer, and then another to the address in its Link header."""

    def answer(address: str) -> Answer:
        return RECORDED[then][1] if then and address == RECORDED[then][0] else RECORDED[title][1]

    return answer


def test_moodles_members_are_read_with_short_roles_names_and_status() -> None:
    listing = members(ask("members"), URL)
    assert listing.whole
    teacher, *learners = listing.members
    assert (teacher.user_id, teacher.name, teacher.teaches, teacher.learns) == ("3", "Jürgen Großmann", True, False)
    assert {member.user_id: member.name for member in learners}["6"] == "Zoë 🦊 Öztürk"
    assert all(member.learns and member.active and not member.groups for member in learners)


def test_moodles_pages_are_followed_by_their_link_header() -> None:
    first, next_ = "limit=2", "the next page from the Link header"
    assert [member.user_id for member in members(ask(first, next_), RECORDED[first][0]).members][:2] == ["3", "4"]
    assert len(members(ask(first, next_), URL).members) > 2


@pytest.mark.parametrize("title", ["role=Instructor (full URI)", "role=Learner (short)", "Accept */*", "rlid=1 (resource link)"])
def test_every_recorded_list_is_read(title: str) -> None:
    assert members(ask(title), URL).members


def test_a_suspended_student_is_left_out_by_moodle() -> None:
    assert "6" not in {member.user_id for member in members(ask("one student (user 6) with suspended enrolment"), URL).members}


def test_members_whose_names_are_withheld_have_none() -> None:
    found = members(ask("members with name and e-mail sharing set to never in the tool configuration"), URL).members
    assert {(member.name, member.email) for member in found} == {(None, None)}
    assert len(found) > 3


TROUBLES = {
    "rlid unknown": Trouble.GONE, "unknown course": Trouble.GONE, "token without the NRPS scope": Trouble.FORBIDDEN,
    "no token": Trouble.FORBIDDEN, "Accept application/json": Trouble.UNREACHABLE, "old media type of v1": Trouble.UNREADABLE,
}


@pytest.mark.parametrize(("title", "trouble"), TROUBLES.items(), ids=TROUBLES)
def test_a_recorded_refusal_says_what_is_wrong(title: str, trouble: Trouble) -> None:
    with pytest.raises(RosterError) as told:
        members(ask(title), URL)
    assert told.value.trouble == trouble


def test_all_recorded_answers_are_replayed() -> None:
    replayed = {"members", "limit=2", "the next page from the Link header", "role=Instructor (full URI)", "role=Learner (short)", "Accept */*",
                "rlid=1 (resource link)", "one student (user 6) with suspended enrolment",
                "members with name and e-mail sharing set to never in the tool configuration", *TROUBLES}
    assert set(RECORDED) == replayed


# --- What other platforms may send ------------------------------------------------------------------------------------

def page(entries: object, link: str = "") -> Answer:
    return Answer(200, httpx2.Headers({"Link": link} if link else {}), json.dumps({"members": entries}).encode())


M = "http://purl.imsglobal.org/vocab/lis/v2/membership"
ROLES: dict[str, tuple[list[str], bool, bool]] = {
    "a URI": ([f"{M}#Learner"], False, True), "a short name": (["Learner"], False, True), "none": ([], False, True),
    "a sub-role": ([f"{M}/Learner#NonCreditLearner"], False, True), "a teaching assistant": ([f"{M}/Instructor#TeachingAssistant"], True, False),
    "both": (["Learner", "Instructor"], True, False), "an observer": (["Mentor"], False, False), "an editor": ([f"{M}#ContentDeveloper"], False, False),
    "an institution's role only": (["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student"], False, True),
}


@pytest.mark.parametrize(("roles", "teaches", "learns"), ROLES.values(), ids=ROLES)
def test_roles_are_read_as_short_names_and_as_addresses(roles: list[str], teaches: bool, learns: bool) -> None:
    (found,) = members(lambda _: page([{"user_id": "1", "roles": roles}]), URL).members
    assert (found.teaches, found.learns) == (teaches, learns)


@pytest.mark.parametrize(("status", "active"), [("Active", True), ("Inactive", False), ("Deleted", False), (None, True), ("ACTIVE", True)])
def test_a_status_is_read(status: str | None, active: bool) -> None:
    (found,) = members(lambda _: page([{"user_id": "1", "roles": ["Learner"], **({"status": status} if status else {})}]), URL).members
    assert found.active is active


@pytest.mark.parametrize("entries", [[1, None, {}, {"user_id": 7}, {"user_id": ""}, {"user_id": "1", "roles": "Learner", "name": 4, "group_enrollments": [3, {}]}]])
def test_entries_that_make_no_sense_are_passed_over(entries: list[object]) -> None:
    assert [(member.user_id, member.name) for member in members(lambda _: page(entries), URL).members] == [("1", None)]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"members": {}}', b"\xff", b"null"])
def test_an_answer_that_is_no_list_is_unreadable(content: bytes) -> None:
    with pytest.raises(RosterError) as told:
        members(lambda _: Answer(200, httpx2.Headers(), content), URL)
    assert told.value.trouble == Trouble.UNREADABLE


def test_a_list_without_end_ends() -> None:
    asked: list[str] = []

    def endless(address: str) -> Answer:
        asked.append(address)
        return page([{"user_id": str(len(asked)), "roles": ["Learner"]}], f'<{URL}?from={len(asked)}>; rel="next"')

    listing = members(endless, URL)
    assert (len(asked), listing.whole) == (roster.MOST_PAGES, False)


def test_a_page_that_names_itself_is_read_once() -> None:
    asked: list[str] = []

    def circle(address: str) -> Answer:
        asked.append(address)
        return page([{"user_id": "1"}], f'<{URL}?b>; rel="next"' if address.endswith("?a") else f'<{URL}?a>; rel="next"')

    members(circle, URL)
    assert len(asked) == 3


def test_groups_are_named_with_their_sets_and_hidden_ones_left_out() -> None:
    body = {"groups": [{"id": "g2", "name": "B", "set_id": "s"}, {"id": 1, "name": "A"}, {"id": "h", "name": "Hidden", "hidden": True}, {"name": "?"}]}
    sets = {"sets": [{"id": "s", "name": "Übungen"}]}
    found = groups.groups(
        lambda _: Answer(200, httpx2.Headers(), json.dumps(body).encode()), URL, lambda _: Answer(200, httpx2.Headers(), json.dumps(sets).encode()), URL,
    )
    assert [(group.id, group.name, group.set_name) for group in found] == [("1", "A", ""), ("g2", "B", "Übungen")]


# --- Link headers -----------------------------------------------------------------------------------------------------

MOODLES_LINE_ITEMS = (HERE / "ags-lineitems.http").read_text()


def test_the_link_headers_of_moodles_line_items_are_read() -> None:
    """With `&amp;` in the address and typographic quotes around the relation."""
    headers = re.findall(r"^Link: (.*)$", MOODLES_LINE_ITEMS, flags=re.M)
    assert headers
    for header in headers:
        found = next_page(header, "https://moodle.example/mod/lti/services.php/2/lineitems?type_id=1")
        assert found is None or ("&amp;" not in found and found.startswith("https://moodle.example/"))
    assert any(next_page(header, "https://moodle.example/x") for header in headers)


def test_a_header_that_was_read_as_latin_1_is_understood() -> None:
    header = "<https://a.example/?p=2>; rel=“next”"
    assert next_page(header.encode().decode("latin-1"), "https://a.example/") == "https://a.example/?p=2"
    assert readable("schön".encode("latin-1").decode("latin-1")) == "schön"


HERE_IS = "https://a.example/list?p=1"
HEADERS = {
    "quoted": ('<https://a.example/list?p=2>; rel="next"', "https://a.example/list?p=2"),
    "without quotes": ("<https://a.example/list?p=2>; rel=next", "https://a.example/list?p=2"),
    "several relations": ('<https://a.example/list?p=2>; rel="last next"', "https://a.example/list?p=2"),
    "several links": ('<https://a.example/list?p=0>; rel="prev", <https://a.example/list?p=2>; rel="next"', "https://a.example/list?p=2"),
    "a relative address": ('</list?p=2>; rel="next"', "https://a.example/list?p=2"),
    "other parameters": ('<https://a.example/list?p=2>; title="a, b"; rel="next"; type="x"', "https://a.example/list?p=2"),
    "another host": ('<https://b.example/list?p=2>; rel="next"', None),
    "another port": ('<https://a.example:444/list?p=2>; rel="next"', None),
    "another scheme": ('<http://a.example/list?p=2>; rel="next"', None),
    "a name before the host": ('<https://a.example@b.example/>; rel="next"', None),
    "somebody's name": ('<https://me@a.example/>; rel="next"', None),
    "the same page": (f'<{HERE_IS}>; rel="next"', None),
    "no next": ('<https://a.example/list?p=0>; rel="prev"', None),
    "nothing": ("", None),
    "no relation": ("<https://a.example/list?p=2>", None),
    "a broken address": ('<https://[::1/>; rel="next"', None),
}


@pytest.mark.parametrize(("header", "expected"), HEADERS.values(), ids=HEADERS)
def test_a_link_header_is_read(header: str, expected: str | None) -> None:
    assert next_page(header, HERE_IS) == expected


@given(st.text(max_size=300))
def test_no_header_leads_elsewhere_or_breaks_the_reader(header: str) -> None:
    found = next_page(header, HERE_IS)
    assert found is None or found.startswith("https://a.example")


@given(
    st.text("abcXYZ019-._~%&=/?", max_size=40), st.sampled_from(['rel="next"', "rel=next", "rel=“next”", "REL = 'Next'"]),
    st.sampled_from(["", '<https://a.example/0>; rel="prev", ', '<https://b.example/>; rel="self", ']), st.booleans(),
)
def test_a_next_page_of_this_host_is_found_however_it_is_written(tail: str, relation: str, before: str, escaped: bool) -> None:
    target = f"https://a.example/next?x=1&y=2{tail}"
    written = target.replace("&", "&amp;") if escaped else target
    found = next_page(f"{before}<{written}>; {relation}", HERE_IS)
    assert found is not None
    assert found.split("?")[0] == "https://a.example/next"
