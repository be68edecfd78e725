"""Reading a sealed PDF: is it as it was sealed, with which certificate, and who vouches for that?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509

from certificates.sealing.apart import apart


class State(StrEnum):
    """What a file's seal says of the file."""

    NONE = "none"                      # there is no seal, or it is no PDF
    INTACT = "intact"                  # every byte is as it was sealed
    CHANGED = "changed"                # something was added behind the seal, which forbids it; what was sealed is still in there
    BROKEN = "broken"                  # sealed bytes, or the seal itself, are not what they were


@dataclass(frozen=True)
class Report:
    """What is known of a file's seal. Whether the certificate is the organisation's is for the caller to compare."""

    state: State
    subject: str | None = None
    fingerprint: str | None = None
    """SHA-256 of the certificate, hexadecimal, as Sealed has it."""
    trusted: bool = False
    """A given root vouches for the certificate, and the file is intact."""
    timestamp: datetime | None = None
    """When a timestamp authority saw the seal; None without a sound timestamp."""
    timestamp_trusted: bool = False


def check(content: bytes, *, roots: Iterable[x509.Certificate] = (), moment: datetime | None = None) -> Report:
    """Look at a file that anybody may have sent. Nothing is fetched.

    `moment` is the time at which the certificate must have been valid to be trusted (when the file was sealed, as far as the
    caller knows); now if it is not given.
    """
    from certificates.sealing import reading  # noqa: PLC0415 - a second and 25 MB, for those processes only that read seals

    return apart(lambda: reading.read(content, list(roots), moment))
