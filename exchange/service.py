"""Use cases: read a file of another system, make a course of it and publish it, write a course for another system."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from flask_babel import gettext

from core import db
from core.i18n import in_language
from courses import service as courses
from exchange import readers, writers
from exchange.collecting import Collected
from exchange.course import Frame, Made, make_course
from exchange.formats import bundle, handout
from exchange.model import Reading
from exchange.normal import identified, slug
from exchange.readers import AUTO, FORMATS, MOST_BYTES
from exchange.writers import SUFFIXES, Setting, Written
from modules import service as modules
from modules.lint import lint
from modules.source import read_course

__all__ = ["AUTO", "FORMATS", "MOST_BYTES", "SUFFIXES", "apart", "checked", "files_of_course", "frame_for", "read", "read_files", "write"]


def read(content: bytes, name: str, format: str = AUTO, language: str = "de") -> Reading:
    """Read a file: items, a report on each, findings about the whole, media. Raises nothing."""
    return readers.read(content, name, format, language)


def read_files(files: Mapping[str, bytes], name: str, language: str) -> Reading:
    """The items of a course folder."""
    return bundle.of_course(files, Collected(bundle.NAME, name, language), language)


def apart(reading: Reading, taken: Collection[str]) -> Reading:
    """The reading for a course that has questions already: none of its own has an id that is taken there."""
    return replace(reading, items=identified(reading.items, reading.report, taken))


def frame_for(reading: Reading, name: str, language: str, course_id: str = "", title: str = "") -> Frame:
    """What the course is called: as said, else as the file says, else after the file's name."""
    stem = Path(name).stem
    called = title or reading.title or stem
    return Frame(course_id or slug(title or stem, 60) or "import", called, language)


def checked(reading: Reading, frame: Frame) -> modules.CheckedFolder:
    """The course folder of a reading with all that the check says. Items that it does not accept are dropped in the report."""
    if reading.files:
        course = read_course(reading.files)
        return modules.CheckedFolder(course, reading.files, lint(course))
    made: Made = make_course(reading, frame)
    return modules.CheckedFolder(made.course, made.files, list(made.findings) if made.files else [])  # Without any item there is nothing to check.


def files_of_course(organisation_id: int, course: str) -> Mapping[str, bytes]:
    """The newest edition of an organisation's course, as its folder. Raises LookupError when there is none."""
    with db.scoped(organisation_id):
        found = courses.course(course)
        if found is None:
            raise LookupError(course)
        return courses.files_of(courses.newest_edition(found.id).id)


def write(reading: Reading, files: Mapping[str, bytes], format: str, language: str, launch_url: str) -> Written:
    """Write a reading in another format."""
    with in_language(language):
        words = handout.Words(name=gettext("Name"), solutions=gettext("Solutions"), points=gettext("Points"), words=gettext("words"))
    return writers.write(reading, files, format, Setting(language, launch_url, words))
