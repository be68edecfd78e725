"""Rules about pools: every learner gets as many questions, worth the same."""

from collections.abc import Iterator

from core.i18n import N_
from modules.blocks import Block, kinds
from modules.course import CourseSource
from modules.findings import Finding, FormatError, Severity
from modules.pools import KIND, candidates, read_pool


def pools_filled(course: CourseSource) -> Iterator[Finding]:
    """There are enough questions, and each is worth as much."""
    for source in course.sources:
        for block in source.blocks:
            if block.kind == KIND.name:
                yield from _check(block, course)


def pools_used(course: CourseSource) -> Iterator[Finding]:
    """Each question of a pool can be drawn, and none is a pool itself."""
    drawn = {candidate.id for _, found in _drawn(course) for candidate in found}
    for source in course.pools:
        for block in source.blocks:
            if block.kind == KIND.name:
                yield Finding("pool-in-pool", source.path, max(1, block.line - 1), N_("A pool cannot draw from within a pool."), N_("Move the block into a module."))
            elif block.id not in drawn:
                yield Finding("pool-unused", source.path, max(1, block.line - 1), N_("No module draws the question “%(id)s”."),
                              N_("Add a block “::: pool {#id pick=… from=%(name)s}” to a module."), Severity.WARNING, {"id": block.id, "name": source.name})


def _drawn(course: CourseSource) -> Iterator[tuple[Block, tuple[Block, ...]]]:
    for source in course.sources:
        for block in source.blocks:
            if block.kind == KIND.name:
                try:
                    yield block, candidates(read_pool(block), course, source.language)
                except FormatError:  # check() says what is wrong.
                    continue


def _check(block: Block, course: CourseSource) -> Iterator[Finding]:
    try:
        pool = read_pool(block)
    except FormatError:
        return
    found = candidates(pool, course, block.language)
    if len(found) < pool.pick:
        yield _error(block, "pool-small", N_("%(pick)s questions are drawn, but there are only %(count)s."),
                     N_("Write more questions into pools/, correct “from”, or draw fewer."), pick=pool.pick, count=len(found))
    if pool.points is None and len({_points(candidate) for candidate in found}) > 1:
        yield _error(block, "pool-points", N_("The questions to draw from are worth different points, so learners could earn different sums."),
                     N_("Give all the same points, or write points=… here: then each question is worth that."))


def _points(block: Block) -> float:
    kind = kinds().get(block.kind)
    try:
        return kind.points(block) if kind else 0.0
    except FormatError:
        return 0.0


def _error(block: Block, rule: str, message: str, mend: str, **values: str | int) -> Finding:
    return Finding(rule, block.path, max(1, block.line - 1), message, mend, values=values)
