"""An organisation's gateways: entering them, asking what they offer, and probing what their models can do."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

import httpx2
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core import db, http, jobs
from core.config import replace_settings, settings
from gateway import addresses, client, probes
from gateway.abilities import CHAT, EMBED, EMBEDDER, ROLES
from gateway.faults import GatewayError
from gateway.models import Gateway, GatewayModel
from gateway.servers import of_gateway
from gateway.service import allowances, health, keys
from gateway.wire import Endpoint, Patience

CHECK = "gateway.check"
DAILY = timedelta(days=1)
LEASE = timedelta(minutes=20)
MOST_PROBED = 25                       # models a check: each takes a few calls
_HURRY = Patience(total=60)


@dataclass(frozen=True)
class GatewayData:
    """What an administrator enters. `key` empty: the one that is set stays."""

    name: str
    url: str
    key: str = field(default="", repr=False)
    external: bool = True
    enabled: bool = True


def gateways() -> list[Gateway]:
    """All of the organisation, with their models."""
    return list(db.session.scalars(select(Gateway).options(selectinload(Gateway.models)).order_by(Gateway.name, Gateway.id)))


def gateway(gateway_id: int) -> Gateway | None:
    """One of the organisation, with its models."""
    return db.session.scalars(select(Gateway).where(Gateway.id == gateway_id).options(selectinload(Gateway.models))).one_or_none()


def fault_of_address(url: str) -> str:
    """Why an address cannot be used, as a message id; else empty."""
    return addresses.fault(addresses.tidy(url), settings().outgoing_hosts)


def add(data: GatewayData) -> Gateway:
    """Enter a gateway; it is checked in the background. One of the same address is changed instead."""
    with db.transaction() as tx:
        url = addresses.tidy(data.url)
        row = tx.scalars(select(Gateway).where(Gateway.url == url)).first()
        if row is None:
            row = Gateway(name=data.name, url=url)
            tx.add(row)
        _fill(row, data)
        tx.flush()
    return row


def change(row: Gateway, data: GatewayData) -> None:
    """Change a gateway. A key is never sent to another server than the one for which it was entered."""
    with db.transaction():
        url = addresses.tidy(data.url)
        if url != row.url:
            row.limits, row.limits_at = {}, None
            row.key = row.key if data.key else ""
        row.url = url
        _fill(row, data)


def _fill(row: Gateway, data: GatewayData) -> None:
    row.name, row.external, row.enabled = data.name, data.external, data.enabled
    if data.key:
        row.key = keys.locked(data.key)


def remove(row: Gateway) -> None:
    """Take a gateway and its models away. What was asked of them stays in the usage."""
    with db.transaction() as tx:
        for entry in row.models:
            tx.delete(entry)
        tx.flush()
        tx.delete(row)


def set_model(entry: GatewayModel, title: str, roles: Iterable[str]) -> None:
    """What people read for a model, and what it is used for."""
    with db.transaction():
        entry.title = title
        entry.roles = [role for role in ROLES if role in set(roles)]


def connection() -> httpx2.Client:
    """A guarded way to gateways: a private or plain server only where the operator has listed it with its port."""
    listed = addresses.with_ports(settings().outgoing_hosts)
    return http.client(replace_settings(settings(), outgoing_hosts=listed))


# --- Checking ------------------------------------------------------------------------------------------------------------

def ask_for_check(row: Gateway) -> None:
    """Have a gateway checked in the background. Asking twice is one check."""
    with db.transaction():
        if row.state != jobs.WorkState.RUNNING:
            jobs.anew(row)
            jobs.hint(jobs.queue.tasks[CHECK], row.id)


def check_due(gateway_id: int) -> None:
    """Check a gateway that is due: the background's part. Safe to run twice."""
    row = jobs.claim(Gateway, gateway_id, LEASE)
    if row is not None:
        check(row)


def check(row: Gateway) -> str:
    """Ask a gateway for its models and probe them; the fault is a key of gateway.faults.MESSAGES, or empty."""
    number, lease = row.id, row.lease
    try:
        endpoint = Endpoint(row.url, keys.unlocked(row), _HURRY)
        known = {entry.name: list(entry.roles) for entry in db.session.scalars(select(GatewayModel).where(GatewayModel.gateway_id == number))}
        db.session.rollback()          # No transaction is open while a server takes its time.
        with connection() as way, allowances.listening(way, of_gateway(number)):
            names = client.models(way, endpoint)
            wanted = [name for name in names if known.get(name)] + [name for name in names if not known.get(name)]
            found = {name: probes.abilities(way, endpoint, name) for name in wanted[:MOST_PROBED]}
    except GatewayError as error:
        health.failed(of_gateway(number))
        _keep(number, lease, error.kind)
        return error.kind
    health.answered(of_gateway(number))
    _keep(number, lease, "", names, found)
    return ""


def _keep(
    number: int, lease: str | None, fault: str, names: list[str] | None = None, found: dict[str, probes.Found] | None = None,
) -> None:
    with db.transaction() as tx:
        row = tx.get(Gateway, number)
        if row is None or row.lease != lease:  # Removed meanwhile, or checked by somebody else.
            return
        row.checked_at, row.fault = db.now(), fault
        jobs.anew(row, DAILY)
        if names is not None:
            _keep_models(number, names, found or {})


def _keep_models(number: int, names: list[str], found: dict[str, probes.Found]) -> None:
    rows = {row.name: row for row in db.session.scalars(select(GatewayModel).where(GatewayModel.gateway_id == number))}
    for name, row in rows.items():
        row.missing_since = None if name in names else row.missing_since or db.now()
    for name in names:
        row = rows.get(name) or GatewayModel(gateway_id=number, name=name, title="", roles=[], abilities=[])
        if name not in rows:
            db.session.add(row)
        probed = found.get(name)
        if probed is None:
            continue
        if name not in rows:           # What a new model is good for is proposed; an administrator decides.
            row.roles = [CHAT] if probed.answers else [EMBEDDER] if EMBED in probed.abilities else []
        row.abilities, row.probed_at = sorted(probed.abilities), db.now()
