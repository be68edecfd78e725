"""The meaning of documents of one shape: those that are the same but for some values, such as the badges of a course.

A value that stands in plain text or at the end of an address goes through JSON-LD as it is. So a document with marks in place of
such values is read once, and the values are put into what came of it. Whether that holds is tried when a shape is first read.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from json import dumps
from threading import Lock
from typing import Any

Dataset = Mapping[str, Sequence[Mapping[str, Mapping[str, str]]]]
"""RDF as pyld keeps it."""
MOST = 64
_FIRST = 0xF000                        # Private characters: no name or number has them.


class Shapes:
    """Datasets by shape, those used last."""

    def __init__(self, read: Callable[[Mapping[str, Any]], Dataset]) -> None:
        self._read = read
        self._kept: OrderedDict[str, Dataset | None] = OrderedDict()
        self._lock = Lock()

    def dataset(self, document: Mapping[str, Any], differing: Sequence[str]) -> dict[str, list[dict[str, dict[str, str]]]]:
        """What the document means, to be changed at will; `differing` are values in it that other documents have others of.

        Raises what `read` raises.
        """
        shape = _marked(document, differing)
        key = dumps(shape, ensure_ascii=False)
        with self._lock:
            known = key in self._kept
            kept: Dataset | None = self._kept.get(key)
        if not known:
            kept = self._tried(shape, document, differing)
            with self._lock:
                self._kept[key] = kept
                while len(self._kept) > MOST:
                    self._kept.popitem(last=False)
        return _filled(self._read(document) if kept is None else kept, differing)

    def _tried(self, shape: Mapping[str, Any], document: Mapping[str, Any], differing: Sequence[str]) -> Dataset | None:
        """The meaning of the shape; None if that of the document does not come of it."""
        try:
            found = self._read(shape)
        except ValueError:             # A mark in a word that must be known, such as a type.
            return None
        return found if _unordered(_filled(found, differing)) == _unordered(self._read(document)) else None


def _marked(value: Any, differing: Sequence[str]) -> Any:
    if isinstance(value, str):
        for place, text in enumerate(differing):
            value = value.replace(text, chr(_FIRST + place))
        return value
    if isinstance(value, Mapping):
        return {name: _marked(inner, differing) for name, inner in value.items()}
    return [_marked(inner, differing) for inner in value] if isinstance(value, list) else value


def _filled(dataset: Dataset, differing: Sequence[str]) -> dict[str, list[dict[str, dict[str, str]]]]:
    marks = {_FIRST + place: text for place, text in enumerate(differing)}

    def whole(value: str) -> str:
        return value if value.isascii() else value.translate(marks)

    return {
        graph: [{part: {**term, "value": whole(term["value"])} for part, term in quad.items()} for quad in quads]
        for graph, quads in dataset.items()
    }


def _unordered(dataset: Dataset) -> dict[str, list[str]]:
    return {graph: sorted(map(repr, quads)) for graph, quads in dataset.items()}
