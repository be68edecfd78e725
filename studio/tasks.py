"""Background work of the room: courses that follow a git repository."""

from core import jobs
from studio import following
from studio.models import Following


@jobs.queue.task(name=following.PULL)
def pull(following_id: int) -> None:
    """Pull for a draft that is due; safe to run twice."""
    following.pull_due(following_id)


jobs.swept(Following, pull)
