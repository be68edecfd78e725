"""Background work of the room: gateways are asked once a day what they offer."""

from core import jobs
from gateway.models import Gateway
from gateway.service import gateways


@jobs.queue.task(name=gateways.CHECK)
def check(gateway_id: int) -> None:
    """Check a gateway that is due; safe to run twice."""
    gateways.check_due(gateway_id)


jobs.swept(Gateway, check)
