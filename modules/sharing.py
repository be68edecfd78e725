"""What a course shares with the course folders beside it: a module for several audiences is written, and mended, once.

Only reading a folder from disk, or from the repository that a course follows, looks beside it. From then on the course has all of its files itself: editions, drafts and exports are whole, and
a folder that has a file or folder of that name keeps its own.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.i18n import N_
from modules.findings import Finding
from modules.yamltext import YamlError, read_yaml

_NAME = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"  # Never begins with a dot: no place leads further up, or into .git.
_PLACE = re.compile(rf"\.\./(?P<course>{_NAME})/(?P<path>{_NAME}(?:/{_NAME}){{0,4}})")


@dataclass(frozen=True)
class Place:
    """A file or folder of another course, which stands under the same path in this one."""

    course: str
    path: str

    def __str__(self) -> str:
        return f"../{self.course}/{self.path}"


def place_in(text: str) -> Place | None:
    """What “../course/path” means; None when it is written in another way."""
    match = _PLACE.fullmatch(text)
    return Place(match["course"], match["path"]) if match else None


def shared_places(course_yml: bytes) -> tuple[Place, ...]:
    """What stands under `shared`, as far as it can be read. What is wrong with it is said when the course is read."""
    try:
        value = read_yaml(course_yml.decode("utf-8-sig", "replace")).value
    except YamlError:
        return ()
    listed = value.get("shared") if isinstance(value, dict) else None
    places = (place_in(word) for word in listed if isinstance(word, str)) if isinstance(listed, list) else ()
    return tuple(place for place in places if place)


def places_elsewhere(files: Mapping[str, bytes]) -> Iterator[Place]:
    """What a course shares and has no file or folder of its own for. `files` may grow meanwhile."""
    for place in shared_places(files.get("course.yml", b"")):
        if place.path not in files and not any(path.startswith(f"{place.path}/") for path in files):
            yield place


def nothing_at(place: Place) -> Finding:
    """Neither is there anything to share, nor a copy."""
    return Finding("shared-missing", "course.yml", 0, N_("There is no “%(place)s”, and this folder has no copy of it."),
                   N_("Put both folders beside each other, or correct it under “shared”."), values={"place": str(place)})
