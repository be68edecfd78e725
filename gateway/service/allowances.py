"""What a gateway last said of how much it still answers: heard in its answers, kept for the administrators' page."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx2
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from core import db
from gateway.limits import limits_of
from gateway.models import Gateway
from gateway.servers import gateway_of


@contextmanager
def listening(connection: httpx2.Client, server: str) -> Iterator[None]:
    """Keep what the answers that come over this connection say last, refusals too. `server` as in Model: only gateways are listened to."""
    heard: dict[str, int] = {}

    def hear(response: httpx2.Response) -> None:
        nonlocal heard
        heard = limits_of(response.headers) or heard

    connection.event_hooks = {"response": [hear]}
    try:
        yield
    finally:
        gateway_id = gateway_of(server)
        if heard and gateway_id is not None:
            _keep(gateway_id, heard)


def _keep(gateway_id: int, heard: dict[str, int]) -> None:
    with suppress(DBAPIError), db.transaction() as tx:  # No answer is lost because this could not be written down.
        tx.execute(
            update(Gateway).where(Gateway.id == gateway_id).values(limits=heard, limits_at=db.now()).execution_options(synchronize_session=False)
        )
