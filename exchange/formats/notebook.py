"""Jupyter notebooks, read: texts, code, and nbgrader's exercises with their tests."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from core.i18n import N_
from exchange import pytests
from exchange.collecting import Collected
from exchange.html import with_words
from exchange.jsontext import read_json
from exchange.model import TEXT, Entry, Fenced, Item, Reading, UnreadableError

NAME = "notebook"
_SOLUTION = re.compile(r"^([ \t]*)#{2,3} BEGIN SOLUTION.*?^[ \t]*#{2,3} END SOLUTION[^\n]*", re.DOTALL | re.MULTILINE)
_MARKS = re.compile(r"^[ \t]*#{2,3} (?:BEGIN|END) (?:SOLUTION|HIDDEN TESTS)[^\n]*\n?", re.MULTILINE)
_HIDDEN = re.compile(r"^[ \t]*#{2,3} BEGIN HIDDEN TESTS.*?^[ \t]*#{2,3} END HIDDEN TESTS[^\n]*", re.DOTALL | re.MULTILINE)
_PICTURE = re.compile(r"!\[([^\]\n]{0,300})\]\(([^)\s]{1,500})(?:\s+\"[^\"]*\")?\)")
Cell = Mapping[str, Any]


def looks_like(text: str) -> bool:
    """Whether a text may be a notebook."""
    return text.lstrip().startswith("{") and '"cells"' in text and '"nbformat"' in text


def read(content: bytes, path: str, language: str) -> Reading:
    """Read a notebook of version 4."""
    collected = Collected(NAME, path, language)
    found = read_json(content, path, collected)
    if found is None and collected.findings:
        return collected.done()
    cells = found.get("cells") if isinstance(found, dict) else None
    if not isinstance(cells, list):
        collected.find("notebook", 0, N_("The notebook has no cells."), N_("Save it anew with Jupyter (format 4)."))
        return collected.done()
    collected.each(_parts([cell for cell in cells if isinstance(cell, dict)], collected))
    return collected.done()


def _parts(cells: Sequence[Cell], collected: Collected) -> Iterator[tuple[str, str, int, Callable[[Entry], Item | None]]]:
    at = 0
    while at < len(cells):
        cell = cells[at]
        if _graded(cell, "solution") and cell.get("cell_type") == "code":
            tests = []
            while at + 1 < len(cells) and cells[at + 1].get("cell_type") == "code" and _graded(cells[at + 1], "grade") and not _graded(cells[at + 1], "solution"):
                at += 1
                tests.append(cells[at])
            yield _name(cell), "nbgrader", 0, lambda entry, cell=cell, tests=tests: _exercise(cell, tests, entry)  # type: ignore[misc]
        elif cell.get("cell_type") == "code":
            yield _name(cell), "code", 0, lambda entry, cell=cell: _code(cell, entry)  # type: ignore[misc]
        else:
            yield _name(cell), str(cell.get("cell_type")), 0, lambda entry, cell=cell: _markdown(cell, collected, entry)  # type: ignore[misc]
        at += 1


def _source(cell: Cell) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(line for line in source if isinstance(line, str)) if isinstance(source, list) else ""


def _name(cell: Cell) -> str:
    return _source(cell).strip().split("\n")[0][:60]


def _graded(cell: Cell, key: str) -> bool:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return isinstance(nbgrader, dict) and bool(nbgrader.get(key))


def _value(cell: Cell, key: str) -> Any:
    return cell["metadata"]["nbgrader"].get(key) if _graded(cell, "grade") or _graded(cell, "solution") else None


def _markdown(cell: Cell, collected: Collected, entry: Entry) -> Item:
    if cell.get("cell_type") != "markdown":
        raise UnreadableError(N_("Cells of the type “%(type)s” have no counterpart here."), type=str(cell.get("cell_type"))[:40])
    attachments = cell.get("attachments")

    def picture(found: re.Match[str]) -> str:
        words, address = found.groups()
        kept = None
        if address.startswith("attachment:") and isinstance(attachments, dict):
            name = address.removeprefix("attachment:")
            bundle = attachments.get(name)
            encoded = next((value for value in bundle.values() if isinstance(value, str)), "") if isinstance(bundle, dict) else ""
            kept = collected.media.keep_encoded(name, encoded)
        elif address.startswith("data:"):
            kept = collected.media.keep_data(address)
        if kept is None:
            entry.change(N_("The picture “%(name)s” is not in the file."), name=address[:120])
            return words
        return with_words(f"![{words}]({kept})", entry)

    text = _PICTURE.sub(picture, _source(cell)).strip()
    if not text:
        raise UnreadableError(N_("There is no text."))
    return Item(kind=TEXT, stem=text)


def _code(cell: Cell, entry: Entry) -> Item:
    code = _source(cell).strip("\n")
    if not code.strip():
        raise UnreadableError(N_("There is no text."))
    if cell.get("outputs"):
        entry.change(N_("The output of the cell was left out."))
    return Item(kind=TEXT, stem=f"{_ticks(code)}python\n{code}\n{_ticks(code)}")


def _ticks(code: str) -> str:
    return "`" * max([3, *(len(run) + 1 for run in re.findall("`{3,}", code))])


def _exercise(cell: Cell, cells: Sequence[Cell], entry: Entry) -> Item:
    code = _source(cell)
    tests: list[pytests.Test] = []
    for test_cell in cells:
        hidden = "\n".join(_HIDDEN.findall(_source(test_cell)))
        for line in pytests.statements(_source(test_cell)) or []:
            found = pytests.from_assert(line)
            if found is None:
                entry.change(N_("Tests that are more than one call with plain values were left out."))
                continue
            is_hidden = bool(hidden) and f"{found['call']}(" in hidden
            tests.append({**found, "hidden": True} if is_hidden else found)
    if not tests:
        raise UnreadableError(N_("None of its tests is a plain call or plain input."))
    starter = _SOLUTION.sub(r"\1...  # YOUR CODE HERE", code)
    points = sum(float(value) for test_cell in cells if isinstance(value := _value(test_cell, "points"), (int, float)))
    identifier = str(_value(cell, "grade_id") or "")
    fences = (("starter", starter), ("solution", _MARKS.sub("", code) if starter != code else ""), ("tests", pytests.as_yaml(tests)))
    entry.change(N_("The text of the exercise stands in the cells before it."))
    return Item(kind="python", id=identifier, title=identifier, points=points or 1.0, stem="…", fences=tuple(Fenced(name, text.strip("\n")) for name, text in fences if text.strip()))
