"""Blocks: the `:::` parts of a module, split off before Markdown runs, and who understands which.

A block's kind is understood by a room above this one (assessments). That room registers its kinds here when the
house opens (app.py), so that importing and checking a course can ask them without knowing them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from modules.findings import Finding


@dataclass(frozen=True)
class Block:
    """One block as written: nothing in it is rendered, nothing in it reaches a page by itself."""

    kind: str                  # single, multi, cloze …
    id: str                    # stable across languages and editions; attempts refer to it
    attributes: Mapping[str, str]
    body: str                  # the lines between the fences, exactly
    path: str                  # file inside the course folder
    line: int                  # line of the first body line in that file, from 1
    language: str              # de, en, or an easy text (modules.easy)
    lines: tuple[int, ...] = ()  # of each body line in that file, where they do not simply follow each other

    def __hash__(self) -> int:
        """So that what was read from a block can be kept by it; equal means equal in everything."""
        return hash((self.kind, self.id, self.body, self.path, self.line, self.language))

    def line_at(self, line: int) -> int:
        """The line in the file of what stands in `line`, counted from the first body line."""
        return self.lines[min(max(line - self.line, 0), len(self.lines) - 1)] if self.lines else line


class BlockKind(Protocol):
    """What a room must offer for each kind of block that it understands."""

    name: str

    def check(self, block: Block) -> Iterable[Finding]:
        """All errors and warnings of one block; no error means that it can be published."""
        ...

    def points(self, block: Block) -> float:
        """How many points the block is worth. Raises FormatError when it cannot be read."""
        ...

    def fingerprint(self, block: Block) -> str:
        """What must be the same in every language (options, keys, points), to compare translations."""
        ...


_kinds: dict[str, BlockKind] = {}


def register(kind: BlockKind) -> None:
    """Make a kind known. Called once for each kind when the house opens."""
    _kinds[kind.name] = kind


def kinds() -> Mapping[str, BlockKind]:
    """The kinds known so far, by name."""
    return _kinds
