"""Background work of the room: bring scores to platforms."""

from core import jobs
from courses.service import AnyPart
from lti import outbox
from lti.models import ScorePush
from lti.service import legacy, login, scores, windows


@jobs.queue.task(name=scores.PUSH)
def push(push_id: int) -> None:
    """Send a row of the outbox and what else is due there; safe to run twice."""
    scores.deliver(push_id)


jobs.swept(ScorePush, push, outbox.one_of_each_lane)
jobs.tidied(login.forget_old)
jobs.tidied(legacy.forget_old)
jobs.tidied(windows.forget_old)


def on_graded(_sender: object, *, part: AnyPart, module: str) -> None:
    """Receiver of core.signals.graded, inside the transaction of the grade."""
    scores.note_grade(part.id, module)
