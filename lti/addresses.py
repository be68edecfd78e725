"""Addresses that come from people and platforms: are they fit for what Lotse does with them?"""

import re
from urllib.parse import urlsplit

from core.config import Settings
from core.i18n import N_
from lti.launch import origin_of

LONGEST_URL = 2000
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HOST = re.compile(r"[a-z0-9_.-]+|\[[0-9a-f:.]+\]")
_HOST_OF = re.compile(r"https?://(.+?)(?::\d+)?\Z")


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
