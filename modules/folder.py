"""Course folders on disk and as a mapping: what may be in them, how much of it, under which names."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from core.i18n import N_
from modules.findings import Finding
from modules.sharing import Place, nothing_at, places_elsewhere

MOST_FILES = 2_000
MOST_BYTES = 200 << 20
MOST_TEXT_BYTES = 1 << 20
MOST_MEDIA_BYTES = 20 << 20
DEEPEST = 6
LONGEST_PATH = 200
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
# Media: pictures are shown, everything else is downloaded.
SHOWN = {
    ".avif": "image/avif", ".gif": "image/gif", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".png": "image/png",
    ".svg": "image/svg+xml", ".webp": "image/webp",
}
TYPES = {**SHOWN, ".csv": "text/csv", ".pdf": "application/pdf", ".txt": "text/plain; charset=utf-8"}
_TEXT = {".md", ".yml", ".yaml", ".json", ".txt", ".csv"}


def read_folder(root: Path) -> tuple[dict[str, bytes], list[Finding]]:
    """All files of the course in `root` by their path, with findings for what could not be taken.

    What the course shares with folders beside it (modules.sharing) is taken from there, unless `root` has it itself. Links are never
    followed and devices never opened. Names that begin with a dot (.git, .DS_Store) are no part of a course. Of a file that is too
    large only as much is read as shows that, so that check_files() can say so.
    """
    files, findings = read_tree(root, "")
    beside = Path(os.path.abspath(root)).parent  # Not resolve(): a link is not followed here either.
    for place in places_elsewhere(files):
        more, found = _read_place(beside, place)
        files |= more
        findings += found
    return dict(sorted(files.items())), findings


def _read_place(beside: Path, place: Place) -> tuple[dict[str, bytes], list[Finding]]:
    source = beside / place.course / place.path
    if any(step.is_symlink() for step in (source, *source.parents) if step.is_relative_to(beside / place.course)):
        return {}, [_no_file(str(place))]
    if source.is_dir():
        return read_tree(source, f"{place.path}/")
    if source.is_file():
        return {place.path: _read(str(source), most_bytes(place.path) + 1)}, []
    return {}, [nothing_at(place)]


def _no_file(path: str) -> Finding:
    return Finding("file-kind", path, 0, N_("This is a link or a device, not a file."), N_("Put a copy of the file here."))


def read_tree(root: Path, prefix: str = "") -> tuple[dict[str, bytes], list[Finding]]:
    """The files that lie below `root` itself, with `prefix` before their paths."""
    files: dict[str, bytes] = {}
    findings: list[Finding] = []
    total = 0
    for entry, path in _walk(root, prefix):
        if len(files) > MOST_FILES or total > MOST_BYTES:
            break  # check_files() reports what is over the bounds.
        if entry.is_dir(follow_symlinks=False):
            findings.append(_too_deep(path))
            continue
        if not entry.is_file(follow_symlinks=False):
            findings.append(_no_file(path))
            continue
        try:
            files[path] = _read(entry.path, most_bytes(path) + 1)
        except OSError as error:
            findings.append(Finding(
                "file-unreadable", path, 0, N_("The file cannot be read: %(reason)s."), N_("Check its permissions."),
                values={"reason": error.strerror or "?"},
            ))
            continue
        total += len(files[path])
    return files, findings


def _walk(root: Path, prefix: str) -> Iterator[tuple[os.DirEntry[str], str]]:
    with os.scandir(root) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    for entry in entries:
        # What is no valid text as a name would break printing the report; check_files() refuses the replacement.
        path = (prefix + entry.name).encode("utf-8", "replace").decode()
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False) and path.count("/") <= DEEPEST:
            yield from _walk(Path(entry.path), path + "/")
        else:
            yield entry, path


def _read(path: str, most: int) -> bytes:
    # Between the listing and now the file may have become a link or a pipe: neither is followed nor waited for.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return b""
        return file.read(most)


def suffix_of(path: str) -> str:
    """A file name's ending, as TYPES has it."""
    return PurePosixPath(path).suffix.lower()


def most_bytes(path: str) -> int:
    """How large the file of this name may be."""
    return MOST_TEXT_BYTES if suffix_of(path) in _TEXT else MOST_MEDIA_BYTES


def check_files(files: Mapping[str, bytes]) -> list[Finding]:
    """Names, sizes and number of a course's files, wherever they come from."""
    findings = [finding for path, content in files.items() for finding in _check_file(path, content)]
    if len(files) > MOST_FILES:
        findings.append(Finding("folder-files", "", 0, N_("The folder has more than %(most)s files."),
                                N_("Split the course, or remove what is not used."), values={"most": MOST_FILES}))
    if sum(map(len, files.values())) > MOST_BYTES:
        findings.append(Finding("folder-size", "", 0, N_("The folder has more than %(most)s MB."),
                                N_("Split the course, or make its pictures smaller."), values={"most": MOST_BYTES >> 20}))
    findings += _check_case(files)
    return findings


def _check_file(path: str, content: bytes) -> Iterator[Finding]:
    parts = path.split("/")
    if not all(_NAME.fullmatch(part) for part in parts) or len(path) > LONGEST_PATH:
        yield Finding("file-name", path, 0, N_("This name does not work on every system."),
                      N_("Use only a–z, A–Z, digits, “.”, “-” and “_”, no spaces, and at most %(most)s characters."),
                      values={"most": LONGEST_PATH})
    if len(parts) > DEEPEST:
        yield _too_deep(path)
    if len(content) > most_bytes(path):
        yield Finding("file-size", path, 0, N_("The file is larger than %(most)s MB."),
                      N_("Split the text, or make the picture smaller."), values={"most": most_bytes(path) >> 20})


def _too_deep(path: str) -> Finding:
    return Finding("file-depth", path, 0, N_("This lies more than %(most)s folders deep."), N_("Move it up."),
                   values={"most": DEEPEST})


def _check_case(files: Mapping[str, bytes]) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for path in files:
        other = seen.setdefault(path.lower(), path)
        if other != path:
            yield Finding("file-case", path, 0, N_("The name differs from “%(other)s” only in capital letters."),
                          N_("Rename one of the two: on many systems they are the same file."), values={"other": other})
