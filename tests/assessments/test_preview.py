"""Questions for somebody who may only look: as learners see them first, and nothing more."""

from collections.abc import Iterator

import pytest
from flask import Flask

from assessments.preview import draw_module
from courses import service as courses
from tests import builders
from tests.assessments.samples import ANSWERED, BODIES, TAIL
from tests.assessments.test_kinds_pages import SAME_PAGE, SECRETS


@pytest.fixture(autouse=True)
def _in_the_house(app: Flask) -> Iterator[None]:
    with app.test_request_context(headers={"Accept-Language": "de"}):
        builders.organisation()
        yield


def drawn(kind: str, body: str) -> str:
    """A question of a published module."""
    front = builders.GERMAN.split("# Anfang")[0]
    module = f"{front}# Anfang\n\n::: {kind} {{#frage points=2.5 attempts=3}}\n{body}\n:::\n".encode()
    files = {**builders.FILES, "01-eins/module.de.md": module}
    edition = courses.publish("kurs", {"de": "Kurs"}, files)
    return draw_module(edition.id, "eins", "de")["frage"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", ANSWERED)
def test_a_previewed_question_holds_nothing_of_the_key_and_takes_no_answer(kind: str) -> None:
    html = drawn(kind, BODIES[kind] + TAIL)
    assert not [secret for secret in SECRETS if secret in html]
    assert "erster-wink" in html
    assert not [tag for tag in ("<form", "<button", "hx-post", "csrf", "attempt") if tag in html]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("kind", "old", "new", "old_too", "new_too"), SAME_PAGE)
def test_another_key_gives_the_same_preview(kind: str, old: str, new: str, old_too: str, new_too: str) -> None:
    written = BODIES[kind] + TAIL
    assert drawn(kind, written) == drawn(kind, written.replace(old, new).replace(old_too, new_too))
