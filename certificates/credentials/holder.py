"""How a credential names its holder: not at all, by a salted hash that proves a name somebody knows, or in plain words.

The hash is no secret: the salt stands beside it, so that whoever guesses a name can try it. It keeps the name out of
search engines and of the sight of people who look at a badge.
"""

import hashlib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any


class Naming(StrEnum):
    """Whether the holder's name is inside."""

    PLAIN = "plain"
    HASHED = "hashed"
    NONE = "none"


def subject(naming: Naming, *, name: str | None, salt: str, address: str) -> dict[str, Any]:
    """What says in a credential who holds it. `salt` is random text, to be kept where the credential must come out the same again."""
    if naming is Naming.NONE or name is None:
        return {"id": f"{address}#holder"}  # A subject needs an identifier; this one says nothing that the address does not say.
    if naming is Naming.PLAIN:
        return {"identifier": [{"type": "IdentityObject", "hashed": False, "identityHash": name, "identityType": "name"}]}
    return {"identifier": [{
        "type": "IdentityObject", "hashed": True, "identityHash": _hash(name, salt), "identityType": "name", "salt": salt,
    }]}


def is_named(credential: Mapping[str, Any], name: str) -> bool:
    """Whether the credential says that its holder has exactly this name."""
    return any(
        entry.get("identityHash") == (_hash(name, str(entry.get("salt", ""))) if entry.get("hashed") else name)
        for entry in _identities(credential)
    )


def _identities(credential: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    whose = credential.get("credentialSubject")
    entries = whose.get("identifier") if isinstance(whose, Mapping) else None
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, Mapping) and entry.get("identityType") == "name":
            yield entry


def _hash(name: str, salt: str) -> str:
    return f"sha256${hashlib.sha256((name + salt).encode()).hexdigest()}"
