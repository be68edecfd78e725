"""The line before a server of models: first come, first served, by turns, and nobody is forgotten."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from core import db
from core.signals import called
from gateway import queueing
from gateway.client import Endpoint
from gateway.faults import GatewayError
from gateway.models import Waiting
from gateway.service import Model, line

SMALL = Model(Endpoint("http://127.0.0.1:1/v1", "key"), "small")      # Two places.


def come(*causes: str, person: int | None = None) -> list[bool]:
    """Everybody enters once, each a person of their own unless told otherwise; who is at turn."""
    return [line.enter(SMALL, person or int(cause.split()[1]), cause).turn for cause in causes]


def test_as_many_have_a_turn_as_the_server_has_places_and_the_others_wait_in_order(app: Flask) -> None:
    with app.app_context():
        assert come("try 1", "try 2", "try 3", "try 4") == [True, True, False, False]
        assert [line.enter(SMALL, number, f"try {number}").position for number in (3, 4)] == [0, 1]


def test_asking_again_keeps_the_turn_and_takes_no_second_one(app: Flask) -> None:
    with app.app_context():
        assert come("try 1", "try 1", "try 2", "try 1") == [True] * 4
        assert db.session.scalar(select(func.count()).select_from(Waiting)) == 2


def test_who_leaves_makes_room_for_the_one_who_came_first_and_calls_them(app: Flask) -> None:
    heard: list[tuple[str, ...]] = []

    def hear(sender: str, *, causes: tuple[str, ...]) -> None:
        heard.append(causes)

    with app.app_context(), called.connected_to(hear):
        come("try 1", "try 2", "try 3", "try 4")
        line.leave(SMALL, "try 1")
        line.leave(SMALL, "try 1")
        assert heard == [("try 3",)]
        place = line.look("try 3")
        assert place
        assert place.called
        assert come("try 4", "try 3") == [False, True]


def next_after(done: str) -> list[str]:
    """Who begins when somebody has left and all who wait ask again."""
    line.leave(SMALL, done)
    waiting = db.session.scalars(select(Waiting).where(Waiting.began_at.is_(None), Waiting.ended_at.is_(None)).order_by(Waiting.id)).all()
    return [row.cause for row in waiting if line.enter(SMALL, row.person, row.cause).turn]


def test_one_person_never_has_two_turns_and_who_waits_for_much_starves_nobody(app: Flask) -> None:
    with app.app_context():
        assert come("much 1", "much 2", "much 3", person=1) == [True, False, False]
        assert come("try 2", "try 3", "try 4") == [True, False, False]
        # "try 2" takes long; the other place goes round.
        assert [next_after(done) for done in ("much 1", "try 3", "try 4", "much 2")] == [["try 3"], ["try 4"], ["much 2"], ["much 3"]]


def test_a_place_that_nobody_renews_and_a_turn_of_a_dead_process_are_given_up(app: Flask) -> None:
    with app.app_context():
        come("try 1", "try 2", "try 3", "try 4")
        with db.transaction() as tx:
            tx.execute(update(Waiting).where(Waiting.cause.in_(["try 1", "try 3"])).values(until=db.now() - timedelta(seconds=1)))
        assert come("try 4") == [True]


def test_whoever_takes_up_the_work_of_a_dead_process_has_its_turn_at_once(app: Flask) -> None:
    with app.app_context():
        come("try 1", "try 2", "try 3")
        with db.transaction() as tx:
            tx.execute(update(Waiting).where(Waiting.cause == "try 1").values(until=db.now() - timedelta(seconds=1)))
        assert come("try 1") == [True]
        assert come("try 3") == [False]


def test_whoever_comes_too_late_for_the_turn_of_a_dead_process_is_next_and_not_last(app: Flask) -> None:
    with app.app_context():
        came = db.now()
        come("try 1", "try 2", "try 3", "try 4")
        with db.transaction() as tx:
            tx.execute(update(Waiting).where(Waiting.cause == "try 1").values(until=db.now() - timedelta(seconds=1)))
        assert come("try 3") == [True]
        assert line.enter(SMALL, 1, "try 1", came=came).position == 0
        assert next_after("try 2") == ["try 1"]


def test_who_sends_many_tries_before_everybody_else_delays_each_of_them_by_one_turn_at_most(app: Flask) -> None:
    with app.app_context():
        come(*(f"much {number}" for number in range(1, 21)), person=1)
        come(*(f"try {number}" for number in range(2, 7)))
        assert [line.enter(SMALL, number, f"try {number}").position for number in range(3, 7)] == [0, 1, 2, 3]
        assert line.enter(SMALL, 1, "much 2").position == 4
        done = ["much 1", "try 2", "try 3", "try 4", "try 5"]
        assert [next_after(cause) for cause in done] == [["try 3"], ["try 4"], ["try 5"], ["try 6"], ["much 2"]]


def test_servers_have_lines_of_their_own(app: Flask) -> None:
    with app.app_context():
        come("try 1", "try 2")
        other = Model(SMALL.endpoint, "large", server="gateway 1")
        assert line.enter(other, 3, "try 3").turn


def test_withdrawing_gives_up_the_place(app: Flask) -> None:
    with app.app_context():
        come("try 1", "try 2", "try 3", "try 4")
        line.withdraw("try 3")
        assert line.look("try 3") is None
        assert line.enter(SMALL, 4, "try 4").position == 0


def test_the_expected_wait_comes_from_the_turns_before(app: Flask) -> None:
    with app.app_context():
        for number in range(1, 4):
            come(f"try {number}")
            with db.transaction() as tx:
                tx.execute(update(Waiting).where(Waiting.cause == f"try {number}").values(began_at=db.now() - timedelta(seconds=20)))
            line.leave(SMALL, f"try {number}")
        come("try 4", "try 5", "try 6", "try 7", "try 8")
        assert line.enter(SMALL, 6, "try 6").wait == pytest.approx(20, abs=3)
        assert line.enter(SMALL, 8, "try 8").wait == pytest.approx(40, abs=3)


def test_many_who_come_in_the_same_moment_never_get_more_turns_than_there_are_places(app: Flask) -> None:
    barrier = threading.Barrier(8, timeout=60)
    turns: list[int] = []

    def come_alone(number: int) -> None:
        with app.app_context():
            barrier.wait()
            if line.enter(SMALL, number, f"try {number}").turn:
                turns.append(number)

    threads = [threading.Thread(target=come_alone, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(turns) == 2


def test_a_program_waits_inside_for_a_bounded_time_and_is_told(app: Flask) -> None:
    with app.app_context():
        come("try 1", "try 2")
        with pytest.raises(GatewayError, match="busy"), line.turn(SMALL, 3, "trial", patience=0):
            pass
        line.leave(SMALL, "try 1")
        with line.turn(SMALL, 3, "trial"):
            assert line.look("trial") is None      # Each has a cause of its own.


def test_a_turn_is_renewed_while_the_model_is_at_work(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "TURN", timedelta(seconds=0.06))
    renewed = threading.Event()
    transaction = db.transaction
    with app.app_context():
        come("try 1")
        first = db.session.scalars(select(Waiting.until)).one()

        def watched():  # type: ignore[no-untyped-def]
            renewed.set()
            return transaction()

        monkeypatch.setattr(db, "transaction", watched)
        with line.kept(SMALL, "try 1"):
            assert renewed.wait(20)
        db.session.rollback()
        assert db.session.scalars(select(Waiting.until)).one() > first


def test_old_turns_are_forgotten(app: Flask) -> None:
    with app.app_context():
        come("try 1", "try 2")
        line.leave(SMALL, "try 1")
        with db.transaction() as tx:
            tx.execute(update(Waiting).where(Waiting.cause == "try 1").values(ended_at=db.now() - timedelta(hours=2)))
        line.forget_old()
        assert db.session.scalars(select(Waiting.cause)).all() == ["try 2"]


@pytest.mark.parametrize(("position", "elapsed", "seconds"), [(0, (), 0), (0, (4, 1), 6), (1, (4, 1), 9), (2, (4, 1), 16), (0, (30, 30), 1)])
def test_the_wait_is_told_by_those_who_go_before(position: int, elapsed: tuple[float, ...], seconds: float) -> None:
    assert queueing.wait(position, elapsed, 10.0, 2) == seconds
