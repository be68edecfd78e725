"""The next page of a list that a platform gives in pieces (RFC 8288, as NRPS 2.0, section 2.4.2 and AGS 2.0, section 3.2.3 use it).

One reader for what platforms write: Moodle's rosters have proper headers, its line items have `&amp;` in the address and
typographic quotes around the relation (recorded: ags-lineitems.http).
"""

import re
from collections.abc import Callable, Iterator
from html import unescape
from urllib.parse import urljoin, urlsplit

from core.http import Answer

LONGEST = 8192

Ask = Callable[[str], Answer]
"""An address of the platform → its answer."""
_ENTRY = re.compile(r"<([^<>]*)>([^<]*)")
_RELATION = re.compile(r"""\brel\s*=\s*["'“”„‟«»]?\s*([^;,"'“”„‟«»]*)""", re.IGNORECASE)


def walk(ask: Ask, first: str, most: int) -> Iterator[tuple[Answer, bool]]:
    """The answers page by page, and whether there is more to come after each: at most so many, none twice."""
    seen: set[str] = set()
    address: str | None = first
    while address and address not in seen and len(seen) < most:
        seen.add(address)
        answer = ask(address)
        address = next_page(answer.headers.get("Link", ""), address)
        yield answer, address is not None


def next_page(header: str, page: str) -> str | None:
    """The address of the next page, if the Link header of `page` names one on the same host.

    A page elsewhere is not followed: the access token would go there.
    """
    for target, parameters in _ENTRY.findall(readable(header)[:LONGEST]):
        relation = _RELATION.search(parameters)
        if relation and "next" in relation[1].casefold().split():
            return _on_the_same_host(unescape(target.strip()), page)
    return None


def readable(header: str) -> str:
    """HTTP libraries read headers as Latin-1; Moodle's quotes are UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def _on_the_same_host(target: str, page: str) -> str | None:
    try:
        address = urljoin(page, target)
        there, here = urlsplit(address), urlsplit(page)
        same = (there.scheme, there.hostname, there.port) == (here.scheme, here.hostname, here.port) and not there.username
    except ValueError:
        return None
    return address if same and address.isprintable() and address != page else None
