"""A course folder as a zip: everything, byte for byte."""

from collections.abc import Mapping

from exchange.collecting import Collected
from exchange.model import Entry, Reading
from exchange.reading import items_of
from modules.source import read_course

NAME = "bundle"
COURSE = "course.yml"


def root_of(files: Mapping[str, bytes]) -> str | None:
    """The folder in the zip that holds course.yml, "" for the top; None when there is none."""
    found = [path.removesuffix(COURSE) for path in files if path == COURSE or (path.endswith("/" + COURSE) and path.count("/") == 1)]
    return min(found, key=len) if found else None


def read(files: Mapping[str, bytes], path: str, language: str) -> Reading:
    """Read a course folder. Its files are kept as they are; the items are only for those who write them elsewhere."""
    collected = Collected(NAME, path, language)
    root = root_of(files) or ""
    inside = {name.removeprefix(root): content for name, content in files.items() if name.startswith(root)}
    return of_course(inside, collected, language)


def of_course(files: Mapping[str, bytes], collected: Collected, language: str) -> Reading:
    """The items of a course folder."""
    course = read_course(files)
    chosen = language if language in course.languages else course.languages[0]
    media, renames = _media(files)
    items = tuple(items_of(course, chosen, renames))
    entries = tuple(Entry(number, item.id or item.stem[:60], item.kind, item.line, id=item.id) for number, item in enumerate(items, 1))
    return Reading(NAME, items, entries, (*collected.findings, *course.findings), media, course.title.get(chosen) or course.id, files)


def _media(files: Mapping[str, bytes]) -> tuple[dict[str, bytes], dict[str, dict[str, str]]]:
    """The files of all modules' folders media/ in one, and new names for those that others have already."""
    media: dict[str, bytes] = {}
    renames: dict[str, dict[str, str]] = {}
    for path, content in files.items():
        folder, _, name = path.partition("/")
        if not name.startswith("media/"):
            continue
        if media.setdefault(name, content) != content:
            new = f"media/{folder}-{name.removeprefix('media/').replace('/', '-')}"
            media[new] = content
            renames.setdefault(folder, {})[name] = new
    return media, renames
