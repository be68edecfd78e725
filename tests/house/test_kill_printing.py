"""kill -9 amid awarding, printing and sealing: every certificate is there once, sealed, with a place of its own in every list."""

import hashlib
from pathlib import Path

from sqlalchemy import select, update

from app import create_app
from certificates.models import Certificate
from certificates.sealing.check import State, check
from core import db, jobs
from core.jobs import WorkState
from tests import builders
from tests.certificates.earning import FILES
from tests.certificates.test_sealed_awards import with_seal
from tests.conftest import SECRET, forget_kept, settings_for
from tests.house.printer import STAGES
from tests.house.running import Programs, kill

PEOPLE = 6


def test_workers_killed_at_every_stage_of_a_class_leave_each_certificate_once_and_sealed(database_url: str, tmp_path: Path) -> None:
    """Four processes award the same class at the same moment. Three are killed: before printing, before sealing, before storing."""
    data = tmp_path / "data"
    data.mkdir()
    with_seal(data)
    app = create_app(settings_for(database_url, data), testing=True, eager_jobs=True)
    forget_kept()
    given = {"database_url": database_url, "data_dir": str(data), "secret_key": SECRET, "model": "none"}
    try:
        with app.app_context(), Programs(tmp_path, **given) as programs:
            builders.organisation()
            run_id = {builders.enrolment(builders.person(f"Learner {number}"), FILES).run_id for number in range(PEOPLE)}.pop()
            db.session.commit()
            known = {path.name for path in data.iterdir()}
            workers = programs.start("tests.house.printer", str(run_id), str(tmp_path))
            assert workers.wait(90) == 0, programs.said
            kill(workers)
            assert _states() == [WorkState.RUNNING] * len(STAGES) + [WorkState.DONE] * (PEOPLE - len(STAGES))

            with db.transaction() as tx:  # Three minutes later, as the rows see it.
                tx.execute(update(Certificate).where(Certificate.state == WorkState.RUNNING).values(lease_until=db.now()))
            assert jobs.sweep() == len(STAGES)
            assert _states() == [WorkState.DONE] * PEOPLE
            assert jobs.sweep() == 0
            _everything_is_there_once()
            assert {path.name for path in data.iterdir()} == known
            assert "Traceback" not in programs.said
    finally:
        db.session.remove()
        app.extensions["engine"].dispose()


def _states() -> list[WorkState]:
    db.session.rollback()
    with db.unscoped():
        return list(db.session.scalars(select(Certificate.state).order_by(Certificate.id)))


def _everything_is_there_once() -> None:
    with db.unscoped():
        rows = db.session.execute(select(
            Certificate.enrolment_id, Certificate.serial, Certificate.status_index, Certificate.code, Certificate.badge, Certificate.pdf, Certificate.sha256,
        )).all()
    for values in list(zip(*rows, strict=True))[:6]:
        assert len(set(values)) == PEOPLE
        assert None not in values
    assert sorted(row.serial for row in rows) == list(range(1, PEOPLE + 1))
    for row in rows:
        assert hashlib.sha256(row.pdf).hexdigest() == row.sha256
        assert check(row.pdf).state == State.INTACT
        assert row.code in row.badge
