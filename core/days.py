"""Days as people count them: in the time zone of the installation (LOTSE_TIMEZONE)."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from core.config import settings


def zone() -> ZoneInfo:
    """Where the installation stands."""
    return ZoneInfo(settings().timezone)


def day_of(moment: datetime) -> date:
    """The day on which a moment lies there."""
    return moment.astimezone(zone()).date()
