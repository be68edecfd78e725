"""Background work of the room: prompt tries that no browser watches, opinions of models, regrades, who has enough by new thresholds, due dates."""

from assessments import opinions, regrading, telling, thresholds
from assessments.models import Attempt, DueDate, Judgement, Regrade
from assessments.running import run_try
from core import jobs
from courses.models import ThresholdRule


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


@jobs.queue.task(name="assessments.look_who_has_enough")
def look_who_has_enough(rule_id: int) -> None:
    """After an organisation has set its thresholds. Nobody gets anything twice."""
    jobs.work(ThresholdRule, rule_id, thresholds.look_who_has_enough)


jobs.swept(ThresholdRule, look_who_has_enough)


@jobs.queue.task(name="assessments.regrade")
def regrade(regrade_id: int) -> None:
    """Grade the answers to a question again, as somebody has decided. Whoever takes over goes on where the notes end."""
    jobs.work(Regrade, regrade_id, regrading.work)


jobs.swept(Regrade, regrade)


@jobs.queue.task(name="assessments.tell_what_was_kept_back")
def tell_what_was_kept_back(date_id: int) -> None:
    """Once a due date has come, or was changed. Telling twice changes nothing."""
    jobs.work(DueDate, date_id, telling.tell)


jobs.swept(DueDate, tell_what_was_kept_back)
