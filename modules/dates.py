"""Due dates as authors write them: a day, which lasts until its end, or a moment."""

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

_WRITTEN = re.compile(r"(?P<day>\d{4}-\d{2}-\d{2})(?:[ T](?P<time>\d{2}:\d{2}))?", re.ASCII)
LAST_SECOND = time(23, 59, 59)


def readable(text: str) -> bool:
    """Whether this is a day or a moment that calendars know."""
    try:
        return bool(_WRITTEN.fullmatch(text)) and datetime.fromisoformat(text).year >= 2000
    except ValueError:
        return False


def day(text: str) -> date | None:
    """A day as written, without a time; None for anything else."""
    return date.fromisoformat(text) if readable(text) and len(text) == len("2026-12-20") else None


def moment_of(text: str, timezone: str) -> datetime | None:
    """The moment at which what is due on this day (or at this moment) is late, where clocks show this zone; None for no date."""
    if not readable(text):
        return None
    found = datetime.fromisoformat(text)
    if len(text) == len("2026-12-20"):
        found = datetime.combine(found.date(), LAST_SECOND)
    return found.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
