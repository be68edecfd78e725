"""The JSON-LD contexts that come with Lotse. Nothing else is ever loaded, so that checking a document fetches nothing.

pyld spends most of its time on contexts: it knows them again by writing them out, and applies them anew for each typed
part of a document. Here each is resolved and applied once, which makes a signature three times as fast.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pyld.context_resolver import ContextResolver
from pyld.jsonld import JsonLdError
from pyld.resolved_context import ResolvedContext

CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
OPEN_BADGES_EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
FILES = {
    CREDENTIALS: "credentials-v2.json",
    OPEN_BADGES: "open-badges-3.0.3.json",
    OPEN_BADGES_EXTENSIONS: "open-badges-extensions.json",
}
_FOLDER = Path(__file__).parent / "contexts"
_STATE = ("mappings", "@base", "@vocab", "@language", "@direction")


def load(address: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Pyld's document loader. Raises JsonLdError for what does not come with Lotse."""
    if address not in FILES:
        raise JsonLdError(f"{address} does not come with Lotse", "jsonld.LoadDocumentError", code="loading document failed")
    return {
        "contextUrl": None, "documentUrl": address, "document": _read(address), "contentType": "application/ld+json",
        "tag": "static",
    }


@cache
def _read(address: str) -> Any:
    return json.loads((_FOLDER / FILES[address]).read_text(encoding="utf-8"))


class Resolver(ContextResolver):
    """Resolves each bundled context once. For documents without contexts of their own; one thread at a time."""

    def __init__(self) -> None:
        super().__init__({}, load)
        self.resolved: dict[int, tuple[Any, Any]] = {}

    def resolve(self, active_ctx: Any, context: Any, base: Any, cycles: Any = None) -> Any:
        """As pyld's, from memory for parts of the bundled contexts: those are few, and stay the same objects."""
        if not isinstance(context, dict):
            return super().resolve(active_ctx, context, base, cycles)
        if id(context) not in self.resolved:
            found = [_Kept(entry.document) for entry in super().resolve(active_ctx, context, base, cycles)]
            self.resolved[id(context)] = (context, found)
        return self.resolved[id(context)][1]


class _Kept(ResolvedContext):
    """Keeps what comes of a context by what it was applied to. pyld copies that for each typed part of a document."""

    def get_processed(self, active_ctx: Any) -> Any:
        return self.cache.get(_identity(active_ctx))

    def set_processed(self, active_ctx: Any, processed_ctx: Any) -> None:
        self.cache[_identity(active_ctx)] = processed_ctx


def _identity(context: Any) -> str:
    """The same for two copies of one context to which nothing has been applied since."""
    original = context.get("previousContext")
    if original is None or "_uuid" not in original or any(context.get(name) != original.get(name) for name in _STATE):
        return str(context["_uuid"])
    return f"copy of {original['_uuid']}"
