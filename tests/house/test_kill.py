"""kill -9 loses nothing and doubles nothing."""

import os
import signal
import threading
from contextlib import ExitStack, suppress
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from assessments import prompts
from assessments.models import Attempt, Grade
from core import db
from core.jobs import WorkState
from gateway.models import Pot
from lti.models import ScorePush
from tests import builders
from tests.assessments.prompt_page import FILES, announce
from tests.conftest import SECRET
from tests.gateway.faults import FaultServer, Reply
from tests.house.campus import QUESTIONS, Campus, Classroom, campus
from tests.house.running import Programs, await_that, children, kill
from tests.lti.lms import Answer
from tests.ports import free_port

LEARNERS = 40
QUICK = {"secret_key": SECRET, "model": "none", "sweep_seconds": "1", "outgoing_hosts": "127.0.0.1"}


def test_after_three_kills_amid_600_answers_each_is_graded_once_and_every_score_is_sent(database_url: str, tmp_path: Path) -> None:
    port = free_port()
    with campus(database_url, tmp_path, port) as house, Programs(tmp_path, database_url=database_url, data_dir=str(tmp_path), **QUICK) as programs:
        house.add_learners(LEARNERS)
        server = programs.serve(port)
        room = Classroom(house, clients=8)
        room.begin()

        await_that(lambda: room.took(120), "a fifth of the answers")
        room.up.clear()
        kill(server)
        assert len(room.accepted) < LEARNERS * QUESTIONS
        house.let_leases_run_out(ScorePush)
        server = programs.serve(port)
        room.up.set()

        await_that(lambda: room.took(260), "two fifths")
        os.kill(children(server)[0], signal.SIGKILL)  # The server starts another worker by itself.

        await_that(lambda: room.took(420), "more than two thirds")
        room.up.clear()
        kill(server)
        assert len(room.accepted) < LEARNERS * QUESTIONS
        house.let_leases_run_out(ScorePush)
        programs.serve(port)
        room.up.set()

        room.finish(60)
        assert room.refused == []
        _each_answer_is_graded_once(room)
        await_that(lambda: house.waiting_scores() == 0, "every score is sent", 60)
        _the_platform_heard_everything_in_order(house)


def _each_answer_is_graded_once(room: Classroom) -> None:
    db.session.rollback()
    rows = db.session.execute(
        select(Attempt.enrolment_id, Attempt.item, Attempt.state, func.count(Grade.id)).outerjoin(Grade, Grade.attempt_id == Attempt.id)
        .group_by(Attempt.id, Attempt.enrolment_id, Attempt.item, Attempt.state)
    ).all()
    assert len(rows) == LEARNERS * QUESTIONS
    assert {(row[0], int(row[1].removeprefix("frage-"))) for row in rows} == room.accepted
    assert {(row[2], row[3]) for row in rows} == {(WorkState.DONE, 1)}


def _the_platform_heard_everything_in_order(house: Campus) -> None:
    assert set(house.lms.grades) == {learner.user_id for learner in house.learners}
    for heard in house.lms.grades.values():
        assert heard[-1] == (QUESTIONS - 1, QUESTIONS)
        assert heard == sorted(heard)
    assert db.session.scalars(select(ScorePush.state).distinct()).all() == [WorkState.DONE]


def test_prompts_that_were_waiting_or_at_work_at_a_kill_get_their_answer_afterwards(database_url: str, tmp_path: Path) -> None:
    """One try is due and its message is lost; the other hangs in the model's first answer when the process is killed."""
    hang = threading.Event()
    with (
        FaultServer() as model, campus(database_url, tmp_path, free_port()) as house,
        Programs(tmp_path, database_url=database_url, data_dir=str(tmp_path), **QUICK) as programs,
    ):
        announce(model, tmp_path)
        model.replies = [Reply(hang=hang), Reply()]
        first, second = (builders.enrolment(builders.person(name), FILES) for name in ("Ada", "Grace"))
        form = {"attempt": ["1"], "prompt": ["Answer from the source."]}
        prompts.submit(first, "eins", "quelle", "en", 1, form=form, live=False)
        server = programs.serve(house.port)
        await_that(lambda: model.requests, "the model is asked")
        prompts.submit(second, "eins", "quelle", "en", 1, form=form, live=True)
        kill(server)
        hang.set()
        assert house.let_leases_run_out(Attempt) >= 1

        programs.serve(house.port)
        await_that(lambda: _states() == {(WorkState.DONE, 1, 1)}, "both are graded")
        assert db.session.scalars(select(Pot.tokens).where(Pot.account == "organisation")).all() == [50]  # Nothing is left of what the killed one had reserved.


def _states() -> set[tuple[WorkState, int, int]]:
    """State, number of grades and number of answers of each attempt."""
    db.session.rollback()
    rows = db.session.scalars(select(Attempt).options(selectinload(Attempt.grades), selectinload(Attempt.completions)))
    return {(row.state, len(row.grades), len(row.completions)) for row in rows}


def test_told_to_end_a_server_finishes_what_it_is_at_and_says_nothing(database_url: str, tmp_path: Path) -> None:
    gate = threading.Event()
    with campus(database_url, tmp_path, free_port()) as house, Programs(tmp_path, database_url=database_url, data_dir=str(tmp_path), **QUICK) as programs:
        house.add_learners(1)
        server = programs.serve(house.port)
        house.lms.answers["scores"].append(Answer(200, gate=gate))
        assert house.answer(house.learners[0], 2, "Ja") == 200
        await_that(house.lms.score_arrived.is_set, "the platform hears of it")
        server.terminate()
        gate.set()
        server.wait(20)
        assert house.waiting_scores() == 0
        assert programs.said == ""


def test_a_server_that_is_told_to_end_while_it_comes_up_ends(tmp_path: Path) -> None:
    """A pipe in place of the secret key holds it where every start passes. A deaf process would be killed, and that be said."""
    pipe = tmp_path / "secret_key"
    os.mkfifo(pipe)
    with Programs(tmp_path, data_dir=str(tmp_path), model="none") as programs, ExitStack() as held:
        server = programs.begin_to_serve(free_port())
        await_that(lambda: _hold(pipe, held), "a worker asks for the key")
        server.terminate()
        assert server.wait(20) == 0
        assert programs.said == ""


def _hold(pipe: Path, held: ExitStack) -> bool:
    """Let whoever reads the pipe wait for the end of it; False while nobody does."""
    with suppress(OSError):
        held.callback(os.close, os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        return True
    return False
