"""One person under two identities: a proved join. E-mail proves nothing; a code made under one and entered under the other does.

Under the first identity the person makes a code, under the second they enter it and see whom they join, and under the first again they
see who has entered it and confirm. Then the first person has all identities and everything of the second, who is a husk from then on:
the row stays, because others point to it, but it has no name, no identity and no session.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import Update, delete, or_, select, update

from accounts.models import Grant, Identity, JoinCode, Person, Role
from accounts.service import LOCAL
from core import db, sessions
from core.config import settings
from core.i18n import N_
from core.signals import joined

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"   # none that people take for another
LENGTH = 8
LIFE = timedelta(minutes=10)

UNKNOWN = N_("This code is not known. Please check it; it is valid for ten minutes and works once.")
OWN = N_("You made this code here yourself. Enter it where you are known under your other account.")
PRIVILEGED = N_("Accounts with a role in the administration of Lotse cannot be joined. Please ask the people who run Lotse.")
BOTH = N_("Both accounts have answered questions in the same course. Lotse cannot tell which answers count, so they stay two accounts.")


class CannotJoinError(ValueError):
    """Two accounts are not joined. `message` is a message id that says why; nothing was changed."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class Account:
    """How a person recognises an account as theirs. `places` are the hosts that know them; an empty one is Lotse itself."""

    name: str | None
    places: tuple[str, ...]
    since: datetime


@dataclass(frozen=True)
class Waiting:
    """A code that has been made: until when it is valid, and the account in which it was entered."""

    expires_at: datetime
    other: Account | None


def normal(code: str) -> str:
    """A code as it was made, however it was typed."""
    return "".join(letter for letter in code.upper() if letter in LETTERS)


def shown(code: str) -> str:
    """A code as people read it best."""
    return f"{code[:LENGTH // 2]}-{code[LENGTH // 2:]}"


# --- Steps ------------------------------------------------------------------------------------------------------------

def make_code(person_id: int) -> str:
    """A new code of this person; an earlier one opens nothing any more. Raises CannotJoinError."""
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    with db.transaction() as tx:
        _must_be_ordinary(person_id)
        _drop_codes(person_id)
        tx.add(JoinCode(code=_hash(code), person_id=person_id, expires_at=db.now() + LIFE))
    return code


def waiting(person_id: int) -> Waiting | None:
    """The person's code, if one is valid."""
    found = db.session.scalars(
        select(JoinCode).where(JoinCode.person_id == person_id, JoinCode.used_at.is_(None), JoinCode.expires_at > db.now())
        .execution_options(populate_existing=True)
    ).first()
    return Waiting(found.expires_at, account(found.other_id) if found.other_id else None) if found else None


def maker_of(code: str, person_id: int) -> Account:
    """The account of whoever made a code, for the one who has entered it. Raises CannotJoinError."""
    return account(_valid(code, person_id).person_id)


def accept(code: str, person_id: int) -> None:
    """Say that the code's maker is oneself. Saying it twice changes nothing. Raises CannotJoinError."""
    with db.transaction():
        found = _valid(code, person_id)
        free = or_(JoinCode.other_id.is_(None), JoinCode.other_id == person_id)
        _change_one(_of(found.code).where(free).values(other_id=person_id, expires_at=db.now() + LIFE))


def confirm(person_id: int) -> bool:
    """Join the account in which the person's code was entered into this one; False when nothing waits for it (a second click).

    Raises CannotJoinError.
    """
    with db.transaction() as tx:
        found = tx.scalars(select(JoinCode).where(
            JoinCode.person_id == person_id, JoinCode.other_id.is_not(None), JoinCode.used_at.is_(None), JoinCode.expires_at > db.now(),
        ).with_for_update().execution_options(populate_existing=True)).one_or_none()
        if found is None or found.other_id is None:
            return False
        found.used_at = db.now()
        tx.flush()
        _join(person_id, found.other_id)
    return True


def withdraw(person_id: int) -> None:
    """Let the person's code open nothing any more."""
    with db.transaction():
        _drop_codes(person_id)


def account(person_id: int) -> Account:
    """What tells people which account it is."""
    found = db.session.scalars(select(Person).where(Person.id == person_id)).one()
    issuers = db.session.scalars(select(Identity.issuer).where(Identity.person_id == person_id).order_by(Identity.id))
    return Account(found.name, tuple(dict.fromkeys("" if issuer == LOCAL else urlsplit(issuer).netloc or issuer for issuer in issuers)), found.created_at)


def forget_old() -> None:
    """Remove codes that have run out."""
    with db.unscoped(), db.transaction() as tx:  # By age alone, whosever they are.
        tx.execute(delete(JoinCode).where(JoinCode.expires_at < db.now() - timedelta(days=1)))


# --- Rows -------------------------------------------------------------------------------------------------------------

def _join(kept: int, vanishing: int) -> None:
    for person_id in (kept, vanishing):
        _must_be_ordinary(person_id)
    tx = db.session
    stays, goes = (tx.scalars(select(Person).where(Person.id == person_id)).one() for person_id in (kept, vanishing))
    if goes.joined_into is not None or stays.joined_into is not None:
        raise CannotJoinError(UNKNOWN)
    tx.execute(update(Identity).where(Identity.person_id == vanishing).values(person_id=kept))
    tx.execute(update(Person).where(Person.joined_into == vanishing).values(joined_into=kept))
    stays.name, stays.email, stays.language = stays.name or goes.name, stays.email or goes.email, stays.language or goes.language
    stays.notices_off_at = stays.notices_off_at or goes.notices_off_at  # Who wanted none under either wants none.
    goes.name = goes.email = None
    goes.joined_into = kept
    _drop_codes(vanishing)
    tx.flush()
    joined.send("accounts", kept=kept, vanishing=vanishing)
    sessions.end_all_of(vanishing)


def husk(of: int) -> int:
    """A person without anything, for what stays behind when accounts are joined. Call in a transaction."""
    found = Person(joined_into=of)
    db.session.add(found)
    db.session.flush()
    return found.id


def _valid(code: str, person_id: int) -> JoinCode:
    found = db.session.scalars(
        select(JoinCode).where(JoinCode.code == _hash(normal(code)), JoinCode.used_at.is_(None), JoinCode.expires_at > db.now())
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None or found.other_id not in (None, person_id):
        raise CannotJoinError(UNKNOWN)
    if found.person_id == person_id:
        raise CannotJoinError(OWN)
    _must_be_ordinary(person_id)
    return found


def _must_be_ordinary(person_id: int) -> None:
    """Roles in the organisation are given to a person, not to whoever runs another platform and can be anybody there.

    That of a learner opens nothing to others.
    """
    privileged = select(Grant.id).where(Grant.person_id == person_id, Grant.role != Role.LEARNER).limit(1)
    if db.session.scalar(privileged) is not None:
        raise CannotJoinError(PRIVILEGED)


def _of(code: str) -> Update:
    return update(JoinCode).where(JoinCode.code == code, JoinCode.used_at.is_(None)).execution_options(synchronize_session=False)


def _change_one(code: Update) -> None:
    if db.changed(code) != 1:
        raise CannotJoinError(UNKNOWN)


def _drop_codes(person_id: int) -> None:
    """Those that are used stay until they are old: a second click finds out that it was one."""
    db.session.execute(delete(JoinCode).where(JoinCode.person_id == person_id, JoinCode.used_at.is_(None)))


def _hash(code: str) -> str:
    """A code is short, so its plain hash could be found by trying all."""
    return hmac.new(settings().secret_key.encode(), f"join {code}".encode(), "sha256").hexdigest()
