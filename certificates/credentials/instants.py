"""Moments as credentials write them."""

from datetime import UTC, datetime


def instant(moment: datetime) -> str:
    """A moment in UTC, to the second."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(text: str) -> datetime:
    """The moment that a text says. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone")
    return moment


def midday(day: str) -> str:
    """A day as the moment that credentials ask for: noon in UTC is the same day from Greenland to Japan."""
    return f"{day}T12:00:00Z"
