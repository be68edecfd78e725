"""Background work of the room: print certificates that are due, add timestamps that were missing, remind of what will expire."""

from certificates import notices, service, stamping
from certificates.models import Certificate, MissingTimestamp
from core import jobs


@jobs.queue.task(name="certificates.print")
def print_certificate(certificate_id: int) -> None:
    """Print one certificate, unless another worker does or has done it; one that takes over prints the same bytes."""
    jobs.work(Certificate, certificate_id, service.print_claimed)


@jobs.queue.task(name="certificates.stamp")
def add_timestamp(missing_id: int) -> None:
    """Add one timestamp that was missing, unless another worker does or has done it; one that takes over adds one, too."""
    jobs.work(MissingTimestamp, missing_id, stamping.add_claimed)


jobs.swept(Certificate, print_certificate)
jobs.swept(MissingTimestamp, add_timestamp)
jobs.tidied(notices.remind)
