"""The thresholds that hold: an organisation's own, else those of the course."""

from dataclasses import replace

from sqlalchemy import select

from core import db
from core.direct import Read
from courses.models import ThresholdRule
from modules.course import Thresholds
from modules.service import parsed

_RULE = Read(select(ThresholdRule.participation, ThresholdRule.achievement))


def thresholds(edition_id: int) -> Thresholds:
    """What the organisation acted for asks now of those who learn by this edition."""
    said, own = parsed(edition_id).course.thresholds, _RULE.one()
    if own is None:
        return said
    return replace(said, **{name: share for name, share in own._asdict().items() if share is not None})


def rule() -> ThresholdRule | None:
    """The organisation's own thresholds, once it has set any."""
    return db.session.scalars(select(ThresholdRule)).one_or_none()
