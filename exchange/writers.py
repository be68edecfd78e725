"""Writing items in another format. Pure: items in, bytes with a report out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exchange.formats import cartridge_out, gift, handout, liascript, moodle_out, qti_out
from exchange.model import Entry, Reading
from exchange.zipping import packed
from modules.source import read_course

SUFFIXES: Mapping[str, str] = {
    "bundle": ".zip", "gift": ".gift", "moodle-xml": ".xml", "qti3": ".zip", "qti21": ".zip", "liascript": ".md", "cartridge": ".imscc", "html": ".html",
}


@dataclass(frozen=True)
class Setting:
    """What a writer wants to know beside the items."""

    language: str
    launch_url: str
    words: handout.Words


@dataclass(frozen=True)
class Written:
    """A file, and what became of each item on the way."""

    content: bytes
    suffix: str
    report: tuple[Entry, ...]


def write(reading: Reading, files: Mapping[str, bytes], format_: str, setting: Setting) -> Written:
    """Write a reading; `files` is its course folder, for the formats that hand on a course as a whole."""
    entries = [Entry(number, item.title or item.id or " ".join(item.stem.split())[:60], item.kind, item.line, id=item.id)
               for number, item in enumerate(reading.items, 1)]
    if format_ == "bundle":
        return Written(packed(files), SUFFIXES[format_], tuple(entries))
    if format_ == "cartridge":
        return Written(cartridge_out.write(read_course(files), setting.language, setting.launch_url), SUFFIXES[format_], ())
    return Written(_items(reading, entries, format_, setting), SUFFIXES[format_], tuple(entries))


def _items(reading: Reading, all_entries: Sequence[Entry], format_: str, setting: Setting) -> bytes:
    readable = []
    for item, entry in zip(reading.items, all_entries, strict=True):
        if item.unreadable:
            entry.drop(item.unreadable.message, **item.unreadable.values)
        else:
            readable.append((item, entry))
    items, entries = [item for item, _ in readable], [entry for _, entry in readable]
    media, title, language = reading.media, reading.title, setting.language
    if format_ == "gift":
        return gift.write(items, entries)
    if format_ == "moodle-xml":
        return moodle_out.write(items, entries, media)
    if format_ == "liascript":
        return liascript.write(items, entries, title, language)
    if format_ == "html":
        return handout.write(items, entries, media, title, language, setting.words)
    return qti_out.write(items, entries, media, title, language, qti_out.V3 if format_ == "qti3" else qti_out.V21)
