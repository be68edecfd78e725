"""Python exercises in the real sandbox: tried out, handed in, kept, and nothing told that must not be."""

import threading

import pytest
from flask import Flask
from sqlalchemy import func, select

from assessments.models import Grade
from assessments.running import run_try
from core import db
from core.jobs import WorkState
from exercises.sandbox import build
from tests import builders
from tests.assessments.code_page import FILES, RIGHT, SECRETS, CodePage, open_page


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    build.build()


@pytest.fixture
def page(app: Flask) -> CodePage:
    return open_page(app)


def test_a_right_program_earns_all_points(page: CodePage) -> None:
    html = page.graded(RIGHT)
    assert "2 of 2 points" in html
    assert "3 of 3 passed" in html


def test_each_test_counts_the_same_and_of_hidden_ones_only_the_hint_is_told(page: CodePage) -> None:
    html = page.graded("def f(x):\n    print('31', x)\n    return 4 if x == 2 else -1")
    assert "0.5 of 2 points" in html
    assert "0 of 3 passed" in html
    assert "HINT" in html
    assert not [secret for secret in SECRETS if secret in html]


def test_no_page_and_no_stored_result_holds_what_the_tests_want(page: CodePage) -> None:
    texts = [page.client.get(page.path).text, page.graded("def f(x): return x"), page.run("def f(x): return x")[1], page.client.get(page.path).text]
    assert not [secret for secret in SECRETS for text in texts if secret in text]
    with page.app.app_context(), db.scoped(page.enrolment.organisation_id):
        stored = str(db.session.scalars(select(Grade.verdict)).one())
    assert not [secret for secret in ("SECRET", "62674") if secret in stored]


def test_the_solution_is_shown_once_no_further_answer_is_taken(page: CodePage) -> None:
    html = page.graded(RIGHT)
    assert "SECRET_SOLUTION" in html
    assert "SECRET_CHECKER" not in html


def test_trying_out_prints_tells_the_line_and_counts_nothing(page: CodePage) -> None:
    printed, html = page.run("name = input()\nprint('Hallo', name)\n1 / 0", stdin="Ada\n")
    assert printed == "Hallo Ada\n"
    assert 'data-line="3"' in html
    assert "Line 3 divides by zero." in html
    assert page.attempts() == []


def test_trying_out_shows_what_a_visible_test_wanted(page: CodePage) -> None:
    _, html = page.run("def f(x): return x")
    assert "Expected was 4, but 2 came back." in html
    assert "f(2)" in html


def test_an_empty_program_is_refused_and_counts_nothing(page: CodePage) -> None:
    assert page.hand_in("  \n").status_code == 422
    assert page.client.post(f"{page.path}/doppelt/run", data={"code": ""}).status_code == 422
    assert page.client.post(f"{page.path}/doppelt/run", data={"code": "x" * 20_001}).status_code == 422
    assert page.attempts() == []


def test_without_scripts_a_page_shows_what_it_printed_and_keeps_the_program(page: CodePage) -> None:
    answer = page.client.post(f"{page.path}/doppelt/code", data={"attempt": "1", "code": "print('<b>hallo</b>')", "do": "run"})
    assert "&lt;b&gt;hallo&lt;/b&gt;" in answer.text
    assert "print(" in answer.text
    assert page.attempts() == []
    waited = page.hand_in(RIGHT, htmx=False)
    assert waited.status_code == 303
    page.client.get(waited.location)
    assert "2 of 2 points" in page.client.get(page.path).text


def test_two_clicks_at_once_are_one_attempt(page: CodePage) -> None:
    page.hand_in(RIGHT)
    page.hand_in(RIGHT)
    assert len(page.attempts()) == 1


def test_a_try_that_two_carry_out_at_once_is_graded_once(page: CodePage) -> None:
    page.hand_in(RIGHT)
    [attempt] = page.attempts()
    barrier = threading.Barrier(2, timeout=60)

    def carry_out() -> None:
        with page.app.app_context():
            barrier.wait()
            list(run_try(attempt.id))

    threads = [threading.Thread(target=carry_out) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with page.app.app_context(), db.scoped(page.enrolment.organisation_id):
        assert db.session.scalar(select(func.count()).select_from(Grade)) == 1


def test_where_there_is_no_sandbox_the_try_is_given_back_and_the_program_stays(page: CodePage, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(size: int) -> None:
        raise build.BuildError("not built")

    monkeypatch.setattr("assessments.code.shared_pool", missing)
    html = page.graded(RIGHT)
    assert "This attempt was not counted." in html
    assert "return 2 * x" in html
    [attempt] = page.attempts()
    assert (attempt.state, attempt.counts) == (WorkState.FAILED, False)
    monkeypatch.undo()
    assert "2 of 2 points" in page.graded(RIGHT, attempt=2)


def test_what_is_typed_follows_to_the_next_device_and_no_older_tab_overwrites_it(page: CodePage) -> None:
    address = f"{page.path}/doppelt/draft"
    assert page.client.get(address).get_json() == {"fields": {}, "version": 0}
    assert page.client.post(address, data={"code": "one", "version": "0"}).get_json() == {"version": 1}
    assert page.client.post(address, data={"code": "one", "version": "0"}).get_json() == {"version": 1}
    assert page.client.post(address, data={"code": "two", "version": "1"}).get_json() == {"version": 2}
    older = page.client.post(address, data={"code": "three", "version": "1"})
    assert (older.status_code, older.get_json()) == (409, {"fields": {"code": "two"}, "version": 2})
    assert page.client.post(address, data={"code": "three", "version": "2"}).get_json() == {"version": 3}
    assert page.client.post(address, data={"code": "x" * 30_001, "version": "3"}).status_code == 422
    assert page.client.post(address, data={"code": "x", "version": "nine"}).status_code == 422


def test_nobody_sees_or_changes_what_somebody_else_typed(page: CodePage) -> None:
    page.client.post(f"{page.path}/doppelt/draft", data={"code": "mine", "version": "0"})
    with page.app.app_context(), db.scoped(page.enrolment.organisation_id):
        other = builders.person("Grace Hopper")
        builders.enrolment(other, FILES)
        stranger = builders.person("Eve")
        browsers = [builders.browser(page.app, who) for who in (other, stranger)]
    assert browsers[0].get(f"{page.path}/doppelt/draft").get_json()["version"] == 0
    for method in ("draft", "run", "code"):
        assert browsers[1].post(f"{page.path}/doppelt/{method}", data={"code": "x", "version": "0"}).status_code == 404


def test_a_question_of_another_kind_cannot_be_run(page: CodePage) -> None:
    for method in ("draft", "run", "code"):
        assert page.client.post(f"{page.path}/farbe/{method}", data={"code": "x", "version": "0"}).status_code == 404
