"""kill -9 amid a regrade: each answer is graded again once, and every changed score goes out."""

import signal
from pathlib import Path

from sqlalchemy import func, select, update

from assessments import regrading
from assessments import service as assessments
from assessments.kinds.item import key_of
from assessments.models import Grade, How, Regrade, Regraded
from assessments.regrading import Place, Wish
from assessments.scopes import Scope
from core import db
from core.jobs import WorkState
from courses.models import Edition, Enrolment
from lti.models import ScorePush
from tests import builders
from tests.conftest import SECRET
from tests.house.campus import campus, course
from tests.house.running import Programs, kill
from tests.ports import free_port

LEARNERS = 8


def test_a_worker_killed_twice_amid_a_regrade_leaves_each_answer_graded_again_once(database_url: str, tmp_path: Path) -> None:
    given = {"database_url": database_url, "data_dir": str(tmp_path), "secret_key": SECRET, "model": "none", "outgoing_hosts": "127.0.0.1"}
    with campus(database_url, tmp_path, free_port(), outgoing_hosts="127.0.0.1") as house, Programs(tmp_path, **given) as programs:
        house.add_learners(LEARNERS)
        parts = [db.session.get_one(Enrolment, learner.enrolment_id) for learner in house.learners]
        for part in parts:
            assessments.submit(part, "eins", "frage-1", "de", 1, {"answer": [key_of("frage-1", "Nein")]})
        first = db.session.scalars(select(Edition)).one()
        corrected = {path: text.replace(b"Frage 1?\n( ) Nein\n(x) Ja", b"Frage 1?\n(x) Nein\n( ) Ja") for path, text in course().items()}
        second = builders.edition(corrected)
        scope = Scope(first.course_id, "kurs", house.run_id, first.id)
        regrade = regrading.ask(scope, Place(first.id, "eins", "frage-1"), Wish(How.KEY, second.id, may_lower=False), "Irrtum.", parts[0].person_id, 0)
        for at in (2, 4):              # In the midst of the first three, and of the next three.
            worker = programs.start("tests.house.regrader", str(regrade.id), str(at))
            assert worker.wait(60) == -signal.SIGKILL, programs.said
            kill(worker)
            house.let_leases_run_out(Regrade)
        for _ in ("to the end", "the second look"):
            with db.transaction() as tx:
                tx.execute(update(Regrade).values(due_at=db.now()))
            worker = programs.start("tests.house.regrader", str(regrade.id), "0")
            assert worker.wait(60) == 0, programs.said
        db.session.rollback()
        assert db.session.scalars(select(Regrade.state)).one() == WorkState.DONE
        assert db.session.scalar(select(func.count(Regraded.id))) == LEARNERS
        assert sorted(db.session.scalars(select(Grade.score))) == [0] * LEARNERS + [1] * LEARNERS
        assert {assessments.score_of(part).score for part in parts} == {1}
        assert db.session.scalar(select(func.count(ScorePush.id.distinct()))) == LEARNERS  # Each waits still, and says the score as it stands when it leaves.
        assert "Traceback" not in programs.said
