"""When a question comes again: pure rules, at a fixed clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from assessments.repetition import LONGEST, RATINGS, Memory, Rating, after, days_until, first, proposed

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(("state", "rating"), [("right", Rating.Good), ("partly", Rating.Hard), ("wrong", Rating.Again)])
def test_the_result_proposes_the_rating(state: str, rating: Rating) -> None:
    assert proposed(state) == rating


def test_what_was_missed_in_the_course_comes_the_next_day() -> None:
    assert [days_until(first(rating, NOON), NOON) for rating in RATINGS] == [1, 1, 2, 8]
    assert first(Rating.Good, NOON.astimezone(ZoneInfo("Europe/Berlin"))) == first(Rating.Good, NOON)


def test_the_better_it_was_known_the_longer_it_takes_and_what_is_forgotten_comes_tomorrow() -> None:
    memory, days = first(Rating.Again, NOON), []
    for _ in range(6):
        later = [after(memory, rating, memory.due) for rating in RATINGS]
        assert [each.due for each in later] == sorted(each.due for each in later)
        memory = later[2]
        assert memory.seen is not None
        days.append(days_until(memory, memory.seen))
    assert days == sorted(days)
    assert days[-1] > 3 * days[0]
    lapsed = after(memory, Rating.Again, memory.due)
    assert days_until(lapsed, memory.due) == 1
    back = after(lapsed, Rating.Good, lapsed.due)
    assert 1 < days_until(back, lapsed.due) < days[-1] / 4  # Not as new, but far from what it was.


def test_there_is_no_chance_in_it_and_no_question_is_away_for_more_than_a_year() -> None:
    memory = Memory(NOON)
    for _ in range(20):
        again = after(memory, Rating.Easy, memory.due)
        assert again == after(memory, Rating.Easy, memory.due)
        assert again.due - memory.due <= timedelta(days=LONGEST)
        memory = again
    assert days_until(memory, memory.due - timedelta(days=LONGEST)) == LONGEST
