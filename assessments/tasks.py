"""Background work of the room: prompt tries that no browser watches."""

from assessments.models import Attempt
from assessments.running import run_try
from core import jobs


@jobs.queue.task(name="assessments.run_try")
def run(attempt_id: int) -> None:
    """Run one try to its end, unless somebody does or has done it."""
    for _ in run_try(attempt_id):
        pass


jobs.swept(Attempt, run)
