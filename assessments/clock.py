"""The clock of a test with a time limit. Pure: moments in, moments out; only the server's moments are ever given to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

GRACE = timedelta(seconds=20)          # for the network: an answer that was sent at the last moment arrives later


@dataclass(frozen=True, slots=True)
class Clock:
    """One person's clock, as it stands at a moment. `seconds` is the limit with their extra time; not started: they have not begun."""

    seconds: int
    started_at: datetime | None
    moment: datetime
    extra: bool = False

    @property
    def minutes(self) -> int:
        """The limit, for people; what is begun counts as a whole minute."""
        return -(-self.seconds // 60)

    @property
    def ends_at(self) -> datetime | None:
        """When the time is up; None for who has not begun."""
        return self.started_at + timedelta(seconds=self.seconds) if self.started_at else None

    @property
    def left(self) -> int:
        """Whole seconds that are left."""
        return max(0, int((self.ends_at - self.moment).total_seconds())) if self.ends_at else self.seconds

    @property
    def refuses(self) -> bool:
        """Whether an answer that arrives now comes too late."""
        return self.ends_at is not None and self.moment >= self.ends_at + GRACE


def allowed(limit: int, percent: int, minutes: int) -> int:
    """The seconds that somebody has: a limit in minutes, and what they get beyond it."""
    return limit * 60 + limit * 60 * percent // 100 + minutes * 60
