"""Which models answer in a run of a course at this moment."""

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from core import db, http
from core.config import settings
from gateway import client
from gateway.abilities import CHAT, LOGPROBS, ROLES, SCHEMA, TOKENIZE
from gateway.client import Endpoint, Patience
from gateway.embedded import SERVER_FILE
from gateway.faults import GatewayError
from gateway.models import Gateway, GatewayModel
from gateway.reading import read
from gateway.servers import EMBEDDED, of_gateway
from gateway.service import health
from gateway.service.keys import unlocked
from gateway.service.policies import policy, run_models

# Behind the embedded model people wait for each other, and a long source takes it a minute to read.
EMBEDDED_PATIENCE = Patience(silence=120, total=300)


@dataclass(frozen=True)
class Model:
    """A model that answers now. `name` is its id at the endpoint, `title` what people read."""

    endpoint: Endpoint
    name: str
    title: str = ""
    abilities: frozenset[str] = frozenset()
    external: bool = False
    own: bool = True                   # a process of Lotse's own on this machine, never an address that somebody typed
    server: str = EMBEDDED           # who waits for whom: models of one server share its line

    @property
    def label(self) -> str:
        """What people read."""
        return self.title or self.name

    @property
    def key(self) -> str:
        """Which model of which server: two gateways may offer models of the same name."""
        return f"{self.name}@{self.server}"


def models(run_id: int, role: str = CHAT) -> list[Model]:
    """The models that a run may use for this role now, the usual one first. What is down, or not allowed here, is left out.

    The university's own servers come before the models on this machine, and those before external ones: nothing leaves the
    university unless an exercise names it. A server that failed a moment ago comes last.
    """
    allowed, here = policy(), run_models(run_id)
    if here.silent:
        return []
    found = [*_offered(role, allowed.external and here.external), *(_embedded(role) if allowed.embedded else [])]
    return sorted(found, key=lambda entry: (health.doubtful(entry.server), entry.external, entry.own))


def model(run_id: int | None = None, wanted: str = "", role: str = CHAT, needs: frozenset[str] = frozenset()) -> Model | None:
    """The model of this name, title, key or role, else the usual one that can do what is needed; None when there is none.

    Without a run: of the models on this machine.
    """
    if wanted in ROLES:
        wanted, role = "", wanted
    found = _embedded(role) if run_id is None else models(run_id, role)
    named = wanted.casefold()
    return next((
        entry for entry in found
        if needs <= entry.abilities and (not named or named in (entry.name.casefold(), entry.title.casefold(), entry.key.casefold()))
    ), None)


def external_names(run_id: int) -> tuple[str, ...]:
    """The external models that learners of a run may meet, as people read them. From the rows alone: no server is asked."""
    here = run_models(run_id)
    if here.silent or not here.external or not policy().external:
        return ()
    return tuple(model.label for model in _offered(CHAT, True) if model.external)


def _offered(role: str, external: bool) -> list[Model]:
    """What the organisation's gateways offered when they were checked."""
    rows = db.session.execute(
        select(Gateway, GatewayModel).join(GatewayModel, GatewayModel.gateway_id == Gateway.id)
        .where(Gateway.enabled, GatewayModel.missing_since.is_(None)).order_by(Gateway.id, GatewayModel.id)
    ).all()
    found = []
    for gateway, entry in rows:
        if role in entry.roles and (external or not gateway.external):
            with suppress(GatewayError):  # Its key cannot be read any more: the administrators' page says so.
                endpoint = Endpoint(gateway.url, unlocked(gateway))
                found.append(Model(
                    endpoint, entry.name, entry.title, frozenset(entry.abilities), gateway.external, own=False, server=of_gateway(gateway.id),
                ))
    return found


def _embedded(role: str) -> list[Model]:
    """The models that serve on this machine: one, or several where the file names several."""
    said = read(settings().data_dir / SERVER_FILE)
    entries = said.get("models", [said] if said else [])
    return [found for entry in entries if role in entry.get("roles", (CHAT,)) for found in _answering(entry)]


def _answering(entry: dict[str, Any]) -> list[Model]:
    endpoint = Endpoint(str(entry["url"]), str(entry["key"]), EMBEDDED_PATIENCE)
    abilities = frozenset(entry.get("abilities", (LOGPROBS, SCHEMA, TOKENIZE)))
    if "name" in entry:  # Written by the keeper, which notices within a moment when it dies, unless it was killed itself.
        return [Model(endpoint, str(entry["name"]), str(entry.get("title", "")), abilities)] if _lives(entry) else []
    with suppress(GatewayError), http.client(settings(), listed=(urlsplit(endpoint.url).netloc,)) as connection:
        names = client.models(connection, endpoint)
        return [Model(endpoint, names[0], str(entry.get("title", "")), abilities)] if names else []
    return []


def _lives(entry: dict[str, Any]) -> bool:
    try:
        os.kill(int(entry["pid"]), 0)
    except PermissionError:
        return True
    except (OSError, ValueError, KeyError):
        return False
    return True
