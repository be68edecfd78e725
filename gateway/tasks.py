"""Background work of the room: gateways are asked once a day what they offer, and what has had its time is forgotten."""

from core import jobs
from gateway.models import Gateway
from gateway.service import gateways, line, usage


@jobs.queue.task(name=gateways.CHECK)
def check(gateway_id: int) -> None:
    """Check a gateway that is due; safe to run twice."""
    gateways.check_due(gateway_id)


jobs.swept(Gateway, check)
jobs.tidied(line.forget_old)
jobs.tidied(usage.forget_old)
