"""Which models answer in a run of a course at this moment."""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core import http
from core.config import settings
from gateway import client
from gateway.abilities import CHAT
from gateway.client import Endpoint, Patience
from gateway.embedded import SERVER_FILE
from gateway.faults import GatewayError

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
    server: str = "embedded"           # who waits for whom: models of one server share its line

    @property
    def label(self) -> str:
        """What people read."""
        return self.title or self.name


def models(run_id: int, role: str = CHAT) -> list[Model]:
    """The models that a run may use for this role now, the usual one first. What is down, or not allowed here, is left out."""
    found = model()
    return [found] if found and role == CHAT else []


def model(run_id: int | None = None, wanted: str = "", role: str = CHAT, needs: frozenset[str] = frozenset()) -> Model | None:
    """The model of this name or title, else the usual one that can do what is needed; None when there is none."""
    server = read(SERVER_FILE)
    if not server:
        return None
    endpoint = Endpoint(str(server["url"]), str(server["key"]), EMBEDDED_PATIENCE)
    with suppress(GatewayError), http.client(settings(), listed=(urlsplit(endpoint.url).netloc,)) as connection:
        names = client.models(connection, endpoint)
        return Model(endpoint, names[0]) if names else None
    return None


def read(path: Path) -> dict[str, Any]:
    """A small file that another process writes in one step; empty when it is not there."""
    try:
        found = json.loads((settings().data_dir / path).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
