"""Use cases about course folders: check one, publish it as an edition, and show an edition's modules.

An edition never changes, so what was read and rendered from it is kept in the process by its id.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from core import db
from core.once import once_each
from courses import service as courses
from courses.models import Edition, EditionFile
from modules.blocks import Block
from modules.course import CourseSource, ModuleSource
from modules.easy import easy_text_in, written_in
from modules.findings import Finding, FormatError
from modules.folder import TYPES, read_folder, suffix_of
from modules.laws import Note, note_of, place_of
from modules.lint import errors, lint
from modules.outline import outline_of
from modules.pictures import Size, size_of, sized
from modules.render import render_parts
from modules.sanitise import Url
from modules.source import read_course
from modules.split import Law, Prose

EDITIONS_KEPT = 64
PAGES_KEPT = EDITIONS_KEPT * 12
PREFIX = "text-"  # Of all ids in an author's text, so that none can be one of the page's own.
_MEDIA = re.compile(r"[^/]+/media/.+")


@dataclass(frozen=True)
class CheckedFolder:
    """A course folder from disk and everything that was found in it."""

    course: CourseSource
    files: Mapping[str, bytes]
    findings: list[Finding]


@dataclass(frozen=True)
class ParsedEdition:
    """An edition, read. `digest` stands in the addresses of its media; `pictures` are their sizes by address."""

    course: CourseSource
    digest: str
    pictures: Mapping[str, Size]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of all modules, the course's first one first."""
        return self.course.languages

    @property
    def module_ids(self) -> tuple[str, ...]:
        """The modules in their order."""
        return tuple(module.id for module in self.course.modules)

    def spoken(self, text: str) -> str:
        """This language or easy text, if the edition speaks its language; else the edition's first."""
        return text if written_in(text) in self.languages else self.languages[0]

    def title(self, text: str) -> str:
        """The course's title beside a text in this language, or in easy language."""
        return self.course.title[written_in(text)]

    def module(self, module_id: str, language: str) -> ModuleSource:
        """A module in one language; where it has no easy text, the usual one. Raises LookupError."""
        sources = self._find(module_id)[1]
        return sources[language if language in sources else written_in(language)]

    def easy_text(self, module_id: str, language: str) -> str | None:
        """The name of a module's text in easy language, if it has one. Raises LookupError."""
        easy = easy_text_in(language)
        return easy if easy in self._find(module_id)[1] else None

    def left_out(self, module_id: str, text: str) -> int:
        """How many questions a text leaves to the usual one. Raises LookupError."""
        return len(self.module(module_id, written_in(text)).blocks) - len(self.module(module_id, text).blocks)

    def media_url(self, module_id: str) -> Url:
        """Addresses for what a module's text refers to by relative paths: its media, and other modules."""
        return self.media_url_in(self._find(module_id)[0])

    def media_url_in(self, folder: str) -> Url:
        """The same for the texts of a folder, such as that of the pools."""
        ids = {module.folder: module.id for module in self.course.modules}

        def address(relative: str) -> str:
            if relative.startswith("media/"):
                return _address(self.digest, f"{folder}/{relative}")
            other = relative.removeprefix("../").split("/")[0]
            return ids.get(other, "")  # The page of a module is beside those of the others.

        return address

    def _find(self, module_id: str) -> tuple[str, Mapping[str, ModuleSource]]:
        for module in self.course.modules:
            if module.id == module_id:
                return module.folder, module.sources
        raise LookupError(module_id)


def _address(digest: str, path: str) -> str:
    return f"/media/{digest}/{path}"


@dataclass(frozen=True)
class Page:
    """A module ready to be shown: safe HTML of its prose, and the places of its blocks."""

    title: str
    minutes: int
    language: str  # de or en, of an easy text too
    pieces: tuple[tuple[str, str], ...]  # ("prose", HTML), ("block", id) or ("law", its place), in order
    headings: tuple[tuple[str, str], ...]  # (id, text) of the main headings
    laws: tuple[Note, ...] = ()            # what stands at the places of legal statements, unless the organisation says it anew


def check_folder(folder: Path) -> CheckedFolder:
    """Read and lint a course folder on disk. Raises OSError when there is no such folder."""
    files, unread = read_folder(folder)
    course = read_course(files)
    return CheckedFolder(course, files, [*unread, *lint(course)])


def publish_folder(organisation_id: int, folder: Path) -> Edition:
    """Check a folder and publish it. Raises OSError when there is none, FormatError with all errors when there are any."""
    return publish(organisation_id, check_folder(folder))


def publish(organisation_id: int, checked: CheckedFolder) -> Edition:
    """Make a checked folder the newest edition of its course; the same bytes again are the same edition.

    Raises FormatError with all errors when there are any; then nothing is stored.
    """
    if wrong := errors(checked.findings):
        raise FormatError(*wrong)
    with db.scoped(organisation_id):
        return courses.publish(checked.course.id, checked.course.title, checked.files)


@once_each(EDITIONS_KEPT)
def parsed(edition_id: int) -> ParsedEdition:
    """An edition of the organisation that the session acts for. Raises LookupError when there is none of this id."""
    digest = db.session.scalar(select(Edition.digest).where(Edition.id == edition_id))
    if digest is None:
        raise LookupError(edition_id)
    files = courses.files_of(edition_id)
    sizes = ((path, size_of(content)) for path, content in files.items() if _MEDIA.fullmatch(path))
    return ParsedEdition(read_course(files), digest, {_address(digest, path): size for path, size in sizes if size})


@once_each(PAGES_KEPT)
def page(edition_id: int, module_id: str, language: str) -> Page:
    """A module's page in one language. Raises LookupError when the edition has no such module."""
    edition = parsed(edition_id)
    source = edition.module(module_id, language)
    html, _ = render_parts(
        [prose.markdown for prose in source.prose],
        language=language, media_url=edition.media_url(module_id), prefix=PREFIX,
    )
    texts = [sized(piece, edition.pictures) for piece in html]
    notes = tuple(note for law, text in zip(source.prose, texts, strict=True) if isinstance(law, Law) and (note := note_of(law, text, source.written_in)))
    rest = iter(texts)
    pieces = tuple(
        ("block", segment.id) if isinstance(segment, Block) else _piece(segment, next(rest)) for segment in source.segments
    )
    headings = (heading for piece in html for heading in outline_of(piece).headings)
    return Page(source.title, source.minutes, source.written_in, pieces, tuple((it.id, it.text) for it in headings if it.level == 2 and it.id), notes)


def _piece(prose: Prose, html: str) -> tuple[str, str]:
    return ("law", place_of(prose.topic)) if isinstance(prose, Law) else ("prose", html)


def media(digest: str, path: str) -> bytes | None:
    """A file that a module shows. Only from a folder media/: the modules' own text holds the keys."""
    if not _MEDIA.fullmatch(path) or suffix_of(path) not in TYPES:
        return None
    with db.unscoped():  # The digest is known only to those who were shown a page of the edition, of whichever tenant.
        return db.session.scalar(
            select(EditionFile.content).join(Edition, Edition.id == EditionFile.edition_id)
            .where(Edition.digest == digest, EditionFile.path == path).limit(1)
        )
