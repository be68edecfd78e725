"""A pack as git sends it: objects by their ids, some of them as differences from others.

It comes from a stranger. Each object says its size before its bytes, so nothing larger than the bounds is ever unpacked; ids are
computed, never believed.
"""

import hashlib
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from mmap import mmap

from core.i18n import N_
from studio.git.faults import GitError, damaged, too_large

MOST_OBJECTS = 100_000
MOST_OBJECT = 32 << 20                 # bytes of one that is held in memory
MOST_UNPACKED = 1 << 30                # bytes of all together
MOST_CHAIN = 300                       # differences upon differences; git makes 50, at the most 250
_KEPT = 48 << 20
_CHUNK = 16 << 10
_KINDS = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
_BY_OFFSET, _BY_ID = 6, 7


@dataclass(frozen=True)
class _Entry:
    kind: int
    size: int                          # of the object, or of the difference
    begins: int                        # where its packed bytes are
    base: int | bytes | None = None    # of a difference: where what it differs from is, or which id that has


class Pack:
    """The objects of a pack. Raises GitError for one that is damaged or larger than the bounds."""

    def __init__(self, data: bytes | mmap, *, seconds: float = 120) -> None:
        self._data = data
        self._ends = time.monotonic() + seconds
        self._entries: dict[int, _Entry] = {}
        self._places: dict[str, int] = {}
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._kept_bytes = self._unpacked = 0
        self.oversized = False         # Whether there are objects that were not looked at because of their size.
        self._scan()
        self._resolve()

    def get(self, id_: str, kind: str) -> bytes | None:
        """An object's bytes; None when it is not there, or was too large to be looked at."""
        place = self._places.get(id_)
        if place is None:
            return None
        root, content = self._content(place)
        if _KINDS[root] != kind:
            raise damaged()
        return content

    # --- Finding what is there ---

    def _scan(self) -> None:
        data = self._data
        if len(data) < 32 or data[:4] != b"PACK" or int.from_bytes(data[4:8]) not in (2, 3):
            raise damaged()
        count = int.from_bytes(data[8:12])
        if count > MOST_OBJECTS:
            raise GitError(N_("The repository is too large: it has more than %(most)s files and folders."), most=MOST_OBJECTS)
        at = 12
        for _ in range(count):
            place, (entry, begins) = at, self._head(at)
            self._count(entry.size)
            sum_ = hashlib.sha1(b"%s %d\0" % (_KINDS[entry.kind].encode(), entry.size), usedforsecurity=False) if entry.base is None else None
            at = self._inflate(begins, entry.size, sum_.update if sum_ else _ignore)
            if entry.size > MOST_OBJECT:
                self.oversized = True
                continue
            self._entries[place] = entry
            if sum_:
                self._places.setdefault(sum_.hexdigest(), place)

    def _head(self, at: int) -> tuple[_Entry, int]:
        start, byte = at, self._byte(at)
        kind, size, shift = byte >> 4 & 7, byte & 15, 4
        while byte & 0x80:
            at += 1
            byte = self._byte(at)
            size |= (byte & 0x7F) << shift
            shift += 7
            if shift > 60:
                raise damaged()
        at += 1
        base: int | bytes | None = None
        if kind == _BY_ID:
            base, at = bytes(self._data[at:at + 20]), at + 20
        elif kind == _BY_OFFSET:
            back, at = self._back(at)
            base = start - back
        elif kind not in _KINDS:
            raise damaged()
        return _Entry(kind, size, at, base), at

    def _back(self, at: int) -> tuple[int, int]:
        """How far before a difference the object is that it differs from."""
        byte = self._byte(at)
        back = byte & 0x7F
        while byte & 0x80:
            at += 1
            byte = self._byte(at)
            back = (back + 1 << 7) | (byte & 0x7F)
            if back > len(self._data):
                raise damaged()
        return back, at + 1

    def _byte(self, at: int) -> int:
        if at >= len(self._data):
            raise damaged()
        return self._data[at]

    def _count(self, size: int) -> None:
        self._unpacked += size
        if self._unpacked > MOST_UNPACKED:
            raise too_large(MOST_UNPACKED)
        if time.monotonic() > self._ends:
            raise GitError(N_("Unpacking the repository takes too long."))

    def _inflate(self, begins: int, size: int, take: Callable[[bytes], object]) -> int:
        """Unpack `size` bytes, piece by piece; where they end in the pack."""
        unpacking, at, got, waiting = zlib.decompressobj(), begins, 0, b""
        while not unpacking.eof:
            if not waiting:
                waiting = self._data[at:at + _CHUNK]
                at += len(waiting)
                if not waiting:
                    raise damaged()
            try:
                piece = unpacking.decompress(waiting, _CHUNK << 4)
            except zlib.error:
                raise damaged() from None
            waiting = unpacking.unconsumed_tail
            got += len(piece)
            if got > size:
                raise damaged()
            take(piece)
        if got != size:
            raise damaged()
        return at - len(unpacking.unused_data)

    # --- Differences ---

    def _resolve(self) -> None:
        """Find the ids of all that is kept as a difference. What differs from something that is not there is passed over."""
        open_ = [place for place, entry in self._entries.items() if entry.base is not None]
        while open_:
            later = [place for place in open_ if not self._name(place)]
            if len(later) == len(open_):
                self.oversized = True
                return
            open_ = later

    def _name(self, place: int) -> bool:
        try:
            kind, content = self._content(place)
        except _AbsentError:
            return False
        sum_ = hashlib.sha1(b"%s %d\0" % (_KINDS[kind].encode(), len(content)), usedforsecurity=False)
        sum_.update(content)
        self._places.setdefault(sum_.hexdigest(), place)
        return True

    def _content(self, place: int) -> tuple[int, bytes]:
        chain: list[tuple[int, _Entry]] = []
        at, entry = place, self._entry(place)
        while entry.base is not None:
            chain.append((at, entry))
            if len(chain) > MOST_CHAIN:
                raise damaged()
            base = entry.base if isinstance(entry.base, int) else self._places.get(entry.base.hex(), -1)
            if base >= at and isinstance(entry.base, int):
                raise damaged()
            at, entry = base, self._entry(base)
        kind, content = entry.kind, self._whole(at, entry)
        for at, step in reversed(chain):
            content = self._kept.get(at) or self._differing(content, self._bytes(step))
            self._keep(at, content)
        return kind, content

    def _entry(self, place: int) -> _Entry:
        entry = self._entries.get(place)
        if entry is None:
            raise _AbsentError
        return entry

    def _whole(self, at: int, entry: _Entry) -> bytes:
        content = self._kept.get(at)
        if content is None:
            content = self._bytes(entry)
            self._keep(at, content)
        return content

    def _bytes(self, entry: _Entry) -> bytes:
        pieces: list[bytes] = []
        self._inflate(entry.begins, entry.size, pieces.append)
        return b"".join(pieces)

    def _keep(self, at: int, content: bytes) -> None:
        if at in self._kept:
            self._kept.move_to_end(at)
            return
        self._kept[at] = content
        self._kept_bytes += len(content)
        while self._kept_bytes > _KEPT:
            self._kept_bytes -= len(self._kept.popitem(last=False)[1])

    def _differing(self, base: bytes, difference: bytes) -> bytes:
        """What comes of an object and a difference: pieces of the object, and new bytes."""
        before, at = _number(difference, 0)
        after, at = _number(difference, at)
        if before != len(base) or after > MOST_OBJECT:
            raise damaged()
        self._count(after)
        made = bytearray()
        while at < len(difference):
            order = difference[at]
            at += 1
            if order & 0x80:
                start, at = _bytes_of(difference, at, order, 4)
                length, at = _bytes_of(difference, at, order >> 4, 3)
                length = length or 0x10000
                piece = base[start:start + length]
            else:
                length = order
                piece, at = difference[at:at + length], at + length
            if not length or len(piece) != length or len(made) + length > after:
                raise damaged()
            made += piece
        if len(made) != after:
            raise damaged()
        return bytes(made)


class _AbsentError(Exception):
    """What an object differs from is not known (yet)."""


def _ignore(_piece: bytes) -> None:
    """For a difference, which has no id of its own."""


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 60:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
    raise damaged()


def _bytes_of(data: bytes, at: int, flags: int, most: int) -> tuple[int, int]:
    """A number of which only those bytes are there that the flags name."""
    value = 0
    for position in range(most):
        if flags >> position & 1:
            if at >= len(data):
                raise damaged()
            value |= data[at] << 8 * position
            at += 1
    return value, at
