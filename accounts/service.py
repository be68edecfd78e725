"""Use cases about people: make organisations and people, find them by identity, sign in."""

from functools import cache, lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import bindparam, select

from accounts.models import Grant, Identity, Organisation, Person, Role
from core import db, direct
from core.direct import Read

LOCAL = "local"
PASSWORD_LEAST = 12
PASSWORD_MOST = 1024
_hasher = PasswordHasher()


class AccountError(ValueError):
    """A person or organisation cannot be made like this; the text says why."""


def add_organisation(slug: str, name: str, unit: str = "") -> Organisation:
    """Make an organisation, or return the one that has this slug already."""
    with db.transaction() as tx:
        found = tx.scalars(select(Organisation).where(Organisation.slug == slug)).one_or_none()
        if found is None:
            found = Organisation(slug=slug, name=name, unit=unit)
            tx.add(found)
    return found


def organisation(slug: str) -> Organisation | None:
    """The organisation with this slug."""
    return db.session.scalars(select(Organisation).where(Organisation.slug == slug)).one_or_none()


def organisations() -> list[Organisation]:
    """All organisations by name, for the choice on the sign-in page."""
    return list(db.session.scalars(select(Organisation).order_by(Organisation.name)))


@lru_cache(maxsize=256)
def organisation_name(organisation_id: int) -> str:
    """For the head of every page; kept in the process, so that a new name shows after the next start."""
    return db.session.scalars(select(Organisation.name).where(Organisation.id == organisation_id)).one()


def add_local_person(
    organisation_id: int, username: str, password: str, *, name: str | None = None, email: str | None = None, roles: tuple[Role, ...] = (),
) -> Person:
    """Make a person who signs in with a name and a password, or give an existing one this password and these roles.

    Raises AccountError when the name is empty or the password shorter than 12 characters.
    """
    username = username.strip().casefold()
    if not username:
        raise AccountError("the sign-in name is empty")
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        raise AccountError(f"the password needs at least {PASSWORD_LEAST} characters")
    password_hash = _hasher.hash(password)
    with db.scoped(organisation_id), db.transaction():
        found = find_or_add(LOCAL, username, name=name, email=email)
        identity = db.session.scalars(select(Identity).where(Identity.issuer == LOCAL, Identity.subject == username)).one()
        identity.password_hash = password_hash
        for role in roles:
            grant(found.id, role)
    return found


_KNOWN = Read(
    select(Person.id, Person.name, Person.email).join(Identity, Identity.person_id == Person.id)
    .where(Identity.issuer == bindparam("issuer"), Identity.subject == bindparam("subject"))
)


def recognise(issuer: str, subject: str, *, name: str | None, email: str | None, language: str | None) -> int:
    """The id of the person that `find_or_add` gives, without the mapper where nothing changes. Call in a transaction."""
    found = _KNOWN.one(issuer=issuer, subject=subject)
    if found is not None and name in (None, "", found.name) and email in (None, "", found.email):
        return int(found.id)
    if found is not None:
        return find_or_add(issuer, subject, name=name, email=email, language=language).id
    person_id = int(direct.add(Person, name=name, email=email, language=language))
    direct.add(Identity, person_id=person_id, issuer=issuer, subject=subject)
    return person_id


def find_or_add(issuer: str, subject: str, *, name: str | None = None, email: str | None = None, language: str | None = None) -> Person:
    """The person known as (issuer, subject) in the organisation acted for; made at the first sight, names kept up to date.

    E-mail never merges people: two issuers that claim the same address may be two persons. Call in a transaction.
    """
    found = db.session.scalars(
        select(Person).join(Identity, Identity.person_id == Person.id).where(Identity.issuer == issuer, Identity.subject == subject)
    ).one_or_none()
    if found is None:
        found = Person(name=name, email=email, language=language)
        db.session.add(found)
        db.session.flush()
        db.session.add(Identity(person_id=found.id, issuer=issuer, subject=subject))
        db.session.flush()
    elif name and found.name != name:
        found.name = name
    if email and found.email != email:
        found.email = email
    return found


def also_known_as(issuer: str, subject: str, new_issuer: str, new_subject: str) -> tuple[int, int] | None:
    """Let the person known as (issuer, subject) be known by the new name as well. Call in a transaction.

    Who is known by both names already, as two people, is one from now on, the one of the new name: gives (old, new) then, so that
    the caller hands over what the old one has. The caller has proof that both names are one person.
    """
    old, new = _identity(issuer, subject), _identity(new_issuer, new_subject)
    if old is None or (new and new.person_id == old.person_id):
        return None
    if new is None:
        db.session.add(Identity(person_id=old.person_id, issuer=new_issuer, subject=new_subject))
        db.session.flush()
        return None
    left, old.person_id = old.person_id, new.person_id
    db.session.flush()
    return left, new.person_id


def subjects_of(issuer: str) -> list[str]:
    """All whom an issuer has named."""
    return list(db.session.scalars(select(Identity.subject).where(Identity.issuer == issuer).order_by(Identity.id)))


def _identity(issuer: str, subject: str) -> Identity | None:
    return db.session.scalars(select(Identity).where(Identity.issuer == issuer, Identity.subject == subject)).one_or_none()


def grant(person_id: int, role: Role) -> None:
    """Give a role in the whole organisation; giving it twice changes nothing. Call in a transaction."""
    if db.session.scalars(select(Grant).where(Grant.person_id == person_id, Grant.role == role)).one_or_none() is None:
        db.session.add(Grant(person_id=person_id, role=role))


def sign_in(organisation_id: int, username: str, password: str) -> Person | None:
    """The person whose name and password these are. Unknown names take as long as wrong passwords."""
    with db.scoped(organisation_id):
        found = db.session.execute(
            select(Identity.id, Identity.password_hash, Identity.person_id)
            .where(Identity.issuer == LOCAL, Identity.subject == username.strip().casefold())
        ).one_or_none()
        stored = found.password_hash if found and found.password_hash else _nobody()
        if not _verify(stored, password[:PASSWORD_MOST]) or found is None:
            return None
        if _hasher.check_needs_rehash(stored):
            with db.transaction() as tx:
                tx.get_one(Identity, found.id).password_hash = _hasher.hash(password)
        return db.session.get(Person, found.person_id)


@cache
def _nobody() -> str:
    """A hash to compare with when there is no such person."""
    return _hasher.hash("nobody has this password")


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
