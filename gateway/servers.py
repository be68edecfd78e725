"""How servers of models are named where they wait, fail and are counted: the machine's own ones, and an organisation's gateways."""

EMBEDDED = "embedded"
_GATEWAY = "gateway "


def of_gateway(gateway_id: int) -> str:
    """The name of a gateway's server."""
    return f"{_GATEWAY}{gateway_id}"


def gateway_of(server: str) -> int | None:
    """Which gateway a server is; None: it is none."""
    return int(server.removeprefix(_GATEWAY)) if server.startswith(_GATEWAY) else None
