"""A module as learners will see it, drawn while it is being written: only what changed is drawn anew.

Each piece has a key made from all that it depends on. The page sends the keys that it shows, and gets the rest. Answers that are
right never leave the server, unless the author asks for the solutions.
"""

import hashlib
import itertools
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from flask import current_app, g
from flask_babel import gettext as _
from flask_babel import ngettext

from assessments import prompts
from assessments.drawing import drawn
from assessments.kinds import KINDS
from assessments.kinds.item import variant
from assessments.kinds.looking import LookKind
from assessments.pages import State
from core.i18n import language as page_language
from modules import laws
from modules.blocks import Block
from modules.bounds import check_bounds
from modules.course import CourseSource
from modules.easy import written_in
from modules.findings import FormatError
from modules.pools import FOLDER, candidates, read_pool
from modules.pools import KIND as POOL
from modules.render import closed, render, render_parts
from modules.service import PREFIX
from modules.source import front_matter, read_course
from modules.split import Law, Prose, fences, split
from studio.structure import front_values

PIECES_KEPT = 4_096
NO_POOLS: Mapping[str, bytes] = MappingProxyType({})
_DEFINITION = re.compile(r"\]:|\[\^")  # Footnotes, link definitions, abbreviations: they serve the whole module.
_HEADING = re.compile(r"#{1,6} ")
_ID = re.compile(r' id="([^"]*)"')


@dataclass(frozen=True)
class Addresses:
    """Where a module's pictures and links lead in the preview. Equal for the same place, so that what was drawn with it is found."""

    base: str                          # of the draft's pages
    folder: str
    language: str

    def __call__(self, relative: str) -> str:
        """The address for a relative one."""
        if relative.startswith("media/"):
            return f"{self.base}/media/{self.folder}/{relative}"
        return f"{self.base}/preview/{relative.removeprefix('../').split('/')[0]}/module.{written_in(self.language)}.md"


@dataclass(frozen=True)
class Piece:
    """A part of the page: its key, the line of the source where it begins, and its HTML."""

    key: str
    line: int
    html: str


@dataclass(frozen=True)
class Preview:
    """A module's page in pieces."""

    title: str
    minutes: str
    pieces: tuple[Piece, ...]

    def news(self, known: Collection[str]) -> dict[str, Any]:
        """The page as data, without the HTML of the pieces that are known."""
        return {
            "title": self.title, "minutes": _("about %(minutes)s minutes", minutes=self.minutes) if self.minutes else "",
            "pieces": [{"key": piece.key, "line": piece.line, "html": None if piece.key in known else piece.html} for piece in self.pieces],
        }


def draws(text: str) -> bool:
    """Whether a module may draw questions from pools, so that its preview needs their files."""
    return f"{POOL.name} {{" in text


def preview(text: str, path: str, language: str, base: str, *, solutions: bool = False, pools: Mapping[str, bytes] = NO_POOLS) -> Preview:
    """Draw a module's source. `pools` are the files that its pools draw from."""
    values = front_values(text)
    _head, body, line = front_matter(text)
    addresses = Addresses(base, path.rsplit("/", 1)[0], language)
    pieces: list[Piece] = []
    if check_bounds(body, path, line):
        pieces = [_piece(line, _told(_("This text cannot be shown."), _("The check says why.")))]
    else:
        segments = split(body, path=path, language=language, first_line=line).segments
        prose = iter(_prose([segment.markdown for segment in segments if isinstance(segment, Prose)], language, addresses))
        number = 0
        for segment in segments:
            if isinstance(segment, Law):
                pieces.append(_piece(segment.line - 1, _statement(segment, next(prose), language)))
                continue
            if isinstance(segment, Prose):
                pieces.append(_piece(segment.line, f'<div class="prose">{next(prose)}</div>'))
                continue
            found = _from_pool(segment, pools) if segment.kind == POOL.name else [segment]
            html = [_question(block, replace(addresses, folder=FOLDER) if block is not segment else addresses, number + at, solutions, _points_of(segment, block)) for at, block in enumerate(found, 1)]
            number += len(found)
            pieces.append(_piece(segment.line - 1, (_about_pool(segment, found) if segment.kind == POOL.name else "") + "\n".join(html)))
    return Preview(values.get(f"title-{written_in(language)}") or path, values["minutes"], tuple(pieces))


def _piece(line: int, html: str) -> Piece:
    return Piece(hashlib.blake2s(html.encode(), digest_size=8).hexdigest(), line, html)


# --- Prose ------------------------------------------------------------------------------------------------------------

def _prose(parts: Sequence[str], language: str, addresses: Addresses) -> list[str]:
    """The HTML of each part: piece by piece where no part leans on another, else as one text, as the page does it."""
    if not any(_DEFINITION.search(part) for part in parts):
        apart = ["\n".join(_chapter(chapter, language, addresses) for chapter in _chapters(part)) for part in parts]
        ids = [name for html in apart for name in _ID.findall(html)]
        if len(set(ids)) == len(ids) and all(closed(html) for html in apart):
            return apart
    return list(_whole(tuple(parts), language, addresses))


def _chapters(markdown: str) -> list[str]:
    """The part cut before its headings: what stands above one never changes how it looks."""
    lines = markdown.split("\n")
    inside = {number for first, last in fences(lines)[0].items() for number in range(first, last + 1)}
    cuts = [0, *(at for at in range(1, len(lines)) if _HEADING.match(lines[at]) and not lines[at - 1].strip() and at not in inside), len(lines)]
    return ["\n".join(lines[first:last]) for first, last in itertools.pairwise(cuts)]


@lru_cache(maxsize=PIECES_KEPT)
def _chapter(markdown: str, language: str, addresses: Addresses) -> str:
    return render(markdown, language=language, media_url=addresses, prefix=PREFIX).html


@lru_cache(maxsize=64)
def _whole(parts: tuple[str, ...], language: str, addresses: Addresses) -> tuple[str, ...]:
    return tuple(render_parts(parts, language=language, media_url=addresses, prefix=PREFIX)[0])


def _statement(law: Law, html: str, language: str) -> str:
    """A legal statement as learners see it, the organisation's own text included."""
    note = laws.note_of(law, html, written_in(language))
    return laws.draw([note])[laws.place_of(law.topic)] if note else _told(_("This text cannot be shown."), _("The check says why."))


# --- Questions --------------------------------------------------------------------------------------------------------

def _question(block: Block, addresses: Addresses, number: int, solutions: bool, points: float | None = None) -> str:
    attributes = tuple(block.attributes.items())
    return _drawn(block.kind, block.id, attributes, block.body, block.language, addresses, number, solutions, points, page_language())


@lru_cache(maxsize=PIECES_KEPT)
def _drawn(
    kind: str, id_: str, attributes: tuple[tuple[str, str], ...], body: str, language: str, addresses: Addresses, number: int, solutions: bool,
    points: float | None, _seen_in: str,
) -> str:
    return _draw(Block(kind, id_, dict(attributes), body, "", 1, language), addresses, number, solutions, points)


def _draw(block: Block, addresses: Addresses, number: int, solutions: bool, points: float | None) -> str:
    kind = KINDS.get(block.kind)
    if kind is None:
        return _told(_("There is no kind of block called “%(kind)s”.", kind=block.kind), _("The check names those that there are."))
    try:
        item = kind.parse(block, addresses)
    except FormatError as error:
        return _faulty(error)
    item = item if points is None else replace(item, points=points)
    order = variant(item, "preview")
    response = kind.solved(item) if solutions else None
    if response is not None:
        verdict = kind.grade(item, response)
        solved = State(number=number, closed=True, used=1, verdict=verdict)
        return _page("studio/_question.html", view=kind.review(item, order, response, verdict, reveal=True), state=solved)
    view = kind.show(item, order, None, None, solution=solutions)
    if prompts.asks(item) or kind.deferred or isinstance(kind, LookKind):  # What a model or a program does cannot be tried in a draft.
        return _page("assessments/preview.html", view=view, state=State(number=number, closed=True))
    return _page("studio/_question.html", view=view, state=State(number=number, left=item.attempts or None))


# --- Pools ------------------------------------------------------------------------------------------------------------

def _from_pool(block: Block, files: Mapping[str, bytes]) -> list[Block]:
    """The questions of one draw; none where the pool cannot be read."""
    try:
        pool = read_pool(block)
    except FormatError:
        return []
    there = {found.id: found for found in candidates(pool, _course_of(tuple(files.items())), written_in(block.language))}
    return [there[id_] for id_ in drawn(list(there), pool.pick, "preview")]


@lru_cache(maxsize=8)
def _course_of(files: tuple[tuple[str, bytes], ...]) -> CourseSource:
    return read_course(dict(files))


def _points_of(block: Block, found: Block) -> float | None:
    """What a pool says that each of its questions is worth."""
    return None if block is found else read_pool(block).points


def _about_pool(block: Block, found: Sequence[Block]) -> str:
    try:
        pool = read_pool(block)
    except FormatError as error:
        return _faulty(error)
    if not found:
        return _told(_("This pool has no questions yet."), _("Write them into the file pools/%(name)s.de.md.", name=pool.tags[0]))
    words = ngettext("Each learner gets %(num)s question of the pool: this is one draw.", "Each learner gets %(num)s questions of the pool, not the same ones: this is one draw.", pool.pick)
    return _page("studio/_note.html", text=words)


def _faulty(error: FormatError) -> str:
    first = error.findings[0]
    return _told(_(first.message, **first.values), _(first.mend, **first.values))


def _page(name: str, **values: Any) -> str:
    """A small template. What all pages know is asked for once, not again for each of a module's questions."""
    if "studio_shared" not in g:
        g.studio_shared = {}
        current_app.update_template_context(g.studio_shared)
    return current_app.jinja_env.get_template(name).render({**g.studio_shared, **values})


def _told(title: str, text: str) -> str:
    return _page("studio/_problem.html", title=title, text=text)


def as_data(finding: Any) -> Mapping[str, str | int]:
    """A finding in the language of the page."""
    return {
        "path": finding.path, "line": finding.line, "severity": finding.severity.value, "rule": finding.rule,
        "message": _(finding.message, **finding.values), "mend": _(finding.mend, **finding.values),
        "missing": finding.values["path"] if finding.rule == "language-ids" else "",  # The file in which the editor can put it.
    }
