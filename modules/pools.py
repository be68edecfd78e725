"""Pools: files of questions in the folder pools/, and blocks in modules that draw some of them for each learner."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from core.i18n import N_
from modules.blocks import Block
from modules.course import CourseSource
from modules.findings import Finding, FormatError

FOLDER = "pools"
MOST_PICKED = 200
_POINTS = re.compile(r"\d{1,4}(?:[.,]\d{1,4})?", re.ASCII)
_KNOWN = ("pick", "from", "points")


@dataclass(frozen=True)
class Pool:
    """A block `pool`: how many are drawn from the questions with one of these tags. `points` are those of each, if it says."""

    id: str
    pick: int
    tags: tuple[str, ...]
    points: float | None


def read_pool(block: Block) -> Pool:
    """Read a block. Raises FormatError with everything that is wrong in it."""
    findings = list(_faults(block))
    if findings:
        raise FormatError(*findings)
    given = block.attributes.get("points")
    return Pool(block.id, int(block.attributes["pick"]), tags_of(block, "from"), float(given.replace(",", ".")) if given else None)


def tags_of(block: Block, name: str = "tags") -> tuple[str, ...]:
    """The words of an attribute, with commas between them."""
    return tuple(filter(None, map(str.strip, block.attributes.get(name, "").split(","))))


def candidates(pool: Pool, course: CourseSource, language: str) -> tuple[Block, ...]:
    """The questions that a pool draws from, in one language, in the order of files and lines. A file's name is a tag of all in it."""
    return tuple(
        block for source in course.pools if source.language == language for block in source.blocks
        if set(pool.tags) & {source.name, *tags_of(block)}
    )


def _faults(block: Block) -> Iterable[Finding]:
    pick = block.attributes.get("pick", "")
    if not (pick.isascii() and pick.isdigit() and len(pick) < 4 and 1 <= int(pick) <= MOST_PICKED):
        yield _fault(block, "pool-pick", N_("The pool does not say how many questions are drawn."), N_("Write pick=5, at most %(most)s."), most=MOST_PICKED)
    if not tags_of(block, "from"):
        yield _fault(block, "pool-from", N_("The pool does not say where the questions come from."),
                     N_("Write from=NAME: a file pools/NAME.de.md, or a tag of questions in such files."))
    if not _POINTS.fullmatch(block.attributes.get("points", "1")):
        yield _fault(block, "attribute-value", N_("“%(name)s” cannot be “%(value)s”."), N_("Write a number from %(low)s to %(high)s."),
                     name="points", value=block.attributes["points"][:60], low=0, high=1000)
    for name in block.attributes:
        if name not in _KNOWN:
            yield _fault(block, "unknown-attribute", N_("There is no attribute “%(name)s” here."), N_("Known are: %(known)s."), name=name, known=", ".join(_KNOWN))
    if block.body.strip():
        yield _fault(block, "pool-body", N_("Nothing can stand inside a pool."), N_("Write text before the block, and questions into pools/NAME.de.md."))


def _fault(block: Block, rule: str, message: str, mend: str, **values: str | int) -> Finding:
    return Finding(rule, block.path, max(1, block.line - 1), message, mend, values=values)


class PoolKind:
    """What the reader of courses knows of the block; the questions are those of the pools."""

    name = "pool"

    def check(self, block: Block) -> list[Finding]:
        """What is wrong in the block itself."""
        return list(_faults(block))

    def points(self, block: Block) -> float:
        """Known here only where the block says what each question is worth. Raises FormatError."""
        pool = read_pool(block)
        return pool.pick * (pool.points or 0)

    def fingerprint(self, block: Block) -> str:
        """What every language must share. Raises FormatError."""
        pool = read_pool(block)
        return json.dumps([pool.pick, sorted(pool.tags), pool.points])


KIND = PoolKind()
