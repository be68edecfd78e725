"""From items to a course folder, which then goes through the same import as every other."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from assessments.kinds import KINDS
from core.i18n import N_
from exchange.model import TEXT, Entry, Item, Note, Reading
from exchange.normal import slug
from exchange.writing import block
from modules.blocks import Block
from modules.bounds import check_bounds
from modules.course import CourseSource
from modules.findings import Finding
from modules.lint import errors, lint
from modules.source import read_course
from modules.split import split

MOST_IN_A_MODULE = 50
MOST_LINES = 3_000
MOST_LETTERS = 300_000
_MEDIA = re.compile(r"\(<?(media/[A-Za-z0-9._-]+)>?\)")


@dataclass(frozen=True)
class Frame:
    """What a course is called, where the file does not say it, and the number of its first module."""

    id: str
    title: str
    language: str
    first: int = 1


@dataclass(frozen=True)
class Made:
    """A course folder made of items, and what the house's own check says about it."""

    files: Mapping[str, bytes]
    course: CourseSource
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class _Piece:
    """An item's text on its way into a module."""

    entry: Entry
    category: str
    text: str


def make_course(reading: Reading, frame: Frame) -> Made:
    """The course folder that the items make. What the house's check does not accept is dropped, and the report says why."""
    pieces = list(_pieces(reading, frame.language))
    while True:
        files, places = _files(pieces, reading.media, frame)
        course = read_course(files)
        findings = lint(course)
        wrong = _dropped(errors(findings), places)
        if not wrong:
            return Made(files, course, tuple(findings))
        pieces = [piece for piece in pieces if piece not in wrong]


def _pieces(reading: Reading, language: str) -> Iterator[_Piece]:
    entries = [entry for entry in reading.report if not entry.dropped]
    for item, entry in zip(reading.items, entries, strict=True):
        text = block(item, language)
        if refusal := _refusal(item, text, language):
            entry.drop(refusal.message, **refusal.values)
        else:
            yield _Piece(entry, item.category, text)


def _refusal(item: Item, text: str, language: str) -> Note | None:
    """Why a text cannot even be put into a module, if it cannot."""
    parts = split(text, path="", language=language)
    if found := [*parts.findings, *check_bounds(text, "")]:
        return Note(found[0].message, found[0].values)
    blocks = [part for part in parts.segments if isinstance(part, Block)]
    if len(blocks) != (item.kind != TEXT):
        return Note(N_("Its text would become a question of its own."))
    if item.kind != TEXT and item.kind not in KINDS:
        return Note(N_("Questions of the kind “%(kind)s” cannot be shown yet."), {"kind": item.kind})
    return None


Places = Mapping[str, Sequence[tuple[int, _Piece]]]


def _dropped(wrong: Sequence[Finding], places: Places) -> list[_Piece]:
    """The pieces in which something is wrong; their entries say what."""
    dropped: list[_Piece] = []
    for finding in wrong:
        piece = next((piece for line, piece in reversed(places.get(finding.path, ())) if line <= finding.line), None)
        if piece is not None and not piece.entry.dropped:
            piece.entry.drop(finding.message, **finding.values)
            dropped.append(piece)
    return dropped


def _files(pieces: Sequence[_Piece], media: Mapping[str, bytes], frame: Frame) -> tuple[dict[str, bytes], Places]:
    """The folder, and on which line of which file each piece begins."""
    files: dict[str, bytes] = {}
    places: dict[str, list[tuple[int, _Piece]]] = {}
    folders = []
    for number, (name, portion) in enumerate(_modules(pieces), frame.first):
        folder = f"{number:02d}-{slug(name, 30) or 'questions'}"
        folders.append(folder)
        path = f"{folder}/module.{frame.language}.md"
        text = _front(folder, name or frame.title, frame.language)
        for piece in portion:
            places.setdefault(path, []).append((text.count("\n") + 1, piece))
            text += piece.text + "\n\n"
        files[path] = (text.rstrip("\n") + "\n").encode()
        files |= {f"{folder}/{name}": media[name] for name in dict.fromkeys(_MEDIA.findall(text)) if name in media}
    if folders:
        files["course.yml"] = _course(frame, folders)
    return files, places


def _modules(pieces: Iterable[_Piece]) -> Iterator[tuple[str, list[_Piece]]]:
    """Pieces by category, and no more in one module than can be shown well."""
    for category, group in groupby(pieces, key=lambda piece: piece.category):
        portions = list(_portions(group))
        for number, portion in enumerate(portions, 1):
            yield f"{category} {number}".strip() if len(portions) > 1 else category, portion


def _portions(pieces: Iterable[_Piece]) -> Iterator[list[_Piece]]:
    portion: list[_Piece] = []
    lines = letters = 0
    for piece in pieces:
        lines, letters = lines + piece.text.count("\n") + 2, letters + len(piece.text)
        questions = sum(other.text.startswith(":::") for other in portion)
        if portion and (lines > MOST_LINES or letters > MOST_LETTERS or questions >= MOST_IN_A_MODULE):
            yield portion
            portion, lines, letters = [], piece.text.count("\n") + 2, len(piece.text)
        portion.append(piece)
    if portion:
        yield portion


def _front(folder: str, title: str, language: str) -> str:
    return f"---\nid: {folder}\ntitle: {{{language}: {_quoted(title)}}}\nlang: {language}\n---\n\n"


def _course(frame: Frame, folders: Sequence[str]) -> bytes:
    lines = [f"id: {frame.id}", f"title: {{{frame.language}: {_quoted(frame.title)}}}", f"languages: [{frame.language}]", "modules:",
             *(f"  - {folder}" for folder in folders)]
    return ("\n".join(lines) + "\n").encode()


def _quoted(text: str) -> str:
    return json.dumps(" ".join(text.split())[:200] or "?", ensure_ascii=False)
