"""LTI 1.1: consumers, their launches, and what makes each launch count once."""

from datetime import timedelta

from sqlalchemy import delete, select

from core import db
from core.config import settings
from core.sessions import digest
from lti import form, legacy, oauth
from lti.claims import Message
from lti.launch import OLDEST
from lti.models import Platform, SpentNonce
from lti.oauth import Form
from lti.refusals import Refused
from lti.service import launches
from lti.service.launches import Admission

PATH = "/lti/1p1/launch"


def launch_url() -> str:
    """The address that consumers are given."""
    return settings().base_url + PATH


def switched_on() -> bool:
    """Whether the operator lets old platforms in at all."""
    return settings().lti11 == "on"


def consumer_of(posted: Form) -> Platform:
    """The consumer that says to have signed a form. Raises Refused."""
    found = legacy.consumer_for(posted.fields["oauth_consumer_key"])
    if found is None:
        raise Refused("platform_unknown")
    return found


def verify(consumer: Platform, posted: Form) -> Message:
    """What the consumer has signed. Raises Refused."""
    try:
        secret = legacy.secret_of(consumer, settings().secret_key)
    except legacy.SecretTroubleError as error:
        raise Refused("secret_unreadable") from error
    fields = oauth.verify(posted, secret, db.now().timestamp())
    return form.message_of(fields, posted.address, consumer.family)


def admit(consumer: Platform, posted: Form, message: Message, browser: str, reference: str) -> Admission:
    """Let the person of a verified form in, once. Raises Refused."""
    with db.scoped(consumer.organisation_id):
        return launches.let_in(consumer, message, browser, reference, lambda: _spend(consumer, posted))


def _spend(consumer: Platform, posted: Form) -> None:
    """Use the nonce up (RFC 5849, section 3.3). Of two launches with the same one the second finds it, or cannot add it."""
    nonce = digest(f"{consumer.id} {posted.fields['oauth_timestamp']} {posted.fields['oauth_nonce']}")
    if db.session.scalar(select(SpentNonce.nonce).where(SpentNonce.nonce == nonce)) is not None:
        raise Refused("nonce_used")
    db.session.add(SpentNonce(nonce=nonce, expires_at=db.now() + timedelta(seconds=2 * OLDEST)))
    db.session.flush()


def forget_old() -> None:
    """Remove nonces of forms that are too old to be let in anyway."""
    with db.unscoped(), db.transaction() as tx:  # By age alone, whosever they are.
        tx.execute(delete(SpentNonce).where(SpentNonce.expires_at < db.now()))


# --- For the operator ---------------------------------------------------------------------------------------------------

def add_consumer(organisation_id: int, name: str, url: str) -> tuple[Platform, str]:
    """A new consumer and its secret, which is shown this once."""
    with db.scoped(organisation_id), db.transaction():
        return legacy.add_consumer(name, url, settings().secret_key)


def new_secret(consumer: Platform) -> str:
    """Another secret in place of the present one."""
    with db.scoped(consumer.organisation_id), db.transaction() as tx:
        return legacy.new_secret(tx.get_one(Platform, consumer.id), settings().secret_key)
