"""Drafts: nothing that somebody wrote is lost, and an edition is what was imported."""

from collections.abc import Iterator

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from courses import service as courses
from modules.findings import FormatError
from studio import service
from studio.merge import merge
from studio.models import Draft
from tests import builders

PATH = "01-eins/module.de.md"


@pytest.fixture
def draft(app: Flask) -> Iterator[Draft]:
    with app.app_context():
        builders.organisation()
        builders.edition()
        found = service.open_draft("kurs")
        assert found is not None
        yield found


def text_of(draft: Draft) -> str:
    return service.as_text(service.read(draft.id, PATH)[0])


def test_a_draft_begins_with_the_bytes_of_the_newest_edition_and_gives_them_back(draft: Draft) -> None:
    assert service.contents(draft.id) == dict(builders.FILES)
    ada = builders.person()
    assert service.publish(draft.id, "kurs", ada.id, "").number == 1  # The same bytes are the same edition.
    service.save(draft.id, PATH, text_of(draft) + "\nMehr.\n", 1, ada.id)
    assert [service.publish(draft.id, "kurs", ada.id, "Mehr.").number for _ in range(2)] == [2, 2]
    assert courses.files_of(courses.newest_edition(courses.course("kurs").id).id) == service.contents(draft.id)  # type: ignore[union-attr]
    assert [release.note for _, release in service.editions("kurs") if release] == ["Mehr.", ""]


def test_two_authors_in_different_places_lose_nothing_and_in_the_same_line_are_asked(draft: Draft) -> None:
    ada, grace = builders.person(), builders.person("Grace")
    text = text_of(draft)
    service.save(draft.id, PATH, text.replace("# Anfang", "# Adas Anfang"), 1, ada.id)
    saved = service.save(draft.id, PATH, text.replace("HINT-TWO", "GRACES-HINT"), 1, grace.id)
    assert saved.merged
    assert "# Adas Anfang" in text_of(draft)
    assert "GRACES-HINT" in text_of(draft)
    with pytest.raises(service.ConflictError) as conflict:
        service.save(draft.id, PATH, text.replace("# Anfang", "# Graces Anfang"), 1, grace.id)
    assert "# Graces Anfang" in conflict.value.mine
    assert "# Adas Anfang" in conflict.value.theirs
    assert "# Adas Anfang" in text_of(draft)
    assert service.revision_content(draft.id, PATH, 1).decode() == text


def test_going_back_keeps_what_stood_there_in_between(draft: Draft) -> None:
    ada = builders.person()
    service.save(draft.id, PATH, "---\n---\n\nAnders.\n", 1, ada.id)
    service.restore(draft.id, PATH, 1, ada.id)
    assert text_of(draft) == builders.GERMAN
    assert service.revision_content(draft.id, PATH, 2) == b"---\n---\n\nAnders.\n"
    service.put(draft.id, {PATH: None}, ada.id)
    service.restore_edition(draft.id, courses.newest_edition(courses.course("kurs").id).id, ada.id)  # type: ignore[union-attr]
    assert service.contents(draft.id) == dict(builders.FILES)


def test_line_ends_and_byte_order_marks_stay_as_they_were(draft: Draft) -> None:
    ada = builders.person()
    service.put(draft.id, {"pools/a.de.md": b"\xef\xbb\xbfeins\r\nzwei\r\n"}, ada.id)
    service.save(draft.id, "pools/a.de.md", "eins\r\ndrei\r\n", 1, ada.id)
    assert service.read(draft.id, "pools/a.de.md")[0] == b"\xef\xbb\xbfeins\r\ndrei\r\n"


def test_errors_forbid_publishing_and_so_does_another_id(draft: Draft) -> None:
    ada = builders.person()
    service.save(draft.id, PATH, text_of(draft).replace("(x)", "( )"), 1, ada.id)
    with pytest.raises(FormatError):
        service.publish(draft.id, "kurs", ada.id, "")
    service.restore(draft.id, PATH, 1, ada.id)
    service.put(draft.id, {"course.yml": builders.COURSE.replace("id: kurs", "id: fremd").encode()}, ada.id)
    with pytest.raises(FormatError, match="course-id"):
        service.publish(draft.id, "kurs", ada.id, "")


@pytest.mark.parametrize("path", ["../x.md", "/etc/passwd", "a/../b.md", ".git/config", "a b.md", "a\0.md", "1/2/3/4/5/6/7.md", "a/" * 3 + "x" * 300])
def test_no_path_leads_out_of_the_folder(draft: Draft, path: str) -> None:
    with pytest.raises(service.StudioError):
        service.put(draft.id, {path: b"x"}, builders.person().id)


def test_another_university_has_no_such_draft(draft: Draft) -> None:
    builders.organisation("andere")
    assert service.draft("kurs") is None
    assert service.contents(draft.id) == {}
    with pytest.raises(LookupError):
        service.put(draft.id, {"x.md": b"x"}, builders.person("Eve").id)


_LINES = st.lists(st.sampled_from(["a", "b", "c", "d", ""]), max_size=8).map("\n".join)


@given(_LINES, _LINES, _LINES)
def test_putting_two_changes_together_never_depends_on_who_came_first(base: str, mine: str, theirs: str) -> None:
    assert merge(base, mine, theirs) == merge(base, theirs, mine)
    assert merge(base, mine, base) == mine
