"""Addresses that come from people and platforms: their origins, and whether they are fit for what Lotse does with them."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from core.config import Settings
from core.i18n import N_

LONGEST_URL = 2000
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HOST = re.compile(r"[a-z0-9_.-]+|\[[0-9a-f:.]+\]")
_HOST_OF = re.compile(r"https?://(.+?)(?::\d+)?\Z")


def origin_of(url: str) -> str | None:
    """Scheme, host and port of an address, as browsers write an origin; None when it is no http(s) address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return None
    standard = port in (None, 443 if parts.scheme == "https" else 80)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" if standard else f"{parts.scheme}://{host}:{port}"


def safe_origin(url: str) -> str | None:
    """The origin of an address, only when it is fit for a header: `https://a;script-src *` is not."""
    fit = len(url) <= LONGEST_URL and url.isascii() and url.isprintable() and " " not in url
    origin = origin_of(url) if fit else None
    found = _HOST_OF.fullmatch(origin) if origin else None
    return origin if found and _HOST.fullmatch(found[1]) else None


def fault_of(url: str, settings: Settings) -> str | None:
    """Why Lotse cannot use an address of a platform, as a gettext id; None when it can."""
    if safe_origin(url) is None:
        return N_("this is no address; it begins with https:// and has a host")
    parts = urlsplit(url)
    if "@" in parts.netloc or parts.fragment:
        return N_("an address with a user name or a # part is not allowed")
    named = {parts.hostname, parts.netloc} & {*settings.outgoing_hosts, *LOOPBACK}
    if parts.scheme == "http" and not named:
        return N_("only https is allowed, or list the host in LOTSE_OUTGOING_HOSTS")
    return None


def with_query(url: str, **values: str) -> str:
    """The address with further query parameters; those that it has stay."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query, keep_blank_values=True), *values.items()])))
