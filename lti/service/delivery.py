"""How scores travel to one platform: several at once, and no further when the platform is in trouble.

`WAYS` names the protocol's way. Each makes ready what all scores of a link need, and sends one score.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Protocol

import httpx2
import structlog
from flask import Flask, current_app
from sqlalchemy import or_, select, update

from core import db
from core.config import settings
from core.http import client
from lti import grades, legacy
from lti.connection import STRIKES, Connection, LaterError, NeverError
from lti.grades import SCORES, Address, Parcel
from lti.models import Platform, ResourceLink
from lti.outcomes import Outcomes
from lti.platforms import profile_of
from lti.platforms.generic import Generic
from lti.service import calls

log = structlog.get_logger("lti")
AT_ONCE = 4                            # scores under way to one platform from one process
BATCH_SECONDS = 20                     # after that no further score of a batch is begun: leases are longer (core.jobs.LEASE)
AHEAD = 10                             # seconds that a score's timestamp may be ahead of the clock
MAKING = timedelta(minutes=3)
MAKING_PATIENCE = 3

Failure = LaterError | NeverError


class Way(Protocol):
    """How scores travel by one protocol. Several threads use it at once."""

    def prepare(self, address: Address) -> Address:
        """Make ready what all scores of a link need, and say where they go. Raises LaterError or NeverError."""

    def send(self, parcel: Parcel) -> None:
        """Tell the platform one score; return when it has it. Raises LaterError or NeverError."""


# --- LTI Advantage ----------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Advantage:
    """By Assignment and Grade Services."""

    connection: Connection
    profile: Generic

    def prepare(self, address: Address) -> Address:
        """An access token, and the line item."""
        self.connection.token([SCORES])
        return address if address.lineitem else replace(address, lineitem=_line_item(self.connection, address))

    def send(self, parcel: Parcel) -> None:
        """Post the score."""
        assert parcel.address.lineitem
        grades.send(self.connection, self.profile, parcel.address.lineitem, parcel)


def _advantage(http: httpx2.Client, platform: Platform) -> Way:
    return Advantage(calls.connection(http, platform), profile_of(platform.family))


def _outcomes(http: httpx2.Client, platform: Platform) -> Way:
    """By LTI 1.1 Basic Outcomes."""
    try:
        secret = legacy.secret_of(platform, settings().secret_key)
    except legacy.SecretTroubleError as error:
        log.error("key_trouble", reason=str(error))
        secret = None
    return Outcomes(http, platform.client_id, secret)


WAYS: dict[str, Callable[[httpx2.Client, Platform], Way]] = {"1.3": _advantage, legacy.PROTOCOL: _outcomes}
"""By Platform.protocol."""


def _line_item(connection: Connection, address: Address) -> str:
    """The link's own line item, made once: of several workers one makes it and the others wait for it.

    A worker that is killed between making it and keeping its address leaves it at the platform, where the next one finds it.
    """
    if not _begin_making(address.link):
        return _made_elsewhere(address.link)
    try:
        lineitem = grades.find_line_item(connection, address)
    except (LaterError, NeverError):
        _keep_line_item(address.link, None)
        raise
    if lineitem is None:
        lineitem = _made_line_item(connection, address)
    _keep_line_item(address.link, lineitem)
    return lineitem


def _made_line_item(connection: Connection, address: Address) -> str:
    try:
        return grades.make_line_item(connection, address)
    except LaterError as error:
        # Without an answer the platform may be making it still: who searched at once would not find it, and make another.
        if str(error) != "unreachable":
            _keep_line_item(address.link, None)
        raise
    except NeverError:
        _keep_line_item(address.link, None)
        raise


def _begin_making(link_id: int) -> bool:
    moment = db.now()
    free = or_(ResourceLink.making_until.is_(None), ResourceLink.making_until < moment)
    take = update(ResourceLink).where(ResourceLink.id == link_id, ResourceLink.lineitem.is_(None), free).values(making_until=moment + MAKING)
    with db.transaction():
        return db.changed(take) == 1


def _made_elsewhere(link_id: int) -> str:
    """Another worker makes it, which takes a moment."""
    end = time.monotonic() + MAKING_PATIENCE
    while True:
        with db.transaction() as tx:
            lineitem = tx.scalar(select(ResourceLink.lineitem).where(ResourceLink.id == link_id))
        if lineitem:
            return lineitem
        if time.monotonic() > end:
            raise LaterError("item_in_the_making")
        time.sleep(0.1)


def _keep_line_item(link_id: int, lineitem: str | None) -> None:
    with db.transaction() as tx:
        tx.execute(update(ResourceLink).where(ResourceLink.id == link_id).values(lineitem=lineitem, making_until=None))


# --- A batch ----------------------------------------------------------------------------------------------------------

@dataclass
class _Trouble:
    """Notices that the platform is in trouble, so that not each score of a batch waits for that in vain."""

    strikes: int = 0
    error: LaterError | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, failure: Failure | None) -> None:
        with self.lock:
            if not isinstance(failure, LaterError):
                self.strikes = 0
                return
            self.strikes += failure.strikes
            if self.strikes >= STRIKES:
                self.error = self.error or failure


@dataclass(frozen=True)
class Delivered:
    """What became of a batch, by row: None when the platform has the score. `trouble`: nothing works there at present."""

    failures: Mapping[int, Failure | None]
    trouble: bool


@dataclass(frozen=True)
class Delivery:
    """A platform that is spoken to for a while, over connections that are kept."""

    way: Way
    app: Flask
    organisation_id: int

    def send_all(self, parcels: Mapping[int, Parcel]) -> Delivered:
        """Send scores, by row; no transaction is open. Never raises."""
        trouble, end = _Trouble(), time.monotonic() + BATCH_SECONDS
        ready = self._prepare(parcels, trouble)

        def one(parcel: Parcel) -> Failure | None:
            address = ready[parcel.address.link]
            if not isinstance(address, Address):
                return address
            if time.monotonic() > end:
                return LaterError("out_of_time", timedelta(0))
            return _attempt(lambda: self.way.send(replace(parcel, address=_in_time(parcel, address))), trouble)

        return Delivered(dict(zip(parcels, self._each(one, list(parcels.values())), strict=True)), trouble.error is not None)

    def _prepare(self, parcels: Mapping[int, Parcel], trouble: _Trouble) -> dict[int, Address | Failure]:
        ready: dict[int, Address | Failure] = {}
        for address in {parcel.address.link: parcel.address for parcel in parcels.values()}.values():
            failure = _attempt(lambda address=address: ready.update({address.link: self.way.prepare(address)}), trouble)  # type: ignore[misc]
            if failure is not None:
                ready[address.link] = failure
        return ready

    def _each(self, call: Callable[[Parcel], Failure | None], parcels: list[Parcel]) -> list[Failure | None]:
        if len(parcels) < 2:
            return [call(parcel) for parcel in parcels]
        with ThreadPoolExecutor(min(AT_ONCE, len(parcels)), thread_name_prefix="scores") as pool:
            return list(pool.map(lambda parcel: self._in_house(call, parcel), parcels))

    def _in_house(self, call: Callable[[Parcel], Failure | None], parcel: Parcel) -> Failure | None:
        with self.app.app_context(), db.scoped(self.organisation_id):  # A new token is signed with a key from the database.
            return call(parcel)


@contextmanager
def delivery(platform_id: int) -> Iterator[Delivery]:
    """Speak to a platform of the organisation acted for."""
    platform = db.session.scalars(select(Platform).where(Platform.id == platform_id)).one()
    db.session.commit()
    with client(settings()) as http:
        app: Any = current_app
        yield Delivery(WAYS[platform.protocol](http, platform), app._get_current_object(), platform.organisation_id)


def _in_time(parcel: Parcel, address: Address) -> Address:
    """A timestamp in the future would block later scores until then (ags-score.http). Raises LaterError."""
    ahead = parcel.second - db.now().timestamp()
    if ahead > AHEAD:
        raise LaterError("too_fast", timedelta(seconds=ahead - AHEAD))
    return address


def _attempt(call: Callable[[], None], trouble: _Trouble) -> Failure | None:
    if trouble.error is not None:
        return trouble.error
    failure: Failure | None = None
    try:
        call()
    except (LaterError, NeverError) as error:
        failure = error
    except Exception:  # What nobody thought of must not keep the others of the batch.
        log.exception("score_broken")
        failure = LaterError("broken")
    trouble.note(failure)
    return failure
