"""A handout to print: questions with room for answers, and the solutions on pages of their own."""

import base64
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.i18n import N_
from exchange.model import GAP, TEXT, Entry, Gap, Item
from exchange.normal import literal, slug
from exchange.writing import decimal, written
from modules.folder import SHOWN, suffix_of
from modules.render import render, render_inline

_SOURCE = re.compile(r'src="(media/[^"]+)"')
_STYLE = """
@page { size: A4; margin: 2cm; }
body { font: 11pt/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; color: #000; background: #fff; }
section { break-inside: avoid; margin: 0 0 1.5rem; }
section > h2 { font-size: 1rem; margin: 0; }
ul.answers { list-style: none; padding: 0; }
ul.answers li { margin: .3rem 0; padding-left: 1.8rem; position: relative; }
ul.answers li::before { content: ""; position: absolute; left: 0; top: .3rem; width: .8rem; height: .8rem; border: 1px solid; }
ul.one li::before { border-radius: 50%; }
.room { border-bottom: 1px solid; display: inline-block; min-width: 8rem; }
.lines { height: 12rem; border: 1px solid; }
table { border-collapse: collapse; } th, td { border: 1px solid; padding: .2rem .6rem; text-align: left; }
img { max-width: 100%; }
.solutions { break-before: page; }
@media print { body { margin: 0; max-width: none; padding: 0; } a { color: inherit; } }
"""


@dataclass(frozen=True)
class Words:
    """What a handout says by itself, in its language."""

    name: str
    solutions: str
    points: str
    words: str


def write(items: Sequence[Item], entries: Sequence[Entry], media: Mapping[str, bytes], title: str, language: str, words: Words) -> bytes:
    """One HTML file with everything in it, ready for printing."""
    sheet = _Sheet(language, media, words)
    questions, solutions = [], []
    number = 0
    for item, entry in zip(items, entries, strict=True):
        if item.kind == TEXT:
            questions.append(sheet.whole(item.stem))
        elif item.kind not in _BODIES:
            entry.drop(N_("%(format)s has nothing for the kind “%(kind)s”."), format="HTML", kind=item.kind)
        else:
            number += 1
            questions.append(sheet.question(item, number))
            solutions.append(sheet.solution(item, number))
    told = html.escape(title)
    body = f'<h1>{told}</h1>\n<p>{html.escape(words.name)}: <span class="room"></span></p>\n' + "\n".join(questions)
    if solutions:
        body += f'\n<div class="solutions"><h1>{html.escape(words.solutions)}</h1>\n' + "\n".join(solutions) + "\n</div>"
    return (f'<!DOCTYPE html>\n<html lang="{language}">\n<head><meta charset="utf-8"><title>{told}</title>'
            f"<style>{_STYLE}</style></head>\n<body>\n{body}\n</body>\n</html>\n").encode()


class _Sheet:
    """Texts of one handout."""

    def __init__(self, language: str, media: Mapping[str, bytes], words: Words) -> None:
        self.language = language
        self.words = words
        self._media = media

    def whole(self, markdown: str) -> str:
        """Paragraphs as safe HTML, with pictures inside."""
        return self._with_pictures(render(markdown, language=self.language, media_url=str).html)

    def line(self, markdown: str) -> str:
        """A line as safe HTML."""
        return self._with_pictures(render_inline(markdown, language=self.language, media_url=str).html)

    def _with_pictures(self, markup: str) -> str:
        return _SOURCE.sub(lambda found: f'src="{self._data(found[1])}"', markup)

    def _data(self, path: str) -> str:
        kind = SHOWN.get(suffix_of(path))
        return f"data:{kind};base64,{base64.b64encode(self._media[path]).decode()}" if kind and path in self._media else ""

    def question(self, item: Item, number: int) -> str:
        """A question with room for its answer."""
        points = f"{self.words.points}: {decimal(item.points)}"
        stem = self.whole(item.stem)
        if item.kind == "cloze":
            stem = GAP.sub(lambda found: self._room(item.gaps[int(found[1]) - 1]), stem)
        return f"<section><h2>{number} <small>({html.escape(points)})</small></h2>{stem}{''.join(_BODIES[item.kind](item, self))}</section>"

    def _room(self, gap: Gap) -> str:
        options = f" ({' / '.join(self.line(option) for option in gap.options)})" if gap.options else ""
        return f'<span class="room"></span>{options}'

    def solution(self, item: Item, number: int) -> str:
        """What is right, and why."""
        lines = [line for line in _right(item, self) if line]
        explanation = self.whole(item.explanation) if item.explanation else ""
        return f"<section><h2>{number}</h2><ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>{explanation}</section>"


def _options(item: Item, sheet: _Sheet) -> Iterator[str]:
    one = "" if item.kind == "multi" else " one"
    yield f'<ul class="answers{one}">{"".join(f"<li>{sheet.line(choice.text)}</li>" for choice in item.choices)}</ul>'


def _field(item: Item, sheet: _Sheet) -> Iterator[str]:
    yield f'<p><span class="room"></span> {html.escape(item.attributes.get("unit", "").split("|")[0])}</p>'


def _entries(item: Item, sheet: _Sheet) -> Iterator[str]:
    mixed = sorted(item.choices, key=lambda choice: slug(choice.text))
    yield f'<ul class="answers">{"".join(f"<li>{sheet.line(choice.text)}</li>" for choice in mixed)}</ul>'


def _pairs(item: Item, sheet: _Sheet) -> Iterator[str]:
    rights = sorted(dict.fromkeys(pair.right for pair in item.pairs), key=slug)
    yield f"<p>{' · '.join(sheet.line(right) for right in rights)}</p>"
    yield "".join(f'<p>{sheet.line(pair.left)}: <span class="room"></span></p>' for pair in item.pairs if pair.left)


def _table(item: Item, sheet: _Sheet) -> Iterator[str]:
    head = "".join(f"<th scope=\"col\">{sheet.line(text)}</th>" for text in (item.corner, *item.columns))
    rows = "".join(f"<tr><th scope=\"row\">{sheet.line(row.text)}</th>{'<td>☐</td>' * len(item.columns)}</tr>" for row in item.rows)
    yield f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _lines(item: Item, sheet: _Sheet) -> Iterator[str]:
    if "words" in item.attributes:
        yield f"<p>{html.escape(item.attributes['words'])} {html.escape(sheet.words.words)}</p>"
    yield '<div class="lines"></div>'


def _nothing(_: Item, __: _Sheet) -> Iterator[str]:
    return iter(())


_BODIES = {
    "single": _options, "multi": _options, "likert": _options, "survey": _options, "short": _field, "numeric": _field, "order": _entries,
    "match": _pairs, "matrix": _table, "essay": _lines, "cloze": _nothing, "write": _lines, "prompt": _lines,
}


def _right(item: Item, sheet: _Sheet) -> Iterator[str]:
    if item.kind == "order":
        yield " → ".join(sheet.line(choice.text) for choice in item.choices)
    else:
        yield from (sheet.line(choice.text) for choice in item.choices if choice.right)
    yield from (f"{sheet.line(pair.left)}: {sheet.line(pair.right)}" for pair in item.pairs if pair.left)
    yield from (f"{sheet.line(row.text)}: {', '.join(sheet.line(item.columns[at]) for at in row.right)}" for row in item.rows)
    yield from (" / ".join(html.escape(text) for answer in words.answers if (text := literal(answer))) for words in item.words if words.weight == 1)
    for number in item.numbers:
        if number.weight == 1:
            low, high = written(number.low, sheet.language), written(number.high, sheet.language)
            yield low if low == high else f"{low}–{high}"
    yield from (sheet.line(one.options[one.right]) if one.options else " / ".join(html.escape(text) for answer in one.answers if (text := literal(answer))) for one in item.gaps)
    yield from (f"[{decimal(criterion.points)}] {sheet.line(criterion.text)}" for criterion in item.rubric)
