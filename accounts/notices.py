"""Notices to a person by e-mail: whether there is an address, whether they want any, and how they switch them off."""

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select

from accounts import service
from accounts.models import Person
from core import db
from core.config import settings
from core.i18n import LANGUAGES, in_language
from core.post import outbox
from core.post.addresses import UnusableAddressError, mailbox
from core.post.letter import Letter, Link, address_of


@dataclass(frozen=True)
class Notice:
    """What a person is told, in the language of in_language()."""

    subject: str
    paragraphs: tuple[str, ...]
    link: Link | None = None
    after: tuple[str, ...] = ()


def notify(person: Person, key: str, compose: Callable[[str], Notice], *, usual: str = "") -> bool:
    """Tell a person something by e-mail, once for each key; False when they get none. Call in the transaction of what happened.

    `usual` is the language for people whose own is not known.
    """
    if not outbox.ready() or not reachable(person):
        return False
    language = next(chosen for chosen in (person.language, usual, settings().language) if chosen in LANGUAGES)
    with in_language(language):
        return outbox.write(person.organisation_id, key, _addressee(person), person.email or "", _letter(person, language, compose(language)))


def _letter(person: Person, language: str, notice: Notice) -> Letter:
    university = service.organisation_name(person.organisation_id)
    return Letter(
        language=language, subject=notice.subject, greeting=_("Good day,"), paragraphs=notice.paragraphs, link=notice.link, after=notice.after,
        sender=f"Lotse, {university}",
        small=(_("Lotse has sent this mail by itself because you take part in a course of %(university)s. Your address comes from your learning platform or your university.", university=university),),
        unsubscribe=Link(_("Switch these notices off"), address_of("accounts.stop_notices", token=token(person))),
    )


def reachable(person: Person) -> bool:
    """Whether this person gets notices: there is an address that mail servers take, and they have not switched them off."""
    if person.notices_off_at is not None or person.joined_into is not None:
        return False
    return usable(person.email)


def usable(address: str | None) -> bool:
    """Whether mails can be sent to this address."""
    try:
        mailbox(address or "")
    except UnusableAddressError:
        return False
    return True


# --- One's own choice ---------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Choice:
    """What the page about notices shows."""

    address: str | None
    usable: bool
    wanted: bool


def choice(person_id: int) -> Choice:
    """How it stands for a person."""
    found = _person(person_id)
    return Choice(found.email, usable(found.email), found.notices_off_at is None)


def choose(person_id: int, *, wanted: bool) -> None:
    """Switch notices on or off. What has not left yet stays here then."""
    with db.transaction():
        found = _person(person_id)
        if not wanted and found.notices_off_at is None:
            found.notices_off_at = db.now()
            outbox.call_off(found.organisation_id, addressee=_addressee(found))
        elif wanted:
            found.notices_off_at = None


def _addressee(person: Person) -> str:
    return f"person:{person.id}"


def _person(person_id: int) -> Person:
    return db.session.scalars(select(Person).where(Person.id == person_id).execution_options(populate_existing=True)).one()


# --- The link in each mail ------------------------------------------------------------------------------------------------

def token(person: Person) -> str:
    """What the link in a mail says: whoever has it may switch this person's notices off, and nothing else."""
    return str(_signer().dumps([person.organisation_id, person.id]))


def stop(given: str) -> bool:
    """Switch the notices of the person of this token off; False when it is none."""
    found = _of(given)
    if found is None:
        return False
    organisation_id, person_id = found
    with db.scoped(organisation_id):
        choose(person_id, wanted=False)
    return True


def known(given: str) -> bool:
    """Whether this is a token of somebody."""
    return _of(given) is not None


def _of(given: str) -> tuple[int, int] | None:
    """The organisation and the person of a token; of accounts that were joined, the one that stayed."""
    try:
        organisation_id, person_id = _signer().loads(given)
    except (BadSignature, ValueError, TypeError):
        return None
    with db.scoped(organisation_id):
        found = db.session.scalars(select(Person).where(Person.id == person_id)).one_or_none()
        if found is None:
            return None
        return organisation_id, found.joined_into or found.id


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt="notices")
