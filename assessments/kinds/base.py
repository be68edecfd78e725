"""What every kind of question shares: from a block to an item, from a form to a response, from a response to a view."""

import hashlib
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, ClassVar, Generic, TypeVar, cast

from assessments.grading import Verdict
from assessments.kinds import variants
from assessments.kinds.attributes import read_attributes
from assessments.kinds.item import Choice, Form, Item, Offer, Response, View
from assessments.kinds.source import Body, Reader, read_body
from core.i18n import N_
from modules.blocks import Block
from modules.bounds import check_bounds
from modules.findings import Finding, FormatError
from modules.pictures import Size, sized
from modules.render import render, render_inline

I = TypeVar("I", bound=Item)  # noqa: E741 - an item of the kind's own class
MediaUrl = Callable[[str], str]
MOST_LETTERS = 100_000
MOST_MARKS = 100
MOST_HINTS = 10
BLOCKS_KEPT = 1024
NO_PICTURES: Mapping[str, Size] = MappingProxyType({})
NO_SAMPLE: Mapping[str, str] = MappingProxyType({})


def as_written(path: str) -> str:
    """The default address of a picture: as the author wrote it."""
    return path


class Source(Reader):
    """A block being read: its sorted lines, and Markdown made safe."""

    def __init__(self, block: Block, body: Body, media_url: MediaUrl, pictures: Mapping[str, Size]) -> None:
        super().__init__(block)
        self.body = body
        self.media_url = media_url
        self.pictures = pictures

    def html(self, markdown: str, line: int | None = None) -> str:
        """A text of one or more paragraphs."""
        return self._safe(render, markdown, line)

    def inline(self, markdown: str, line: int | None = None) -> str:
        """A text within a line, such as an option."""
        return self._safe(render_inline, markdown, line)

    def _safe(self, renderer: Callable[..., Any], markdown: str, line: int | None) -> str:
        if not markdown:
            return ""
        done = renderer(markdown, language=self.block.language, media_url=self.media_url)
        for dropped in done.dropped:
            self.warning("html-dropped", N_("This is not allowed here and was left out: %(what)s"),
                         N_("Use Markdown, or leave it out."), line, what=str(dropped)[:120])
        return sized(done.html, self.pictures)


class Kind(ABC, Generic[I]):
    """One kind of question. A subclass says how its lines read, how a form reads, what is right, and what is shown."""

    name: str
    attributes: ClassVar[tuple[str, ...]] = ()           # beside those that all kinds know
    signs: ClassVar[re.Pattern[str] | None] = None       # groups: the sign, the text behind it
    fences: ClassVar[frozenset[str]] = frozenset()
    varied: ClassVar[bool] = False                       # may have variants: a table that fills {{places}}
    shuffle: ClassVar[bool] = False
    deferred: ClassVar[bool] = False                     # not graded when it is sent: something must run, or people must read it first
    by_people: ClassVar[bool] = False                    # people mark it (assessments.marking)
    anonymous: ClassVar[bool] = False                    # answers are counted and belong to nobody (assessments.surveys)
    action: ClassVar[str] = "answer"                     # the last part of the address that the form is sent to
    title: ClassVar[str] = ""                            # for authors: what the kind is called
    sample: ClassVar[Mapping[str, str]] = NO_SAMPLE      # for authors: the lines of a new block, by language
    written: ClassVar[tuple[str, ...]] = ()              # for authors: the signs of its answers in a form, those that are right first
    line: ClassVar[str] = "{sign} {text}"                # for authors: how an answer is written; {number} counts
    beside: ClassVar[str] = ""                           # for authors: what stands in the sign's place where it is no sign, such as points
    together: ClassVar[Mapping[str, str]] = NO_SAMPLE    # for authors: where all answers have the same sign, what each of them means
    table: ClassVar[bool] = False                        # for authors: answers are rows of a table with a choice in each
    unknown: ClassVar[tuple[str, ...]] = ()              # of the attributes that all kinds share, those that mean nothing here
    attempts: ClassVar[int] = 3                          # without the attribute
    steps: ClassVar[str] = ""                            # the name of buttons that change the form and are no answer

    def parse(self, block: Block, media_url: MediaUrl = as_written, pictures: Mapping[str, Size] = NO_PICTURES) -> I:
        """Read a block; `pictures` are sizes by address. Raises FormatError with every error that was found."""
        source, item = self._parse(block, media_url, pictures)
        if source.failed or item is None:
            raise FormatError(*source.findings)
        return item

    def check(self, block: Block) -> list[Finding]:
        """All errors of a block and, when there are none, advice on the quality of the item."""
        read, item = _as_written(self, block)
        source = copy(read)
        source.findings = list(read.findings)  # What is advised stands beside what was read, not in it.
        if item is not None and not source.failed:
            self.advise(item, source)
        return source.findings

    def points(self, block: Block) -> float:
        """How many points the block is worth. Raises FormatError when it cannot be read."""
        return self._sound(block).points

    def fingerprint(self, block: Block) -> str:
        """What every language version must share. Raises FormatError when it cannot be read."""
        item = self._sound(block)
        shared = (item.kind, item.points, item.attempts, item.scoring, item.show, item.shuffle, item.competences)
        keys = [self.structure(cast(I, each)) for each in item.versions or (item,)]
        return json.dumps([*shared, keys], ensure_ascii=False, default=str)

    def _sound(self, block: Block) -> I:
        source, item = _as_written(self, block)
        if source.failed or item is None:
            raise FormatError(*source.findings)
        return cast(I, item)

    def _parse(self, block: Block, media_url: MediaUrl, pictures: Mapping[str, Size]) -> tuple[Source, I | None]:
        source = self._source(block, media_url, pictures)
        _note_stray_lines(source)
        if not _within_bounds(source):
            return source, None
        if not self.varied or not variants.has_table(source.body):
            return source, self.build(source, self._common(source))
        rows = variants.read_table(source, source.body)
        return source, self._version(source, rows) if rows else None

    def _source(self, block: Block, media_url: MediaUrl, pictures: Mapping[str, Size]) -> Source:
        fences = self.fences | {variants.FENCE} if self.varied else self.fences
        return Source(block, read_body(block, self.signs, fences), media_url, pictures)

    def _version(self, source: Source, rows: Sequence[variants.Row]) -> I | None:
        """The first version, which knows them all. What is wrong in several of them is noted once."""
        found: list[I] = []
        for row in rows:
            each = self._source(variants.filled(source.block, row), source.media_url, source.pictures)
            item = self.build(each, self._common(each))
            known = {(finding.rule, finding.line) for finding in source.findings}
            source.findings += [finding for finding in each.findings if (finding.rule, finding.line) not in known]
            found += [] if item is None else [item]
        if len(found) < len(rows):
            return None
        revision = _revision(source.block)
        return replace(found[0], revision=revision, versions=tuple(replace(item, revision=revision) for item in found))

    def _common(self, source: Source) -> dict[str, Any]:
        block, body = source.block, source.body
        given = read_attributes(source, own=self.attributes, shuffle=self.shuffle, attempts=self.attempts)
        if not body.text.strip():
            source.error("no-text", N_("The question has no text."), N_("Write the question above the answers."))
        return {
            "id": block.id, "kind": self.name, "language": block.language,
            "revision": _revision(block),
            "points": given.points, "attempts": given.attempts, "scoring": given.scoring, "shuffle": given.shuffle,
            "show": given.show, "competences": given.competences,
            "text": self.text(source),
            "hints": tuple(source.html(hint.text, hint.line) for hint in body.hints),
            "explanation": source.html(body.explanation),
        }  # fmt: skip

    def text(self, source: Source) -> str:
        """The question's text as safe HTML. A kind whose text holds the key gives only what may be seen."""
        return source.html(source.body.text, source.block.line)

    def seen(self, item: I, *, marked: bool, solution: bool) -> dict[str, Any]:
        """What every view has. The explanation is part of the solution."""
        return {
            "id": item.id, "kind": item.kind, "points": item.points, "text": item.text, "legend": item.legend,
            "hints": item.hints, "explanation": item.explanation if solution else "", "marked": marked,
        }  # fmt: skip

    def view(self, item: I, variant: int = 0, response: Response | None = None) -> View:
        """The question as a form, with the learner's earlier choices if given. Shows nothing of the key."""
        return self.show(item, variant, response, None, solution=False)

    def review(self, item: I, variant: int, response: Response, verdict: Verdict, *, reveal: bool) -> View:
        """The learner's choices with marks and feedback; the right answers and the explanation only with `reveal`."""
        return self.show(item, variant, response, verdict, solution=reveal)

    @abstractmethod
    def build(self, source: Source, common: dict[str, Any]) -> I | None:
        """Make the item, noting errors. None when there is not enough to make one."""

    @abstractmethod
    def structure(self, item: I) -> Any:
        """The part of the key that must agree between languages, as data for JSON."""

    @abstractmethod
    def read(self, item: I, form: Form) -> Response:
        """A posted form as a response: data for JSON, the same in every language.

        Raises ResponseError when it has the wrong shape or nothing was chosen.
        """

    def held(self, item: I, form: Form) -> Response | None:
        """What a form holds that is no answer (yet), where its fields alone do not say how it looks; None for most kinds."""
        return None

    @abstractmethod
    def grade(self, item: I, response: Response) -> Verdict:
        """What a response is worth. Takes whatever `read` gave, for this text of the item."""

    @abstractmethod
    def show(
        self, item: I, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool
    ) -> View:
        """The one place that decides what a page gets to see."""

    def solved(self, item: I) -> Response | None:
        """A response that earns all points, to show authors the solution; None where there is no such thing."""
        return None

    def choices(self, item: I, response: Response) -> tuple[Choice, ...]:
        """What was chosen, part by part, for statistics; nothing where there is nothing to count."""
        return ()

    def offers(self, item: I) -> tuple[Offer, ...]:
        """What can be chosen, part by part in the author's order; of fields to write in only the solution."""
        return ()

    def shape(self, item: I) -> Any:
        """What positions in responses refer to: two texts of a question with the same shape take each other's responses."""
        return sorted((offer.part, offer.value) for offer in self.offers(item))

    def advise(self, item: I, source: Source) -> None:
        """Note what makes a question weaker than it could be."""


@lru_cache(maxsize=BLOCKS_KEPT)
def _as_written(kind: Kind[I], block: Block) -> tuple[Source, I | None]:
    """A block for checking it. Whoever checks a course reads each block three times, and courses that share modules the same ones."""
    return kind._parse(block, as_written, NO_PICTURES)


def _revision(block: Block) -> str:
    written = json.dumps([block.kind, sorted(block.attributes.items()), block.body])
    return hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()[:16]


def _note_stray_lines(source: Source) -> None:
    body = source.body
    for line in body.strays[:5]:
        source.error("stray-line", N_("This line belongs to nothing."),
                     N_("Move it above the answers, or indent it below the answer that it belongs to."), line)
    if body.unclosed:
        source.error("fence-open", N_("A fenced part begins here and never ends."),
                     N_("Close it with a line of backticks."), body.unclosed)


def _within_bounds(source: Source) -> bool:
    """Refuse what is far beyond any question before anything of it is rendered, which is slow."""
    body = source.body
    if len(source.block.body) > MOST_LETTERS:
        source.error("too-long", N_("The question is longer than %(most)s characters."), N_("Split the question."), most=MOST_LETTERS)
    elif len(body.marks) > MOST_MARKS or len(body.hints) > MOST_HINTS:
        source.error("too-many", N_("More than %(answers)s answers or %(hints)s hints."), N_("Split the question."),
                     answers=MOST_MARKS, hints=MOST_HINTS)
    else:
        unbearable = check_bounds(source.block.body, source.block.path, source.block.line)
        source.findings += unbearable
        return not unbearable
    return False
