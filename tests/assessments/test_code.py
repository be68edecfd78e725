"""Python exercises in the real sandbox: tried out, handed in, kept, and nothing told that must not be."""

import re
import threading
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from assessments import code_live, watching
from assessments.models import Attempt, Grade
from assessments.running import run_try
from core import db, jobs
from core.jobs import WorkState
from exercises.sandbox import build
from gateway import service as gateway
from gateway.models import Usage, Waiting
from gateway.service import line
from tests import builders
from tests.assessments.code_page import DRAWN, FILES, RIGHT, SECRETS, CodePage, open_page
from tests.assessments.prompt_page import HTMX, announce, live_of
from tests.gateway.faults import WORDS, FaultServer
from tests.modules.test_service import written


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


def test_a_try_whose_process_dies_in_the_middle_is_taken_up_again_and_graded_once(page: CodePage) -> None:
    page.hand_in(RIGHT)
    [attempt] = page.attempts()
    with page.app.app_context():
        dying = run_try(attempt.id)
        assert next(dying).name == "test"  # The first test is through; then nothing is heard of it any more.
        with db.transaction() as tx:
            tx.execute(update(Attempt).values(lease_until=db.now()))
        with page.app.app_context():
            assert jobs.sweep() == 1
        assert [event.name for event in dying][-1] == "later"  # Should it come back, it counts nothing.
    with page.app.app_context(), db.scoped(page.enrolment.organisation_id):
        assert db.session.scalar(select(func.count()).select_from(Grade)) == 1
    assert "2 of 2 points" in page.client.get(page.path).text


def test_what_was_handed_in_is_what_every_device_opens(page: CodePage) -> None:
    page.client.post(f"{page.path}/doppelt/draft", data={"code": "older", "version": "0"})
    page.graded(RIGHT)
    assert page.client.get(f"{page.path}/doppelt/draft").get_json() == {"fields": {"code": RIGHT, "stdin": ""}, "version": 2}
    assert page.client.post(f"{page.path}/doppelt/draft", data={"code": "of a sleeping tab", "version": "1"}).status_code == 409


def test_who_is_not_signed_in_runs_nothing(page: CodePage) -> None:
    for method in ("run", "code", "draft"):
        answer = page.app.test_client().post(f"{page.path}/doppelt/{method}", data={"code": "x"})
        assert answer.status_code in (302, 303, 401), method


def test_a_person_has_one_run_at_a_time_and_the_next_one_ends_it(page: CodePage) -> None:
    first = code_live.begin(7)
    assert first
    assert code_live.begin(7) is None  # It has to end first, and is told to.
    assert first.is_gone()
    first.close()
    second, other = code_live.begin(7), code_live.begin(8)
    assert second
    assert other
    assert code_live.begin(9) is None  # As many as there are places.
    first.close()  # Once more does no harm.
    assert not second.is_gone()
    for watched in (second, other):
        watched.close()


def test_a_run_that_nobody_watches_any_more_ends(page: CodePage) -> None:
    answer = page.client.post(f"{page.path}/doppelt/run", data={"code": "print('begun', flush=True)\nwhile True: pass"}, buffered=False)
    pieces = answer.iter_encoded()
    while b"begun" not in next(pieces):    # On a busy machine signs of life come first.
        pass
    answer.close()
    for thread in threading.enumerate():
        if thread.name == "trial":
            thread.join(timeout=30)
            assert not thread.is_alive()
    assert page.run("print('again')")[0] == "again\n"


def test_where_many_run_already_the_page_is_told_to_ask_again(page: CodePage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "places", threading.BoundedSemaphore(1))
    monkeypatch.setattr(code_live, "PATIENCE", 0.01)
    watching.places.acquire()
    answer = page.client.post(f"{page.path}/doppelt/run", data={"code": RIGHT})
    assert (answer.status_code, list(answer.get_json())) == (202, ["wait"])
    plain = page.client.post(f"{page.path}/doppelt/code", data={"attempt": "1", "code": "typed = 1", "do": "run"})
    assert plain.status_code == 503
    assert "typed = 1" in plain.text
    watching.places.release()
    assert page.run("print(1)")[0] == "1\n"


@pytest.fixture
def asking(page: CodePage, faults: FaultServer, tmp_path: Path) -> CodePage:
    announce(faults, tmp_path)
    return page


ASKS = "import ai\nprint(ai.chat('hallo', max_tokens=7))"


def test_a_program_asks_the_model_on_its_learner_s_account(asking: CodePage, faults: FaultServer) -> None:
    printed, _ = asking.run(ASKS)
    assert printed == f"{''.join(WORDS)}\n"
    assert faults.requests[0]["max_tokens"] == 7
    with asking.app.app_context(), db.scoped(asking.enrolment.organisation_id):
        assert [(usage.person_id, usage.purpose) for usage in db.session.scalars(select(Usage))] == [(asking.enrolment.person_id, "code")]
        assert db.session.scalars(select(Waiting).where(Waiting.ended_at.is_(None))).all() == []


def test_programs_that_ask_wait_for_their_turn_and_others_do_not(asking: CodePage, faults: FaultServer) -> None:
    with asking.app.app_context(), db.scoped(asking.enrolment.organisation_id):
        model = gateway.model(asking.enrolment.run_id)
        assert model
        others = [f"trial {1000 + number}" for number in range(line.at_once(model.server))]
        for number, cause in enumerate(others):
            assert line.enter(model, 1000 + number, cause).turn
    waiting = asking.client.post(f"{asking.path}/doppelt/run", data={"code": ASKS})
    assert waiting.status_code == 202
    assert "You are number 1." in waiting.get_json()["wait"]
    assert asking.run("print(1)")[0] == "1\n"
    assert faults.requests == []
    with asking.app.app_context(), db.scoped(asking.enrolment.organisation_id):
        line.leave(model, others[0])
    assert asking.run(ASKS)[0] == f"{''.join(WORDS)}\n"


def test_inputs_are_drawn_and_compared_with_what_the_solution_gives(app: Flask, tmp_path: Path) -> None:
    files = {
        **FILES, "01-eins/module.de.md": FILES["01-eins/module.de.md"] + DRAWN.encode(), "01-eins/module.en.md": FILES["01-eins/module.en.md"] + DRAWN.encode(),
    }
    page = open_page(app, files=files)

    def hand_in(code: str, attempt: int) -> str:
        live = live_of(page.client.post(f"{page.path}/summe/code", data={"attempt": str(attempt), "code": code}, headers=HTMX))
        page.client.get(f"{live}/stream").get_data()
        return str(page.client.get(f"{live}/question").text)

    wrong = hand_in("def f(x): return max(x)\nprint(1)", 1)
    assert "0 of 1 point" in wrong
    assert "Expected was" in wrong
    assert "1 of 1 point" in hand_in("def f(x): return sum(x)", 2)
    [first, second] = re.findall(r"f\(\[[0-9, ]+\]\)", wrong), page.attempts()
    assert (len(first), len(second)) == (1, 2)

    folder = written(tmp_path, files)
    told = app.test_cli_runner().invoke(args=["solutions", str(folder)])
    assert told.exit_code == 0, told.output
    assert "01-eins/module.de.md" in told.output
    (folder / "01-eins/module.de.md").write_bytes(files["01-eins/module.de.md"].replace(b"return 2 * x", b"return 3 * x"))
    told = app.test_cli_runner().invoke(args=["solutions", str(folder)])
    assert told.exit_code == 1
    assert "“visible”: Expected was 4, but 6 came back." in told.output


def test_where_there_is_no_sandbox_the_page_says_so_before_anything_is_written(page: CodePage, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "Python cannot be run here just now."
    assert said not in page.client.get(page.path).text
    monkeypatch.setattr("assessments.code.can_run", lambda: False)
    assert said in page.client.get(page.path).text


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
