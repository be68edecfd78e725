"""Tokens a day: of a person, of a person in one course, of a course, and of the organisation. All are reserved before a call and
settled after it, in one transaction; calls that race never overspend any of them.

The reservation of a process that was killed is given back when what it was for is taken up again. What such a process had used
is not known and costs nobody anything; should it turn out to have been only slow, it books nothing any more, as another has taken over.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from core import db
from core.config import settings
from core.days import zone
from gateway.faults import GatewayError
from gateway.models import Pot, Reservation
from gateway.service.policies import policy, run_models

ORGANISATION = "organisation"


@dataclass(frozen=True)
class Account:
    """One of the accounts that a call goes on. `kind` is a key of gateway.faults.MESSAGES, said when its tokens do not suffice."""

    kind: str
    name: str                          # as in Pot.account
    limit: int | None                  # tokens a day; None: no limit
    used: int = 0

    @property
    def left(self) -> int | None:
        """What may still be used today; None: as much as one likes."""
        return None if self.limit is None else max(0, self.limit - self.used)

    @property
    def shared(self) -> bool:
        """Whether others use it, too."""
        return self.kind in ("run_tokens", "organisation_tokens")


def accounts(person_id: int, run_id: int) -> list[Account]:
    """Every account of a call, the most personal one first, as it stands today."""
    found = _accounts(person_id, run_id)
    rows = db.session.execute(
        select(Pot.account, Pot.tokens).where(Pot.account.in_([account.name for account in found]), Pot.day == today())
    )
    used: dict[str, int] = {row.account: row.tokens for row in rows}
    return [Account(account.kind, account.name, account.limit, used.get(account.name, 0)) for account in found]


def tightest(person_id: int, run_id: int) -> Account:
    """The account that runs out first; among equals the most personal one."""
    return min((account for account in accounts(person_id, run_id) if account.left is not None), key=lambda account: account.left or 0)


def tokens_left(person_id: int, run_id: int) -> int:
    """What a person may still use today in a run."""
    return tightest(person_id, run_id).left or 0


def lacking(person_id: int, run_id: int, tokens: int) -> str:
    """The kind of the account that does not suffice for so many tokens; empty when all do."""
    return next((account.kind for account in accounts(person_id, run_id) if account.left is not None and account.left < tokens), "")


def reserve(person_id: int, run_id: int, tokens: int, cause: str) -> Reservation:
    """Set tokens aside in all accounts. Raises GatewayError with the kind of the one in which not enough are left. A transaction of its own."""
    day, found = today(), _accounts(person_id, run_id)
    _open(found, day)
    with db.transaction() as tx:
        for account in _locking_order(found):
            if not _add(account.name, day, tokens, account.limit):
                raise GatewayError(account.kind)
        reservation = Reservation(person_id=person_id, run_id=run_id, day=day, tokens=tokens, cause=cause)
        tx.add(reservation)
    return reservation


def settle(reservation: Reservation, used: int) -> None:
    """Book what was really used and give the rest back; nothing when `release` has been here before. Call in a transaction."""
    row = db.session.execute(
        delete(Reservation).where(Reservation.id == reservation.id)
        .returning(Reservation.person_id, Reservation.run_id).execution_options(synchronize_session=False)
    ).one_or_none()
    if row is not None:
        for name in sorted(_names(row.person_id, row.run_id)):
            _add(name, reservation.day, used - reservation.tokens)


def release(cause: str) -> None:
    """Give back what calls for `cause` have set aside: whoever made them is dead, or has been replaced."""
    with db.transaction() as tx:
        for reservation in tx.scalars(select(Reservation).where(Reservation.cause == cause).order_by(Reservation.id)).all():
            settle(reservation, 0)


def today() -> date:
    """The day that budgets count: it begins at midnight where the operator lives."""
    return datetime.now(zone()).date()


def person_account(person_id: int) -> str:
    """The name of a person's account."""
    return f"person {person_id}"


def _names(person_id: int, run_id: int) -> tuple[str, str, str, str]:
    return person_account(person_id), f"{person_account(person_id)} run {run_id}", f"run {run_id}", ORGANISATION


def _accounts(person_id: int, run_id: int) -> list[Account]:
    """A lecturer's limits hold beside the organisation's: they can be narrower, and never widen those."""
    wide, here = policy(), run_models(run_id)
    person, person_here, run, organisation = _names(person_id, run_id)
    return [
        Account("tokens", person, settings().daily_tokens if wide.person_tokens is None else wide.person_tokens),
        Account("tokens_here", person_here, here.person_tokens),
        Account("run_tokens", run, min((limit for limit in (here.run_tokens, wide.run_tokens) if limit is not None), default=None)),
        Account("organisation_tokens", organisation, wide.organisation_tokens),
    ]


def _locking_order(found: Iterable[Account]) -> list[Account]:
    """Everybody locks in the same order, so that no two calls wait for each other."""
    return sorted(found, key=lambda account: account.name)


def _open(found: Iterable[Account], day: date) -> None:
    """A pot for each account; the first calls of a day may come together, and one row is enough."""
    names = [account.name for account in _locking_order(found)]
    there = set(db.session.scalars(select(Pot.account).where(Pot.account.in_(names), Pot.day == day)))
    for name in names:
        if name not in there:
            with suppress(IntegrityError), db.transaction() as tx:
                tx.add(Pot(account=name, day=day))


def _add(name: str, day: date, tokens: int, limit: int | None = None) -> bool:
    """Change a pot; False, and nothing is changed, when it would hold more than the limit."""
    change = update(Pot).where(Pot.account == name, Pot.day == day).values(tokens=Pot.tokens + tokens)
    if limit is not None:
        change = change.where(Pot.tokens <= limit - tokens)
    return db.changed(change.execution_options(synchronize_session=False)) == 1


def of_person(person_id: int) -> Account:
    """A person's account in all courses together, as it stands today."""
    return _standing(_accounts(person_id, 0)[0])


def of_run(run_id: int) -> Account:
    """A course's account as it stands today."""
    return _standing(_accounts(0, run_id)[2])


def learners_limit(run_id: int) -> int:
    """What each person may use in a run in a day."""
    return min(account.limit for account in _accounts(0, run_id)[:2] if account.limit is not None)


def of_organisation() -> Account:
    """The organisation's account as it stands today."""
    return _standing(_accounts(0, 0)[3])


def _standing(account: Account) -> Account:
    used = db.session.scalar(select(Pot.tokens).where(Pot.account == account.name, Pot.day == today()))
    return Account(account.kind, account.name, account.limit, used or 0)
