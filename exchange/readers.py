"""Which format a file has, and reading it. Pure: bytes in, items with their report out."""

from collections.abc import Callable, Mapping
from pathlib import PurePath

from core.i18n import N_
from exchange import archive, jsontext, strangers
from exchange.collecting import Collected
from exchange.formats import aiken, bundle, gift, h5p, liascript, moodle_xml, notebook, package, qti, qti1
from exchange.model import Reading

MOST_BYTES = 100 << 20
# What is read as a whole, not piece by piece, has bounds of its own.
MOST_OF_A_FORMAT = {liascript.NAME: 8 << 20, notebook.NAME: jsontext.MOST_BYTES}
HEAD = 200_000
AUTO = "auto"
_Read = Callable[[bytes, str, str], Reading]
_Files = Callable[[Mapping[str, bytes], str, str], Reading]


def _read_qti(content: bytes, path: str, language: str) -> Reading:
    return qti1.read(content, path, language) if qti1.looks_like(_head(content)) else qti.read(content, path, language)


_TEXTS: Mapping[str, _Read] = {
    gift.NAME: gift.read, aiken.NAME: aiken.read, moodle_xml.NAME: moodle_xml.read, qti.NAME: _read_qti,
    liascript.NAME: liascript.read, notebook.NAME: notebook.read,
}
_ARCHIVES: Mapping[str, _Files] = {bundle.NAME: bundle.read, h5p.NAME: h5p.read, package.NAME: package.read, qti.NAME: package.read, "cartridge": package.read}
FORMATS = (AUTO, *dict.fromkeys((*_TEXTS, *_ARCHIVES)))


def read(content: bytes, name: str, format_: str, language: str) -> Reading:
    """Read a file of any format; `auto` looks at what it holds. What is wrong stands in the reading."""
    collected = Collected(format_, name, language)
    if len(content) > MOST_BYTES:
        return _refused(collected, N_("The file is larger than %(most)s MB."), MOST_BYTES)
    if content.startswith(archive.MARK):
        return _unpacked(content, collected)
    wanted = format_ if format_ != AUTO else _text_format(_head(content), name)
    if wanted not in _TEXTS and (told := strangers.file_told(content, _head(content))):
        collected.find("format", 0, told[0], told[1], **told[2])
        return collected.done()
    if wanted not in _TEXTS:
        collected.find("format", 0, N_("Nothing here knows the format of “%(name)s”."), N_("Name it with --format, one of: %(known)s"),
                       name=name[-120:], known=", ".join(FORMATS))
        return collected.done()
    most = MOST_OF_A_FORMAT.get(wanted, MOST_BYTES)
    return _TEXTS[wanted](content, name, language) if len(content) <= most else _refused(collected, N_("The file is larger than %(most)s MB."), most)


def _refused(collected: Collected, message: str, most: int) -> Reading:
    collected.find("file-size", 0, message, N_("Split the file."), most=most >> 20)
    return collected.done()


def _unpacked(content: bytes, collected: Collected) -> Reading:
    files = archive.unpack(content, collected)
    if files is None:
        return collected.done()
    wanted = collected.format if collected.format in _ARCHIVES else _archive_format(files)
    if wanted == package.NAME and not any(path.rsplit("/", 1)[-1] == package.MANIFEST for path in files):
        if told := strangers.archive_told(files):
            collected.find("format", 0, *told)
            return collected.done()
        if len(files) == 1 and (only := next(iter(files.items())))[1][:4] != archive.MARK and _text_format(_head(only[1]), only[0]) not in ("", qti.NAME):
            return _with_findings(read(only[1], only[0], AUTO, collected.language), collected)
    return _with_findings(_ARCHIVES[wanted](files, collected.path, collected.language), collected)


def _with_findings(reading: Reading, collected: Collected) -> Reading:
    return Reading(reading.format, reading.items, reading.report, (*collected.findings, *reading.findings), reading.media, reading.title, reading.files)


def _archive_format(files: Mapping[str, bytes]) -> str:
    if bundle.root_of(files) is not None:
        return bundle.NAME
    return h5p.NAME if "h5p.json" in files else package.NAME


def _head(content: bytes) -> str:
    """The first characters, as far as they can be read."""
    start = content[:HEAD]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return start.decode("utf-16", "replace")
    if start[:400].count(0) > len(start[:400]) // 4:
        return start.decode("utf-16-le" if start[1:400:2].count(0) >= start[0:400:2].count(0) else "utf-16-be", "replace")
    return start.decode("utf-8-sig", "replace")


def _text_format(head: str, name: str) -> str:
    if head.lstrip().startswith("<") and not head.lstrip().startswith("<!--"):
        return next((format_ for format_, looks_like in (
            (moodle_xml.NAME, moodle_xml.looks_like), (qti.NAME, qti1.looks_like), (qti.NAME, qti.looks_like),
        ) if looks_like(head)), "")
    if notebook.looks_like(head) or PurePath(name).suffix.lower() == ".ipynb":
        return notebook.NAME
    by_name = {".gift": gift.NAME, ".aiken": aiken.NAME}.get(PurePath(name).suffix.lower())
    if by_name:
        return by_name
    looks = ((aiken.NAME, aiken.looks_like), (liascript.NAME, liascript.looks_like), (gift.NAME, gift.looks_like))
    return next((format_ for format_, looks_like in looks if looks_like(head)), "")
