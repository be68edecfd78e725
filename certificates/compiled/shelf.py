"""The compiled pages of this process: few, those used last."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from certificates.compiled.errors import WholeError
from certificates.compiled.page import Job, Page, Proof, compile_page
from certificates.compiled.varying import Varying, filled, pattern

log = structlog.get_logger("certificates")
MOST_PAGES = 12
MOST_SEEN = 500


@dataclass(frozen=True)
class Attached:
    """A file within the PDF. `day` (ISO) stands in it as the day on which it was made."""

    name: str
    content: bytes
    description: str
    day: str


@dataclass(frozen=True)
class Task:
    """A page to be printed, and what belongs to it."""

    html: str
    form: tuple[Any, ...]              # what decides, beside the HTML, how it is printed
    identifier: bytes                  # of the file
    attached: Sequence[Attached] = ()
    varying: Sequence[Varying] = ()    # the values in it that differ from those of others
    pictures: Mapping[str, str] = field(default_factory=dict)  # by the names that the page uses


class Shelf:
    """Compiled pages by all that is the same in them. For one thread at a time."""

    def __init__(self, whole: Callable[[Task], Proof]) -> None:
        self._whole = whole
        self._pages: OrderedDict[bytes, Page] = OrderedDict()
        self._seen: OrderedDict[bytes, str] = OrderedDict()  # pages seen once, or why they are printed whole

    def written(self, task: Task) -> bytes:
        """The file: placed on a compiled page where there is one, else printed whole. The bytes are the same."""
        try:
            page = self._page(task)
            if page:
                return page.place(_job(task, None))
        except WholeError:
            pass
        return self._whole(task).content

    def _page(self, task: Task) -> Page | None:
        """The compiled page; it is compiled when it is needed for the second time, since that takes as long as two prints."""
        page = pattern(task.html, task.varying) if task.varying else None
        if page is None:
            return None
        key = _key(page, task)
        if key in self._pages:
            self._pages.move_to_end(key)
            return self._pages[key]
        if key not in self._seen:
            _keep(self._seen, key, "", MOST_SEEN)
        elif not self._seen[key]:
            try:
                _keep(self._pages, key, self._compiled(page, task), MOST_PAGES)
                return self._pages[key]
            except Exception as error:  # WeasyPrint's inner parts, changed or used in a way that we do not know: print as ever.
                log.info("page_not_compiled", error=type(error).__name__, reason=str(error)[:200])
                self._seen[key] = str(error) or type(error).__name__
        return None

    def _compiled(self, page: str, task: Task) -> Page:
        def prove(stand_in: int) -> tuple[Proof, Job]:
            attached = [replace(entry, content=entry.content + b" " * stand_in) for entry in task.attached]
            tried = replace(task, html=filled(page, task.varying, stand_in), attached=attached)
            return self._whole(tried), _job(tried, stand_in)

        return compile_page(task.varying, prove)

    def clear(self) -> None:
        """Forget all pages."""
        self._pages.clear()
        self._seen.clear()


def _job(task: Task, stand_in: int | None) -> Job:
    values = tuple(entry.choose(stand_in) for entry in task.varying)
    return Job(values, tuple(entry.content for entry in task.attached), task.identifier)


def _key(page: str, task: Task) -> bytes:
    digest = hashlib.sha256(page.encode())
    digest.update(repr((task.form, [(entry.name, entry.description, entry.day) for entry in task.attached])).encode())
    for name, picture in sorted(task.pictures.items()):
        digest.update(f"\0{name}\0{picture}".encode())
    return digest.digest()


def _keep(entries: OrderedDict[bytes, Any], key: bytes, value: Any, most: int) -> None:
    entries[key] = value
    while len(entries) > most:
        entries.popitem(last=False)
