"""A link's rules for scores: which attempt counts, when scores leave, and until when attempts count. Pure."""

from datetime import UTC, datetime
from typing import Protocol

from assessments.grading import KEEPS

SENDS = ("submission", "release", "due")
__all__ = ["KEEPS", "SENDS", "counts_until", "due_in", "due_of", "leaves_at"]


class Policy(Protocol):
    """A resource link, or a row with these of its columns."""

    @property
    def keep(self) -> str: ...
    @property
    def send(self) -> str: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def announced_due_at(self) -> datetime | None: ...
    @property
    def released_at(self) -> datetime | None: ...


def due_of(policy: Policy) -> datetime | None:
    """The due date: what the lecturer chose here, else what the platform says."""
    return policy.due_at or policy.announced_due_at


def leaves_at(policy: Policy, moment: datetime) -> datetime | None:
    """When a score that is given now may leave; None while it waits for a person (a release, or a due date)."""
    if policy.send == "release":
        return moment if policy.released_at else None
    due = due_of(policy)
    if policy.send == "due":
        return max(due, moment) if due else None
    return moment


def counts_until(policy: Policy) -> datetime | None:
    """Attempts that are submitted later do not count. None: all count."""
    return due_of(policy) if policy.send == "due" else None


def due_in(text: str) -> datetime | None:
    """The due date in a custom parameter (ISO 8601, without a zone: UTC).

    None when it is empty, or a variable that the platform does not know (`$ResourceLink.submission.endDateTime`, LTI Core
    appendix B.2), or no date.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
