"""kill -9 while the outbox drains: every score arrives, none twice in the gradebook, one column."""

import signal
from collections.abc import Iterator
from os import kill as kill_one
from pathlib import Path

import pytest
from sqlalchemy import select, update

from assessments import service as assessments
from assessments.kinds.item import key_of
from core import db
from core.jobs import WorkState
from courses.models import Enrolment
from lti.grades import LINE_ITEMS, SCORES
from lti.models import ResourceLink, ScorePush
from lti.service import gradebook
from tests.house.campus import Campus, campus
from tests.house.running import Programs, await_that, children, kill
from tests.house.test_kill import QUICK
from tests.ports import free_port

LEARNERS = 120


@pytest.fixture
def full(database_url: str, tmp_path: Path) -> Iterator[Campus]:
    """A campus whose learners have all answered, and whose scores wait for the release. The column is still to be made."""
    with campus(database_url, tmp_path, free_port(), outgoing_hosts="127.0.0.1") as house:
        house.add_learners(LEARNERS)
        link = db.session.scalars(select(ResourceLink.id)).one()
        with db.transaction() as tx:
            tx.execute(update(ResourceLink).values(lineitem=None, lineitems=f"{house.lms.url}/lineitems", scopes=[SCORES, LINE_ITEMS]))
        gradebook.set_policy(link, "best", "release", None)
        for learner in house.learners:
            part = db.session.get_one(Enrolment, learner.enrolment_id)
            assessments.submit(part, "eins", "frage-2", "de", 1, {"answer": [key_of("frage-2", "Ja")]})
        gradebook.release(link)
        db.session.commit()
        yield house


def test_after_kills_amid_the_draining_every_score_is_there_once(full: Campus, database_url: str, tmp_path: Path) -> None:
    with Programs(tmp_path, database_url=database_url, data_dir=str(tmp_path), **QUICK) as programs:
        server = programs.serve(full.port)
        await_that(lambda: len(full.lms.grades) >= 10, "the first scores are there")
        kill_one(children(server)[0], signal.SIGKILL)  # The server starts another worker by itself.
        await_that(lambda: len(full.lms.grades) >= 40, "some more are there")
        kill(server)
        full.let_leases_run_out(ScorePush)
        programs.serve(full.port)
        full.let_leases_run_out(ScorePush)
        await_that(lambda: full.waiting_scores() == 0, "every score is sent")
    assert {user: scores[-1] for user, scores in full.lms.grades.items()} == {learner.user_id: (1, 15) for learner in full.learners}
    assert len(full.lms.line_items) == 1
    assert {asked.path for asked in full.lms.asked if asked.path.endswith("/scores")} == {"/lineitems/10/scores"}
    assert db.session.scalars(select(ScorePush.state).distinct()).all() == [WorkState.DONE]
