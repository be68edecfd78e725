"""Where an organisation's gateways may stand: what an administrator types must not lead into this machine or its network.

LOTSE_OUTGOING_HOSTS serves all clients, and a host listed there without a port may run other things beside what it is listed
for (a database, a cache). So a private or plain-http gateway needs its host listed with its port.
"""

from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from core.i18n import N_

MOST = 500
_ENDINGS = ("/chat/completions", "/completions", "/embeddings", "/models")


def tidy(url: str) -> str:
    """An address as it is kept: up to what stands before /chat/completions."""
    plain = url.strip().rstrip("/")
    for ending in _ENDINGS:
        plain = plain.removesuffix(ending)
    return plain.rstrip("/")


def with_ports(listed: Iterable[str]) -> tuple[str, ...]:
    """Those of the operator's hosts that a gateway may be, although they are private or plain http."""
    return tuple(entry for entry in listed if _port(entry) is not None)


def fault(url: str, listed: Iterable[str]) -> str:
    """Why an address cannot be used, as a message id; empty when nothing speaks against it."""
    try:
        parts = urlsplit(url)
        plain = parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable() and len(url) <= MOST
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return N_("This is no address. It looks like https://models.example.edu/v1")
    if not plain or parts.query or parts.fragment or any(letter.isspace() or letter == "\\" for letter in url):
        return N_("This is no address. It looks like https://models.example.edu/v1")
    if "@" in parts.netloc:
        return N_("A name or password in the address is not allowed. Please enter the key in its own field.")
    if parts.scheme == "http" and f"{_host(parts)}:{port}" not in {entry.casefold() for entry in with_ports(listed)}:
        return N_("Only https is allowed. The operator can list the server, with its port, in LOTSE_OUTGOING_HOSTS.")
    return ""


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    return f"[{host}]" if ":" in host else host


def _port(entry: str) -> int | None:
    try:
        return urlsplit(f"//{entry}").port
    except ValueError:
        return None
