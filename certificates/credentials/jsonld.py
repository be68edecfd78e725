"""What a JSON-LD document means, without the holes that a signature over the meaning could have.

A signature covers the RDF that a document means, not its text. What means nothing is not covered: a property that no
context defines could be added to a signed document without breaking its signature. Such documents are refused here.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

from pyld import jsonld
from pyld.canon import URDNA2015

from certificates.credentials import bundled
from certificates.credentials.shapes import Dataset, Shapes

_UNDEFINED = "undefined:"
_CATCH_UNDEFINED = {"@vocab": _UNDEFINED}
_one_at_a_time = Lock()
_resolver = bundled.Resolver()


class DocumentError(ValueError):
    """A document does not mean what it says, or cannot be read without fetching something."""


def canonical(document: Mapping[str, Any], differing: Sequence[str] = ()) -> bytes:
    """The document's meaning as sorted N-Quads (RDFC-1.0). Raises DocumentError for what a signature would not cover.

    For documents of our own, of which there are many that are the same but for some values: with these in `differing`, the
    meaning of the rest is read once. It is the same with and without.
    """
    dataset = _shapes.dataset(document, differing) if differing else _dataset(document)
    with _readable():
        quads: str = _Distinct().main(dataset, {"format": "application/n-quads"})
    if f"<{_UNDEFINED}" in quads:
        raise DocumentError("a word in it is defined by none of its contexts")
    return quads.encode()


def _dataset(document: Mapping[str, Any]) -> Dataset:
    with _readable():
        _refuse_odd_keys(document)
        with _one_at_a_time:
            dataset: Dataset = jsonld.to_rdf(document, {
                "documentLoader": bundled.load, "contextResolver": _resolver, "base": _UNDEFINED, "expandContext": _CATCH_UNDEFINED,
                "processingMode": "json-ld-1.1",
            })
    return dataset


_shapes = Shapes(_dataset)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except DocumentError:
        raise
    except (jsonld.JsonLdError, RecursionError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise DocumentError(f"not readable as JSON-LD: {error}") from error


class _Distinct(URDNA2015):
    """Canonical names for nodes that differ by what they say themselves.

    Telling apart nodes that differ only by their neighbours can take exponential time, so that a small document could
    keep the server busy. No credential of ours has such nodes.
    """

    def hash_n_degree_quads(self, id_: str, issuer: Any) -> Any:
        raise DocumentError("two nameless parts of it say the same")


def _refuse_odd_keys(value: Any, *, top: bool = True) -> None:
    """Keywords and addresses as keys are ways around the contexts, and we never write any."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if top and key == "@context":
                _refuse_strange_contexts(inner)
                continue
            if not isinstance(key, str) or not key or "@" in key or ":" in key or inner is None:
                raise DocumentError(f"{key!r} is no word of a credential")
            _refuse_odd_keys(inner, top=False)
    elif isinstance(value, list):
        for inner in value:
            _refuse_odd_keys(inner, top=False)


def _refuse_strange_contexts(contexts: Any) -> None:
    """The context of credentials must come first, so that no other one gives its words another meaning."""
    known = isinstance(contexts, list) and all(isinstance(entry, str) and entry in bundled.FILES for entry in contexts)
    if not known or not contexts or contexts[0] != bundled.CREDENTIALS:
        raise DocumentError("its contexts are not the ones that come with Lotse")
