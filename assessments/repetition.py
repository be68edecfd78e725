"""When a question comes again: the rules of FSRS (docs/decisions/0036), in whole days.

Pure: what is remembered of a question and a rating in, what is remembered then out. The clock is the caller's.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fsrs import Card, Scheduler, State
from fsrs import Rating as Rating  # Again, hard, good and easy, from 1 to 4.

MOST_A_DAY = 30                        # so that nobody is buried
LONGEST = 365                          # days
RATINGS = tuple(Rating)
_ANY_CARD = 1                          # without a number of its own the library's card would wait a millisecond for one
# No steps within a day: with the explanation just read, another look would say nothing about tomorrow. No chance either.
_SCHEDULER = Scheduler(learning_steps=(), relearning_steps=(), maximum_interval=LONGEST, enable_fuzzing=False)
_PROPOSED = {"right": Rating.Good, "partly": Rating.Hard, "wrong": Rating.Again}


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of how well somebody remembers a question; nothing but `due` before the first rating."""

    due: datetime
    seen: datetime | None = None
    stability: float | None = None     # days until nine of ten would still know it
    difficulty: float | None = None    # 1 to 10


def proposed(state: str) -> Rating:
    """The rating that a result speaks for: `state` is that of a verdict."""
    return _PROPOSED[state]


def after(memory: Memory, rating: Rating, at: datetime) -> Memory:
    """What is remembered once the question was answered at this moment, with this rating."""
    at = at.astimezone(UTC)  # The library asks for this very zone; drivers of databases have their own that is as good.
    card = Card(
        card_id=_ANY_CARD, state=State.Learning if memory.stability is None else State.Review, due=memory.due,
        last_review=memory.seen, stability=memory.stability, difficulty=memory.difficulty,
    )
    done, _log = _SCHEDULER.review_card(card, rating, at)
    # What was long known and is forgotten would come after some days: "again" means tomorrow. How it goes on from there stays FSRS's.
    due = at + timedelta(days=1) if rating == Rating.Again else done.due
    return Memory(due, at, done.stability, done.difficulty)


def first(rating: Rating, at: datetime) -> Memory:
    """What is remembered of a question that was answered in its course, for the first time as far as repetition knows."""
    return after(Memory(at), rating, at)


def days_until(memory: Memory, at: datetime) -> int:
    """In how many days the question comes again, seen from a moment."""
    return max(0, round((memory.due - at).total_seconds() / 86_400))
