"""For lecturers: what was sent to the gradebook and what was not, the rules for it, and sending again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, update

from accounts.models import Person, Role
from assessments.regrade_notes import Told, of_learner
from core import db
from core.jobs import WorkState
from courses.models import Enrolment
from lti import outbox
from lti.grades import SCORES, can_make_line_item
from lti.models import Participant, Platform, ResourceLink, ScorePush
from lti.platforms import profile_of
from lti.score_policy import leaves_at
from lti.service import scores

PAGE = 50
SHOWS = ("all", "failed", "waiting")

_TROUBLED = or_(ScorePush.state == WorkState.FAILED, and_(ScorePush.state == WorkState.DUE, ScorePush.error.is_not(None)))
_SHOWN = {
    "failed": _TROUBLED,
    "waiting": and_(ScorePush.state.in_((WorkState.DUE, WorkState.RUNNING, WorkState.WAITING)), ScorePush.error.is_(None)),
}
# Who has a line in the gradebook: learners who came through the link and are still in its run.
_LEARNERS: Select[*tuple[Any, ...]] = (
    select(
        Participant.id, Participant.sent_points, Participant.sent_maximum, Person.name, ScorePush.id.label("push_id"), ScorePush.state,
        ScorePush.due_at, ScorePush.error, ScorePush.tries,
        select(func.max(ScorePush.sent_at)).where(ScorePush.participant_id == Participant.id).correlate(Participant).scalar_subquery().label("sent_at"),
    )
    .join(Participant.link).join(Participant.enrolment).join(Person, Person.id == Enrolment.person_id)
    .outerjoin(ScorePush, and_(ScorePush.participant_id == Participant.id, outbox.NEWEST))
    .where(Enrolment.role == Role.LEARNER, Enrolment.run_id == ResourceLink.run_id)
)


@dataclass(frozen=True)
class LinkState:
    """A link, and how its scores stand."""

    link: ResourceLink
    platform: str
    column: str                        # there, to_be_made, paused, none, not_allowed or no_score
    counts: dict[str, int]             # all, failed, waiting
    held: bool                         # scores wait for the lecturer or the due date

    @property
    def takes_scores(self) -> bool:
        """Whether scores can be sent at all."""
        return self.column in ("there", "to_be_made")


def links(run_id: int) -> list[LinkState]:
    """All links that open a run."""
    found = db.session.execute(
        select(ResourceLink, Platform).join(ResourceLink.platform).where(ResourceLink.run_id == run_id).order_by(ResourceLink.title, ResourceLink.id)
    ).all()
    return [_state(link, platform) for link, platform in found]


def link(run_id: int, link_id: int) -> LinkState | None:
    """One of them."""
    return next((found for found in links(run_id) if found.link.id == link_id), None)


def failed_in_run(run_id: int) -> int | None:
    """How many learners' scores have finally failed; None when no link opens the run."""
    if db.session.scalar(select(ResourceLink.id).where(ResourceLink.run_id == run_id).limit(1)) is None:
        return None
    failed = _LEARNERS.where(ResourceLink.run_id == run_id, ScorePush.state == WorkState.FAILED)
    return _count(failed)


@dataclass(frozen=True)
class Learners:
    """A page of a link's learners."""

    rows: list[Any]
    page: int
    pages: int


def learners(link_id: int, show: str = "all", page: int = 1) -> Learners:
    """Learners by name; `show` is one of SHOWS. A page that is not there is the last one."""
    wanted = _LEARNERS.where(Participant.link_id == link_id)
    if show in _SHOWN:
        wanted = wanted.where(_SHOWN[show])
    pages = max(1, -(-_count(wanted) // PAGE))
    page = min(max(page, 1), pages)
    rows = db.session.execute(wanted.order_by(func.lower(Person.name), Participant.id).limit(PAGE).offset((page - 1) * PAGE)).all()
    return Learners(list(rows), page, pages)


def learner(link_id: int, participant_id: int) -> tuple[Any, list[ScorePush]] | None:
    """One learner's line and all rows about them, the newest first."""
    found = db.session.execute(_LEARNERS.where(Participant.link_id == link_id, Participant.id == participant_id)).one_or_none()
    if found is None:
        return None
    rows = db.session.scalars(select(ScorePush).where(ScorePush.participant_id == participant_id).order_by(ScorePush.id.desc()).limit(100))
    return found, list(rows)


def regraded(participant_id: int, language: str) -> list[Told]:
    """What was regraded among one learner's answers, the last one first."""
    part = db.session.scalars(select(Enrolment).join(Participant, Participant.enrolment_id == Enrolment.id).where(Participant.id == participant_id)).one()
    return of_learner(part, language)


def _state(link: ResourceLink, platform: Platform) -> LinkState:
    mine = _LEARNERS.where(Participant.link_id == link.id)
    counts = {"all": _count(mine), **{show: _count(mine.where(which)) for show, which in _SHOWN.items()}}
    leaves = leaves_at(link, db.now())
    return LinkState(link, platform.name, _column(link, platform), counts, leaves is None or leaves > db.now())


def _column(link: ResourceLink, platform: Platform) -> str:
    if link.kind == "certificate":
        return "no_score"
    if not platform.active or platform.waiting:
        return "paused"
    if platform.protocol == "1.3" and SCORES not in link.scopes:
        return "not_allowed"
    if link.lineitem:
        return "there"
    makes = profile_of(platform.family).makes_line_items and can_make_line_item(link.lineitems, link.scopes)
    return "to_be_made" if makes else "none"


def _count(wanted: Select[*tuple[Any, ...]]) -> int:
    return db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0


# --- What lecturers decide --------------------------------------------------------------------------------------------

def set_policy(link_id: int, keep: str, send: str, due_at: datetime | None) -> None:
    """Change a link's rules; what is another score by them is sent. Saying it twice changes nothing."""
    with db.transaction() as tx:
        link = _locked(link_id)
        before = (link.keep, link.send, link.due_at)
        if before == (keep, send, due_at):
            return
        if link.send != send:
            link.released_at = None  # Whoever goes back to releasing decides anew when.
        link.keep, link.send, link.due_at = keep, send, due_at
        tx.flush()
        scores.hint(outbox.replan(link_id))


def release(link_id: int) -> None:
    """Let scores leave: all that there are, and from now on each change. Saying it twice changes nothing."""
    with db.transaction() as tx:
        link = _locked(link_id)
        if link.send != "release" or link.released_at:
            return
        link.released_at = db.now()
        tx.flush()
        scores.hint(outbox.replan(link_id))


def send_again(link_id: int, participant_id: int | None = None, *, everything: bool = False) -> int:
    """Send what has failed once more, without waiting; or (one learner, or everything) also what the platform has been told.

    Returns how many scores are on their way.
    """
    with db.transaction():
        link = _locked(link_id)
        again = set(_revive(link, participant_id))
        if everything or participant_id is not None:
            outbox.forget_sent(link_id, participant_id)
            again |= set(outbox.catch_up(link_id, participant_id))
            again |= set(_waiting(link_id, participant_id))
        scores.hint(again)
    return len(again)


def _locked(link_id: int) -> ResourceLink:
    return db.session.scalars(
        select(ResourceLink).where(ResourceLink.id == link_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def _revive(link: ResourceLink, participant_id: int | None) -> Iterable[int]:
    """Rows that have failed, or wait for their next try, are as new. They leave when the link's rules say so."""
    moment = db.now()
    leaves = leaves_at(link, moment)
    state = WorkState.WAITING if leaves is None else WorkState.DUE
    revived = db.session.scalars(
        update(ScorePush).where(ScorePush.participant_id.in_(_mine(link.id, participant_id)), outbox.NEWEST, _TROUBLED)
        .values(state=state, due_at=leaves or moment, tries=0, error=None)
        .returning(ScorePush.id).execution_options(synchronize_session=False)
    ).all()
    return revived if leaves is not None and leaves <= moment else ()


def _waiting(link_id: int, participant_id: int | None) -> Iterable[int]:
    """Rows that are due already: they carry what is sent again."""
    return db.session.scalars(
        select(ScorePush.id).where(
            ScorePush.participant_id.in_(_mine(link_id, participant_id)), ScorePush.state == WorkState.DUE, ScorePush.due_at <= db.now(),
        )
    )


def _mine(link_id: int, participant_id: int | None) -> Select[int]:
    mine = select(Participant.id).where(Participant.link_id == link_id)
    return mine.where(Participant.id == participant_id) if participant_id is not None else mine
