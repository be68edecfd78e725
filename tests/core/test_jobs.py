"""Work survives lost messages, killed workers and slow ones, and counts once."""

import threading
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts import service as accounts
from core import db, jobs
from core.jobs import WorkState
from tests.core.errand import Errand, run_errand
from tests.house.running import await_that


@pytest.fixture
def errand(app: Flask) -> int:
    """A due piece of work."""
    with app.app_context():
        Errand.__table__.create(app.extensions["engine"], checkfirst=True)  # type: ignore[attr-defined]
        organisation = accounts.add_organisation("a", "A")
        with db.scoped(organisation.id), db.transaction() as tx:
            tx.query(Errand).delete()
            row = Errand()
            tx.add(row)
        return row.id


def test_only_one_of_two_workers_gets_a_row(app: Flask, errand: int) -> None:
    with app.app_context():
        assert jobs.claim(Errand, errand) is not None
    with app.app_context():
        assert jobs.claim(Errand, errand) is None


def test_a_row_whose_worker_was_killed_is_found_by_the_sweep_and_done_once(
    app: Flask, errand: int, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "_swept", {})
    jobs.swept(Errand, run_errand)
    with app.app_context():
        jobs.claim(Errand, errand, lease=timedelta(seconds=-1))
    with app.app_context():
        assert jobs.sweep() == 1
        assert jobs.sweep() == 0
        with db.unscoped():
            row = db.session.scalars(select(Errand)).one()
        assert (row.state, row.done, row.tries) == (WorkState.DONE, 1, 2)


def test_a_slow_worker_that_lost_its_lease_writes_nothing(app: Flask, errand: int) -> None:
    with app.app_context():
        slow = jobs.claim(Errand, errand, lease=timedelta(seconds=-1))
        assert slow is not None
        token = slow.lease
    with app.app_context():
        assert jobs.claim(Errand, errand) is not None
    with app.app_context():
        with db.unscoped():
            row = db.session.scalars(select(Errand)).one()
        db.session.expunge(row)
        row.lease = token
        db.act_for(row.organisation_id)
        with pytest.raises(jobs.LostLeaseError), db.transaction():
            jobs.finish(row)


def test_a_row_that_is_held_stays_with_its_worker_however_long_the_work_takes(app: Flask, errand: int) -> None:
    with app.app_context():
        row = jobs.claim(Errand, errand, lease=timedelta(seconds=-1))
        begun = _lease_until(errand)
        with jobs.held(row, timedelta(seconds=0.05)):
            await_that(lambda: _lease_until(errand) > begun, "the lease is renewed")
            renewed = _lease_until(errand)
            await_that(lambda: _lease_until(errand) > renewed, "and once more")
        assert "lease" not in {thread.name for thread in threading.enumerate()}


def test_a_row_that_somebody_else_has_taken_over_is_not_held_any_longer(app: Flask, errand: int) -> None:
    with app.app_context():
        slow = jobs.claim(Errand, errand, lease=timedelta(seconds=-1))
        with app.app_context():
            assert jobs.claim(Errand, errand, lease=timedelta(hours=1)) is not None
        until = _lease_until(errand)
        with jobs.held(slow, timedelta(seconds=0.03)):
            await_that(lambda: "lease" not in {thread.name for thread in threading.enumerate()}, "the thread gives up")
        assert _lease_until(errand) == until


def _lease_until(errand: int) -> datetime:
    db.session.commit()
    with db.unscoped():
        until = db.session.scalars(select(Errand.lease_until).where(Errand.id == errand)).one()
    assert until is not None
    return until


def test_a_message_is_sent_only_when_the_transaction_is_durable(app: Flask, errand: int) -> None:
    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            _hint_and_fail(errand)
        with db.unscoped():
            assert db.session.scalars(select(Errand.state)).one() is WorkState.DUE


def test_waiting_times_grow_and_end_at_an_hour() -> None:
    waits = [jobs.backoff(tries).total_seconds() for tries in (1, 2, 3, 30)]
    assert 5 <= waits[0] <= 6
    assert waits[0] < waits[1] < waits[2] < waits[3] <= 4320


def _hint_and_fail(errand: int) -> None:
    with db.unscoped(), db.transaction():
        jobs.hint(run_errand, errand)
        raise ZeroDivisionError


def test_of_a_batch_each_row_is_taken_once_and_settled_while_it_is_held(app: Flask, errand: int) -> None:
    with app.app_context():
        with db.unscoped():
            organisation = db.session.scalars(select(Errand.organisation_id)).one()
        with db.scoped(organisation):
            with db.transaction() as tx:
                tx.add_all([Errand(), Errand(due_at=db.now() + timedelta(hours=1))])
            everything = list(db.session.scalars(select(Errand.id).order_by(Errand.id)))
            with db.transaction():
                token, taken = jobs.claim_all(Errand, everything)
                assert taken == everything[:2]
                assert jobs.claim_all(Errand, everything)[1] == []
                assert jobs.claim_all(Errand, [])[1] == []
            with db.transaction():
                assert jobs.settle_all(Errand, "another", taken, WorkState.FAILED, error="x") == set()
                assert jobs.settle_all(Errand, token, taken[:1], WorkState.DONE) == set(taken[:1])
                assert jobs.settle_all(Errand, token, taken, WorkState.DUE, error="later", due_at=db.now()) == set(taken[1:])
                assert jobs.settle_all(Errand, token, [], WorkState.DONE) == set()
            states = db.session.execute(select(Errand.state, Errand.error, Errand.lease, Errand.tries).order_by(Errand.id)).all()
            assert [tuple(state) for state in states] == [
                (WorkState.DONE, None, None, 1), (WorkState.DUE, "later", None, 1), (WorkState.DUE, None, None, 0),
            ]


def test_the_sweep_sends_one_message_where_one_does_for_many(app: Flask, errand: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_swept", {})
    jobs.swept(Errand, run_errand, lambda claimable: select(func.min(Errand.id)).where(claimable).group_by(Errand.organisation_id))
    with app.app_context():
        with db.unscoped():
            organisation = db.session.scalars(select(Errand.organisation_id)).one()
        with db.scoped(organisation), db.transaction() as tx:
            tx.add_all([Errand(), Errand()])
        assert jobs.sweep() == 1
