"""Deep Linking: a lecturer chooses what links in the LMS open. Nothing is written but the launch session, and nobody is enrolled."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import select

from accounts.models import Role
from core import db
from core.config import settings
from core.i18n import N_
from lti import admission, deep_linking, keys
from lti.addresses import fault_of
from lti.claims import Message
from lti.deep_linking import LINK_TYPE, Chosen, preset_points
from lti.landing import Landing
from lti.models import Platform
from lti.offers import Offer, Search
from lti.platforms import profile_of
from lti.refusals import Refused
from lti.roles import role_in_context
from lti.service import tool_keys
from lti.service.login import launch_url

KEY = "choosing"
MOST = 50
CANCELLED = N_("Nothing was chosen, so nothing was added.")
UNFIT = N_("Your learning platform does not take links to Lotse in this place, so nothing was added.")


@dataclass(frozen=True)
class Entry:
    """Something in the basket, with what the lecturer wrote about it; numbers as they were typed."""

    key: str
    title: str
    text: str
    graded: bool
    points: str
    draw: str = ""


@dataclass(frozen=True)
class Choosing:
    """One lecturer's choice as the launch session keeps it: where it goes, what is looked for, and what is in the basket."""

    platform: int
    deployment: str
    return_url: str
    data: str | None
    multiple: bool
    fits: bool                         # whether the platform takes links at all
    family: str
    search: Search = field(default_factory=Search)
    basket: tuple[Entry, ...] = ()

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "Choosing":
        """From the session."""
        return cls(**{**kept, "search": Search(**kept["search"]), "basket": tuple(Entry(**entry) for entry in kept["basket"])})

    @property
    def kept(self) -> dict[str, Any]:
        """For the session."""
        return {**asdict(self), "basket": [asdict(entry) for entry in self.basket]}

    @property
    def keys(self) -> tuple[str, ...]:
        """What is in the basket, by name."""
        return tuple(entry.key for entry in self.basket)

    def choose(self, shown: Iterable[str], picked: Iterable[str], known: Mapping[str, Offer]) -> "Choosing":
        """The basket after a page with `shown` came back with `picked`; what stood on no page stays. Names that nobody has are dropped."""
        wanted = [key for key in dict.fromkeys(picked) if key in known]
        if not self.multiple:
            return self if not wanted else self._with(wanted[:1], known)
        gone = set(shown) - set(wanted)
        return self._with([*(key for key in self.keys if key not in gone), *(key for key in wanted if key not in self.keys)], known)

    def without(self, key: str) -> "Choosing":
        """The basket without this."""
        return replace(self, basket=tuple(entry for entry in self.basket if entry.key != key))

    def _with(self, wanted: Iterable[str], known: Mapping[str, Offer]) -> "Choosing":
        present = {entry.key: entry for entry in self.basket}
        return replace(self, basket=tuple(present.get(key) or _entry(known[key]) for key in wanted))


def _entry(offer: Offer) -> Entry:
    points = preset_points(offer.points)
    title, text = deep_linking.one_line(offer.title), deep_linking.some_lines(offer.text)
    return Entry(offer.key, title, text, points is not None, str(points or ""))


class HandOver(NamedTuple):
    """The form that carries the choice to the platform."""

    url: str
    token: str


def begin(platform: Platform, deployment_id: int, message: Message) -> Landing:
    """Where a deep linking launch leads. Call in the transaction of the launch. Raises Refused.

    Only people who teach in the context may choose: the role of the context counts, as everywhere (lti.roles).
    """
    choice = message.choice
    if choice is None or fault_of(choice.return_url, settings()) is not None:
        raise Refused("return_url_missing")  # Also what would carry the signed choice through the internet in the clear.
    if role_in_context(message.roles) != Role.LECTURER:
        raise Refused("teachers_only")
    admission.learn(platform, message)
    choosing = Choosing(
        platform.id, message.deployment_id, choice.return_url, choice.data, choice.multiple, LINK_TYPE in choice.types,
        message.family or platform.family,
    )
    return Landing("lti_chooser.pick", session={KEY: choosing.kept}, outcome="choosing")


def hand_over(choosing: Choosing, chosen: Iterable[Chosen]) -> HandOver:
    """The signed choice. Making it twice is harmless: what becomes of it is up to the platform. Raises LookupError for a platform gone."""
    return _signed(choosing, chosen, {})


def cancel(choosing: Choosing) -> HandOver:
    """The signed answer of somebody who chose nothing, or could not. Raises LookupError for a platform gone."""
    return _signed(choosing, (), {"msg": _(CANCELLED)} if choosing.fits else {"errormsg": _(UNFIT)})


def _signed(choosing: Choosing, chosen: Iterable[Chosen], notes: Mapping[str, str]) -> HandOver:
    platform = db.session.scalars(select(Platform).where(Platform.id == choosing.platform, Platform.active.is_(True))).one_or_none()
    if platform is None:
        raise LookupError(choosing.platform)
    to = deep_linking.Platform(
        platform.issuer, platform.client_id, choosing.deployment, choosing.data, profile_of(choosing.family or platform.family),
    )
    claims = deep_linking.response(to, chosen, launch_url(), db.now().timestamp(), notes)
    with db.transaction():
        tool_keys.make_missing()  # The first choice may come before anybody has fetched the keys.
        return HandOver(choosing.return_url, keys.sign(claims, settings().secret_key))
