"""Zip files from strangers: paths that stay inside, no links, and bounds on files, size and ratio, before anything is unpacked."""

import io
import stat
import zipfile
import zlib

from core.i18n import N_
from exchange.collecting import Collected
from modules.findings import Severity

MOST_FILES = 10_000
MOST_BYTES = 200 << 20
MOST_RATIO = 200
SMALL = 1 << 20  # Below this a file may be packed as tightly as it likes.
MARK = b"PK\x03\x04"


def unpack(content: bytes, collected: Collected) -> dict[str, bytes] | None:
    """All files by their path. None, with a finding, when the archive must not be unpacked."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        collected.find("archive", 0, N_("The archive cannot be read."), N_("Pack it anew."))
        return None
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES:
        _refuse(collected, N_("The archive has more than %(most)s files."), most=MOST_FILES)
        return None
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        _refuse(collected, N_("The archive holds more than %(most)s MB."), most=MOST_BYTES >> 20)
        return None
    if any(entry.file_size > SMALL and entry.file_size > MOST_RATIO * max(1, entry.compress_size) for entry in entries):
        _refuse(collected, N_("A file in the archive is packed suspiciously tightly."))
        return None
    return _files(archive, entries, collected)


def _refuse(collected: Collected, message: str, most: int = 0) -> None:
    collected.find("archive", 0, message, N_("Nothing was unpacked. Split the archive, or pack it anew."), most=most)


def _files(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], collected: Collected) -> dict[str, bytes] | None:
    files: dict[str, bytes] = {}
    total = 0
    for entry in entries:
        path = entry.filename.replace("\\", "/").removeprefix("./")
        if path.startswith("__MACOSX/") or path.rsplit("/", 1)[-1].startswith("."):
            continue
        if not _safe(entry, path):
            _left_out(collected, path, N_("“%(path)s” leads out of the archive or is a link; it was left out."))
            continue
        try:
            with archive.open(entry) as packed:
                files[path] = packed.read(entry.file_size + 1)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, zlib.error):
            _left_out(collected, path, N_("“%(path)s” is damaged or locked with a password; it was left out."))
            continue
        total += len(files[path])
        if len(files[path]) > entry.file_size or total > MOST_BYTES:  # What the list of contents says need not be true.
            _refuse(collected, N_("The archive holds more than it says."))
            return None
    return files


def _safe(entry: zipfile.ZipInfo, path: str) -> bool:
    mode = entry.external_attr >> 16
    parts = path.split("/")
    return not (path.startswith("/") or ".." in parts or "\0" in path or ":" in parts[0] or (mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG)))


def _left_out(collected: Collected, path: str, message: str) -> None:
    collected.find("archive-file", 0, message, N_("Put a copy of the file into the archive."), severity=Severity.WARNING, path=path[:120])
