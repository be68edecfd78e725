"""Registration by link: an administrator of Lotse makes a link, an administrator of an LMS opens it there.

Who holds the link may register one platform for one organisation, once. Nothing else protects the page, and nothing else
needs to: it is opened in a frame of a site that nobody knows yet, where no cookie comes along. What is registered waits for
approval, so a link that fell into wrong hands lets nobody in.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

import httpx2
import structlog
from flask_babel import gettext as _
from sqlalchemy import and_, or_, select, update
from sqlalchemy.exc import IntegrityError

from accounts import service as accounts
from core import db
from core.config import settings
from core.http import Answer, OutgoingError, client, fetch
from core.i18n import LANGUAGES, N_, in_language
from core.sessions import digest
from lti import dynamic, legacy, registration
from lti.addresses import fault_of
from lti.dynamic import Configuration, Present, Registered, Tool
from lti.models import Platform, RegistrationLink
from lti.registration import PlatformData, RegistrationError
from lti.registration_faults import RegistrationFault

log = structlog.get_logger("lti")
HOURS = 24
MOST_HOURS = 24 * 14
# A try that was cut short (a killed process) gives the link free again. Longer than all requests of one try together.
BUSY = timedelta(minutes=5)
DESCRIPTION = N_("Courses on artificial intelligence with exercises, feedback and certificates")
CHOOSE = N_("Choose from Lotse")


# --- Links, for Lotse's administrator --------------------------------------------------------------------------------------

def invite(organisation_id: int, name: str = "", hours: int = HOURS, created_by: int | None = None) -> tuple[RegistrationLink, str]:
    """A new link, and its address, which is not to be had again. It has a query, because older ILIAS goes on with `&`."""
    secret = secrets.token_urlsafe(24)
    with db.scoped(organisation_id), db.transaction() as tx:
        link = RegistrationLink(
            secret=digest(secret), name=name.strip(), created_by=created_by, expires_at=db.now() + timedelta(hours=min(hours, MOST_HOURS)),
        )
        tx.add(link)
    return link, f"{settings().base_url}/lti/register?t={secret}"


def links() -> list[RegistrationLink]:
    """The links of the organisation acted for, the newest first."""
    return list(db.session.scalars(select(RegistrationLink).order_by(RegistrationLink.id.desc()).limit(50)))


def all_links() -> list[RegistrationLink]:
    """The links of all organisations, for the operator."""
    with db.unscoped():  # The operator looks after all tenants.
        return links()


def state_of(link: RegistrationLink) -> str:
    """Where a link stands: used, canceled, expired or open."""
    if link.platform_id is not None:
        return "used"
    if link.error == "link_canceled":
        return "canceled"
    return "expired" if link.expires_at <= db.now() else "open"


def cancel(link_id: int) -> bool:
    """End a link of the organisation acted for; one that was used stays as it is. False: there is no such link."""
    with db.transaction() as tx:
        link = tx.scalars(select(RegistrationLink).where(RegistrationLink.id == link_id)).one_or_none()
        if link is not None and link.platform_id is None:
            link.expires_at, link.error = db.now(), "link_canceled"
    return link is not None


# --- What the LMS's administrator does with it ------------------------------------------------------------------------------

def opened(secret: str | None) -> RegistrationLink:
    """The link with this secret, whatever became of it. Raises RegistrationFault when there is none."""
    with db.unscoped():  # The link tells the tenant.
        found = db.session.scalars(select(RegistrationLink).where(RegistrationLink.secret == digest(secret or ""))).one_or_none()
    if found is None:
        raise RegistrationFault("link_unknown")
    return found


def check_open(link: RegistrationLink) -> None:
    """Raises RegistrationFault when the link does not register anything any more."""
    state = state_of(link)
    if state != "open":
        raise RegistrationFault(f"link_{state}")


def platform_of(link: RegistrationLink) -> Platform | None:
    """What came of the link."""
    with db.scoped(link.organisation_id):
        return db.session.get(Platform, link.platform_id) if link.platform_id else None


def introduce(link: RegistrationLink, url: str | None, token: str | None) -> Configuration:
    """What the platform says about itself, before anybody has confirmed anything. Raises RegistrationFault."""
    check_open(link)
    try:
        dynamic.configuration_origin(url)
        dynamic.check_token(token, db.now().timestamp())
        with client(settings()) as http:
            return _configuration(http, str(url))
    except RegistrationFault as fault:
        note(link, fault)
        raise


def register(link: RegistrationLink, url: str, token: str) -> Platform:
    """Register Lotse at the platform, and the platform, waiting for approval, at Lotse. Spends the link. Raises RegistrationFault.

    Of several calls at the same moment one goes on. After a fault the link can be used again. The same confirmation once more (a
    double click, a page loaded anew) gets what came of the first one.
    """
    with db.scoped(link.organisation_id):
        try:
            moment = _claim(link)
        except RegistrationFault:
            if found := platform_of(link):
                return found
            raise
        try:
            return _register(link, moment, url, token)
        except RegistrationFault as fault:
            _release(link, moment, fault)
            raise


def note(link: RegistrationLink, fault: RegistrationFault) -> None:
    """Keep with an open link why it did not succeed, for Lotse's administrator."""
    log.info("registration_failed", reason=fault.code, link=link.id)
    with db.scoped(link.organisation_id), db.transaction() as tx:
        tx.execute(update(RegistrationLink).where(RegistrationLink.id == link.id, RegistrationLink.platform_id.is_(None)).values(error=fault.code))


def _claim(link: RegistrationLink) -> datetime:
    """Take the link. The moment is the token by which it is given back or spent."""
    moment = db.now()
    free = or_(RegistrationLink.used_at.is_(None), RegistrationLink.used_at < moment - BUSY)
    if not _change(link, and_(free, RegistrationLink.platform_id.is_(None), RegistrationLink.expires_at > moment), used_at=moment):
        with db.transaction() as tx:
            tx.refresh(link)
        check_open(link)
        raise RegistrationFault("link_busy")
    return moment


def _release(link: RegistrationLink, moment: datetime, fault: RegistrationFault) -> None:
    log.info("registration_failed", reason=fault.code, link=link.id)
    _change(link, _mine(moment), used_at=None, error=fault.code)


def _mine(moment: datetime) -> Any:
    return and_(RegistrationLink.used_at == moment, RegistrationLink.platform_id.is_(None))


def _change(link: RegistrationLink, where: Any, **values: Any) -> bool:
    change = update(RegistrationLink).where(RegistrationLink.id == link.id, where).values(values).execution_options(synchronize_session=False)
    with db.transaction():
        return db.changed(change) == 1


def _register(link: RegistrationLink, moment: datetime, url: str, token: str) -> Platform:
    dynamic.check_token(token, db.now().timestamp())
    with client(settings()) as http:
        platform = _configuration(http, url)
        present = _present(http, platform, token) if dynamic.is_update(token) else None
        consumer = _check_present(platform, present) if present else None
        answer = _send(http, platform, token, put=present is not None)
    try:
        return _keep(link, moment, platform, answer, consumer)
    except (IntegrityError, RegistrationError) as error:
        raise RegistrationFault("platform_taken") from error


# --- Words with the platform ---------------------------------------------------------------------------------------------------

def _configuration(http: httpx2.Client, url: str) -> Configuration:
    try:
        answer = fetch(http, "GET", url, headers={"Accept": "application/json"})
    except OutgoingError as error:
        raise RegistrationFault("configuration_unreachable", address=url, reason=error.reason) from error
    if answer.status != 200:
        raise RegistrationFault("configuration_status", address=url, status=answer.status)
    platform = dynamic.read_configuration(_json(answer, "configuration_malformed"), url)
    for field, address in (("authorization_endpoint", platform.auth_url), ("token_endpoint", platform.token_url), ("jwks_uri", platform.jwks_url)):
        if fault_of(address, settings()):
            raise RegistrationFault("configuration_incomplete", field=field)
    return platform


def _present(http: httpx2.Client, platform: Configuration, token: str) -> Present:
    """The registration that the token lets us change."""
    answer = _ask(http, "GET", platform, token)
    if answer.status != 200:
        raise _refusal(answer)
    return dynamic.read_present(_json(answer, "answer_malformed"))


def _send(http: httpx2.Client, platform: Configuration, token: str, *, put: bool) -> Registered:
    """Hand the registration over: Moodle answers 200, the specification says 201 (Dynamic Registration 1.0, section 3.6).

    An existing one is changed by POST in Moodle (registration-upgrade-from-lti1p1.http), by PUT where POST is not known.
    """
    document = dynamic.request_document(platform, tool())
    answer = _ask(http, "POST", platform, token, json=document)
    if put and answer.status == 405:
        answer = _ask(http, "PUT", platform, token, json=document)
    if answer.status not in (200, 201):
        raise _refusal(answer)
    return dynamic.read_answer(_json(answer, "answer_malformed"))


def _ask(http: httpx2.Client, method: str, platform: Configuration, token: str, **options: Any) -> Answer:
    headers = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
    try:
        return fetch(http, method, platform.registration_url, headers=headers, **options)
    except OutgoingError as error:
        raise RegistrationFault("registration_unreachable", reason=error.reason) from error


def _refusal(answer: Answer) -> RegistrationFault:
    if answer.status in (401, 403):
        return RegistrationFault("token_refused")
    return RegistrationFault("refused", status=answer.status, said=_said(answer))


def _said(answer: Answer) -> str:
    """The platform's words. Moodle's are bare text under the name of HTML (registration-errors.http); pages are not repeated."""
    text = answer.content[:1000].decode("utf-8", "replace").strip()
    return "–" if text.startswith("<") else "".join(letter for letter in text if letter.isprintable())[:200]


def _json(answer: Answer, code: str) -> object:
    try:
        document: object = answer.json()
    except (OutgoingError, RecursionError) as error:
        raise RegistrationFault(code) from error
    return document


def tool() -> Tool:
    """What Lotse says about itself, for the organisation acted for."""
    organisation_id = db.acting_for()
    assert isinstance(organisation_id, int)
    return Tool(
        settings().base_url, accounts.organisation_name(organisation_id), _in_all_languages(DESCRIPTION), _in_all_languages(CHOOSE),
        policy_url=settings().privacy_url,
    )


def _in_all_languages(text: str) -> dict[str, str]:
    texts = {}
    for language in LANGUAGES:
        with in_language(language):
            texts[language] = _(text)
    return texts


# --- What stays ------------------------------------------------------------------------------------------------------------------

def _check_present(platform: Configuration, present: Present) -> Platform | None:
    """Before anything is changed at the platform: may this organisation change it? The 1.1 consumer, if it was one."""
    try:
        if present.client_id:
            registration.known(platform.issuer, present.client_id, by_link=True)
    except RegistrationError as error:
        raise RegistrationFault("platform_taken") from error
    return _consumer(present)


def _consumer(present: Present) -> Platform | None:
    """The LTI 1.1 consumer that is turned into 1.3. Raises RegistrationFault when we know it and the proof does not fit."""
    proof = present.consumer
    consumer = legacy.own_consumer(proof.key) if proof else None
    if consumer is None or proof is None:
        return None
    try:
        secret = legacy.secret_of(consumer, settings().secret_key)
    except legacy.SecretTroubleError as error:
        raise RegistrationFault("consumer_proof") from error
    if not legacy.signed_for_upgrade(secret, proof.key, proof.nonce, proof.sign):
        raise RegistrationFault("consumer_proof")
    return consumer


def _keep(link: RegistrationLink, moment: datetime, platform: Configuration, answer: Registered, consumer: Platform | None) -> Platform:
    """Write the platform, its deployment and what came of the link: all or nothing. Raises RegistrationError.

    What is new or has other addresses than before waits for approval; an update that changes neither goes on.
    """
    data = PlatformData(platform.issuer, answer.client_id, platform.auth_url, platform.token_url, platform.jwks_url, name=link.name)
    with db.transaction() as tx:
        row = registration.known(data.issuer, data.client_id, by_link=True)
        as_before = row is not None and (row.auth_url, row.token_url, row.jwks_url) == (data.auth_url, data.token_url, data.jwks_url)
        if row is None:
            row = Platform()
            tx.add(row)
        registration.bring_up_to_date(row, data)
        row.waiting = row.waiting or not as_before
        row.family, row.version = platform.family, platform.version
        row.registered = {
            "scopes": list(answer.scopes), "deployment_id": answer.deployment_id, "at": moment.isoformat(),
            **({"consumer": consumer.id} if consumer else {}),
        }
        if answer.deployment_id:
            registration.note_pending(row.id, answer.deployment_id)
        tx.flush()
        if not _change(link, _mine(moment), platform_id=row.id, error=None):
            raise RegistrationFault("link_used")  # Another try has taken over; nothing of this one stays.
    return row
