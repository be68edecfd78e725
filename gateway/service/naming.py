"""What people read of models that answered once, also when they are no longer offered."""

from collections import Counter
from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import select

from core import db
from gateway.models import Gateway, GatewayModel
from gateway.servers import gateway_of, of_gateway


def names_of(keys: Iterable[str]) -> dict[str, str]:
    """The names of models by their keys (Model.key). Of equal names each says its gateway; external ones say that they are."""
    parts = {key: key.rpartition("@")[::2] if "@" in key else (key, "") for key in dict.fromkeys(keys)}
    wanted = {number for _name, server in parts.values() if (number := gateway_of(server)) is not None}
    rows = db.session.execute(
        select(Gateway.id, Gateway.name, Gateway.external, GatewayModel.name, GatewayModel.title)
        .outerjoin(GatewayModel, GatewayModel.gateway_id == Gateway.id).where(Gateway.id.in_(wanted))
    ).all() if wanted else []
    gateways = {of_gateway(id_): (place, external) for id_, place, external, _name, _title in rows}
    titles = {f"{name}@{of_gateway(id_)}": title for id_, _place, _external, name, title in rows if title}
    labels = {key: titles.get(key, name) for key, (name, _server) in parts.items()}
    often = Counter(labels.values())
    return {key: _named(labels[key], *gateways.get(server, ("", False)), alone=often[labels[key]] == 1) for key, (_name, server) in parts.items()}


def _named(label: str, place: str, external: bool, *, alone: bool) -> str:
    name = label if alone or not place else f"{label} · {place}"
    return str(_("%(name)s (external)", name=name)) if external else name
