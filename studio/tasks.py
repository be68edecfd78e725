"""Background work of the room: courses that follow a git repository, and files that authors bring along."""

from core import jobs
from studio import arrivals, following
from studio.models import Arrival, Following


@jobs.queue.task(name=following.PULL)
def pull(following_id: int) -> None:
    """Pull for a draft that is due; safe to run twice."""
    following.pull_due(following_id)


@jobs.queue.task(name=arrivals.READ)
def read(arrival_id: int) -> None:
    """Read a file that an author brought along; safe to run twice."""
    arrivals.read_due(arrival_id)


jobs.swept(Following, pull)
jobs.swept(Arrival, read)
jobs.tidied(arrivals.sweep_old)
