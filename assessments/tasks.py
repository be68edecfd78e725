"""Background work of the room: prompt tries that no browser watches, and opinions of models."""

from assessments import opinions
from assessments.models import Attempt, Judgement
from assessments.running import run_try
from core import jobs


@jobs.queue.task(name="assessments.run_try")
def run(attempt_id: int) -> None:
    """Run one try to its end, unless somebody does or has done it."""
    for _ in run_try(attempt_id):
        pass


jobs.swept(Attempt, run)


@jobs.queue.task(name="assessments.give_opinion")
def give_opinion(judgement_id: int) -> None:
    """Let a model say what it thinks, unless that is being done or was done."""
    opinions.give(judgement_id)


jobs.swept(Judgement, give_opinion)
