"""Background work of the room: print certificates that are due."""

from contextlib import suppress

from certificates import service
from certificates.models import Certificate
from core import jobs


@jobs.queue.task(name="certificates.print")
def print_certificate(certificate_id: int) -> None:
    """Print one certificate, unless another worker does or has done it."""
    certificate = jobs.claim(Certificate, certificate_id)
    if certificate is not None:
        with suppress(jobs.LostLeaseError):  # The worker that took over prints the same bytes.
            service.print_claimed(certificate)


jobs.swept(Certificate, print_certificate)
