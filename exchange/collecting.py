"""What a reader fills: items with their report, media, and findings about the file at large."""

from collections.abc import Callable, Iterable
from typing import Any

from core.i18n import N_
from exchange.media import Media
from exchange.model import MOST_ITEMS, Entry, Item, Reading, UnreadableError
from exchange.normal import identified
from modules.findings import Finding, Severity

MOST_FINDINGS = 100
MOST_TOGETHER = 20_000_000            # characters of all items


class Collected:
    """One reading in the making."""

    def __init__(self, format_: str, path: str, language: str) -> None:
        self.format = format_
        self.path = path
        self.language = language
        self.title = ""
        self.media = Media()
        self.findings: list[Finding] = []
        self.entries: list[Entry] = []
        self._items: list[Item] = []
        self._letters = 0

    def each(self, parts: Iterable[tuple[str, str, int, Callable[[Entry], Item | None]]]) -> None:
        """Read part after part (name, type, line, reader of it). What one of them cannot do does not hold up the others."""
        for name, what, line, read in parts:
            if len(self.entries) >= MOST_ITEMS:
                self.find("too-many", line, N_("The file has more than %(most)s items; the rest was not read."),
                          N_("Split the file."), most=MOST_ITEMS)
                return
            if self._letters > MOST_TOGETHER:
                self.find("too-many", line, N_("The items together have more than %(most)s million characters; the rest was not read."),
                          N_("Split the file."), most=MOST_TOGETHER // 1_000_000)
                return
            self.take(name, what, line, read)

    def take(self, name: str, what: str, line: int, read: Callable[[Entry], Item | None]) -> None:
        """Read one part."""
        entry = Entry(len(self.entries) + 1, " ".join(name.split())[:120], what[:60], line)
        self.entries.append(entry)
        try:
            item = read(entry)
        except UnreadableError as error:
            entry.drop(error.message, **error.values)
            return
        except RecursionError:
            entry.drop(N_("It is nested too deeply."))
            return
        if item is None and not entry.dropped:
            entry.drop(N_("Nothing of it can be used."))
        if item is not None and not entry.dropped:
            self._items.append(item)
            self._letters += item.letters

    def find(self, rule: str, line: int, message: str, mend: str, *, severity: Severity = Severity.ERROR, **values: Any) -> None:
        """Note what is wrong with the file."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(rule, self.path, line, message, mend, severity, values))

    def done(self) -> Reading:
        """The reading, with ids that are there and stand only once."""
        return Reading(self.format, identified(self._items, self.entries), tuple(self.entries), tuple(self.findings), self.media.files, self.title)
