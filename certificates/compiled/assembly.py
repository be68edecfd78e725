"""The file made of its objects: PDF 1.7 with one object stream and a table of where everything is.

As pydyf writes it, but each object is put into bytes once, those of a compiled page once for all its certificates, and nothing
is compressed at zlib's slowest level, which takes four times as long for a twentieth less.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from struct import pack
from typing import Any, Self

import pydyf

HEADER = b"%PDF-1.7\n%\xf0\x9f\x96\xa4\n"
LEVEL = 3                              # zlib's
_ENTRY = ">BIH"                        # of the table: kind, place, and generation or place within the object stream
_IN_USE, _WITHIN = 1, 2


@dataclass(frozen=True)
class Kept:
    """An object in bytes. All but streams go into the object stream."""

    number: int
    content: bytes
    is_stream: bool

    @classmethod
    def of(cls, entry: Any, number: int) -> Self:
        """An object of pydyf's."""
        is_stream = isinstance(entry, pydyf.Stream)
        if is_stream and entry.compress:
            entry = pydyf.Stream([_deflated(joined(entry.stream))], {**entry.extra, "Filter": "/FlateDecode"})
        return cls(number, entry.data, is_stream)


def joined(chunks: Iterable[Any]) -> bytes:
    """Chunks as they are written into a stream."""
    content: bytes = pydyf.Stream(list(chunks)).data
    return content.partition(b"stream\n")[2].removesuffix(b"\nendstream")


@lru_cache(maxsize=16)
def _deflated(content: bytes) -> bytes:
    return zlib.compress(content, LEVEL)


def assembled(objects: Iterable[Kept], catalogue: int, info: Any, identifier: bytes) -> bytes:
    """The file. `objects` are numbered from 1 on without a gap; `info` becomes the one after them."""
    output, length, places = [HEADER], len(HEADER), [pack(_ENTRY, 0, 0, 65535)]
    within: list[Kept] = []
    kept = list(objects)
    bundle, table = len(kept) + 2, len(kept) + 3
    for entry in (*kept, Kept(len(kept) + 1, info.data, is_stream=False)):
        if entry.is_stream:
            places.append(pack(_ENTRY, _IN_USE, length, 0))
            output.append(b"%d 0 obj\n%b\nendobj\n" % (entry.number, entry.content))
            length += len(output[-1])
        else:
            places.append(pack(_ENTRY, _WITHIN, bundle, len(within)))
            within.append(entry)
    places += [pack(_ENTRY, _IN_USE, length, 0)]
    output.append(_bundled(bundle, within))
    length += len(output[-1])
    places += [pack(_ENTRY, _IN_USE, length, 0)]
    words = pydyf.Dictionary({
        "Type": "/XRef", "Index": pydyf.Array([0, table + 1]), "W": pydyf.Array([1, 4, 2]), "Size": table + 1, "Root": f"{catalogue} 0 R",
        "Info": f"{len(kept) + 1} 0 R", "ID": pydyf.Array([f"<{identifier.hex()}>"] * 2),
    })
    output += [_stream(table, words, b"".join(places)), b"startxref\n%d\n%%%%EOF\n" % length]
    return b"".join(output)


def _bundled(number: int, objects: list[Kept]) -> bytes:
    numbers, place = list[str](), 0
    for entry in objects:
        numbers.append(f"{entry.number} {place}")
        place += len(entry.content) + 1
    first = " ".join(numbers).encode() + b"\n"
    words = pydyf.Dictionary({"Type": "/ObjStm", "N": len(objects), "First": len(first)})
    return _stream(number, words, first + b"\n".join(entry.content for entry in objects))


def _stream(number: int, words: Any, content: bytes) -> bytes:
    packed = zlib.compress(content, LEVEL)
    words.update({"Filter": "/FlateDecode", "Length": len(packed)})
    return b"%d 0 obj\n%b\nstream\n%b\nendstream\nendobj\n" % (number, words.data, packed)
