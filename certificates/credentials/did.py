"""An organisation's decentralised identifier (did:web) and the document with its keys, which anybody can fetch.

did:web is read over HTTPS: BASE/o/SLUG/did.json belongs to did:web:HOST:o:SLUG.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

CONTEXT = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")


def identifier(base_url: str, slug: str) -> str:
    """The identifier of the organisation with this slug, at an installation with this address."""
    parts = urlsplit(base_url)
    path = [part for part in parts.path.split("/") if part]
    return ":".join(["did:web", parts.netloc.lower().replace(":", "%3A"), *(quote(part, safe="") for part in [*path, "o", slug])])


def document_address(did: str) -> str:
    """Where the document of a did:web identifier is. Raises ValueError for other identifiers."""
    if not did.startswith("did:web:"):
        raise ValueError(f"{did!r} is no did:web identifier")
    host, *path = did.removeprefix("did:web:").split(":")
    return "/".join([f"https://{unquote(host)}", *(path or [".well-known"]), "did.json"])


def method(did: str, multibase: str) -> str:
    """The name under which the document lists a key; signatures bear it. It says the key itself, so it is never used twice."""
    return f"{did}#{multibase}"


def document(did: str, present: str, former: Iterable[str] = ()) -> dict[str, Any]:
    """The document that lists the key in use and the former ones, all as Multikey text.

    Former keys stay valid for checking: what they signed must outlive them. A key that was stolen must be left out
    instead, and all that it signed be issued anew.
    """
    multibases = list(dict.fromkeys([present, *former]))
    return {
        "@context": list(CONTEXT),
        "id": did,
        "verificationMethod": [
            {"id": method(did, multibase), "type": "Multikey", "controller": did, "publicKeyMultibase": multibase}
            for multibase in multibases
        ],
        "assertionMethod": [method(did, multibase) for multibase in multibases],
    }


def key_for_signatures(document: Mapping[str, Any], method: str) -> str | None:
    """The key (Multikey text) that a document lists under this name for signing credentials; None if it lists none."""
    if method not in _list(document.get("assertionMethod")):
        return None
    for entry in _list(document.get("verificationMethod")):
        if isinstance(entry, Mapping) and entry.get("id") == method and entry.get("controller") == document.get("id"):
            multibase = entry.get("publicKeyMultibase")
            return multibase if isinstance(multibase, str) else None
    return None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
