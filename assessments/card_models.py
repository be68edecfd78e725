"""Cards: the questions that somebody repeats, and how well they remember them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core import db
from core.db import Base, Tenanted


class Card(Tenanted, Base):
    """A question that a person repeats. It follows the question by course and id, through editions and runs.

    `turn` counts the repetitions from 1, so that exactly one of two equal posts counts. `answer` is what was answered in this turn
    and not rated yet, with the edition and language of the text; it goes with the rating.
    """

    __tablename__ = "repetition_card"
    __table_args__ = (UniqueConstraint("person_id", "course_id", "item"), Index(None, "person_id", "due_at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    item: Mapped[str]                                      # the block's {#id}, unique in the course
    key: Mapped[str]                                       # fingerprint of the right answer that the memory is of
    origin: Mapped[str]                                    # missed, chosen (by the learner) or pool (another question of it)
    added_at: Mapped[datetime] = mapped_column(default=db.now)
    due_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]                       # answered last, in the course or here
    stability: Mapped[float | None]
    difficulty: Mapped[float | None]
    turn: Mapped[int] = mapped_column(default=1)
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    answered_at: Mapped[datetime | None]                   # the last answer here, rated or not
    rests_at: Mapped[datetime | None]                      # since when the learner lets it rest
