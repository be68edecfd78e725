"""A piece of work for tests: a table of its own, made where a test needs it."""

from sqlalchemy.orm import Mapped, mapped_column

from core import db, jobs
from core.db import Tenanted


class Errand(jobs.Work, Tenanted, db.Base):
    """Counts how often it was done."""

    __tablename__ = "errand"
    __table_args__ = jobs.Work.indexes()
    id: Mapped[int] = mapped_column(primary_key=True)
    done: Mapped[int] = mapped_column(default=0)


@jobs.queue.task(name="tests.errand")
def run_errand(errand_id: int) -> None:
    """Claim, work, finish: the shape of every task."""
    row = jobs.claim(Errand, errand_id)
    if row is None:
        return
    with db.transaction():
        jobs.finish(row)
        row.done += 1
