"""Background work of the room: print certificates that are due, add timestamps that were missing, remind of what will expire."""

from contextlib import suppress

from certificates import notices, service, stamping
from certificates.models import Certificate, MissingTimestamp
from core import jobs


@jobs.queue.task(name="certificates.print")
def print_certificate(certificate_id: int) -> None:
    """Print one certificate, unless another worker does or has done it."""
    certificate = jobs.claim(Certificate, certificate_id)
    if certificate is not None:
        with suppress(jobs.LostLeaseError):  # The worker that took over prints the same bytes.
            service.print_claimed(certificate)


@jobs.queue.task(name="certificates.stamp")
def add_timestamp(missing_id: int) -> None:
    """Add one timestamp that was missing, unless another worker does or has done it."""
    missing = jobs.claim(MissingTimestamp, missing_id)
    if missing is not None:
        with suppress(jobs.LostLeaseError):  # The worker that took over adds one, too.
            stamping.add_claimed(missing)


jobs.swept(Certificate, print_certificate)
jobs.swept(MissingTimestamp, add_timestamp)
jobs.tidied(notices.remind)
