"""GIFT, Moodle's text format: read by modules.gift, written here."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from core.i18n import N_
from exchange.collecting import Collected
from exchange.html import Writer, plain
from exchange.markup import to_html, to_line
from exchange.model import TEXT, Choice, Entry, Item, Number, Pair, Reading, Words
from exchange.normal import accepted, as_wildcard, is_true_false, one_right, several_right, true_false, wildcard
from exchange.text import lines
from exchange.writing import percent
from modules.findings import Finding, Severity
from modules.gift import GiftAnswer, GiftItem, read_gift_lines

NAME = "gift"
_SIGNS = re.compile(r"([~=#{}:\\])")
_LOOKS = re.compile(r"^::.*?::|^\s*//|\$CATEGORY:|\{[^{}]*[=~#][^{}]*\}|\{\s*(?:T|F|TRUE|FALSE)?\s*\}", re.MULTILINE)


def looks_like(text: str) -> bool:
    """Whether a text may be GIFT."""
    return bool(_LOOKS.search(text[:200_000]))


def read(content: bytes, path: str, language: str) -> Reading:
    """Read a file of GIFT."""
    collected = Collected(NAME, path, language)
    gift = read_gift_lines(lines(content, collected), path=path)
    by_line = {line: [*group] for line, group in groupby(sorted(gift.findings, key=lambda finding: finding.line), key=lambda finding: finding.line)}
    texts = Writer(collected.media)
    parts = sorted([*((item.line, item) for item in gift.items), *_dropped_lines(by_line)], key=lambda part: part[0])
    collected.each(_named(item, texts, language) if item else _dropped(line, by_line[line]) for line, item in parts)
    for finding in gift.findings:
        if finding.severity is Severity.WARNING and (entry := _entry_at(collected.entries, finding.line)):
            entry.change(finding.message, **finding.values)
    collected.findings += [finding for finding in gift.findings if finding.severity is Severity.ERROR]
    return collected.done()


_Part = tuple[str, str, int, Callable[[Entry], Item | None]]


def _dropped_lines(by_line: Mapping[int, Sequence[Finding]]) -> Iterator[tuple[int, None]]:
    return ((line, None) for line, findings in by_line.items() if any(_costs(finding) for finding in findings))


def _costs(finding: Finding) -> bool:
    """Whether a finding is why a question is left out."""
    return finding.severity is Severity.ERROR and finding.rule != "gift-many"


def _named(item: GiftItem, texts: Writer, language: str) -> _Part:
    return item.title or item.text, item.kind, item.line, lambda entry: _item(item, texts, entry, language)


def _dropped(line: int, findings: Sequence[Finding]) -> _Part:
    error = next(filter(_costs, findings))
    return "", "", line, lambda entry: entry.drop(error.message, **error.values)


def _entry_at(entries: Sequence[Entry], line: int) -> Entry | None:
    return next((entry for entry in reversed(entries) if entry.line <= line and not entry.dropped), None)


def _item(gift: GiftItem, texts: Writer, entry: Entry, language: str) -> Item:
    text = _Texts(gift, texts, entry)
    item = Item(kind="", id=gift.id, tags=gift.tags, title=gift.title, line=gift.line, category=gift.category.rsplit("/", 1)[-1].strip(),
                stem=text.whole(gift.text if gift.tail is None else f"{gift.text} _____ {gift.tail}"), explanation=text.whole(gift.feedback))
    return _KINDS[gift.kind](item, gift, text, language)


class _Texts:
    """The texts of an item in its markup."""

    def __init__(self, gift: GiftItem, texts: Writer, entry: Entry) -> None:
        self.entry = entry
        self._markup = gift.markup
        self._texts = texts

    def whole(self, text: str) -> str:
        """A text of paragraphs."""
        if self._markup == "markdown":
            return text
        return plain(text) if self._markup == "plain" else self._texts.markdown(text, self.entry)

    def line(self, text: str) -> str:
        """A text within a line."""
        if self._markup in ("markdown", "plain"):
            return " ".join(self.whole(text).split())
        return self._texts.line(text, self.entry)


def _choices(gift: GiftItem, text: _Texts) -> list[Choice]:
    return [Choice(text.line(answer.text), answer.right, answer.weight, text.whole(answer.feedback)) for answer in gift.answers]


def _single(item: Item, gift: GiftItem, text: _Texts, _: str) -> Item:
    return replace(item, kind="single", choices=one_right(_choices(gift, text), text.entry))


def _multi(item: Item, gift: GiftItem, text: _Texts, _: str) -> Item:
    return replace(item, kind="multi", choices=several_right(_choices(gift, text), text.entry))


def _true_false(item: Item, gift: GiftItem, text: _Texts, language: str) -> Item:
    said = {at == 0: text.whole(answer.feedback) for at, answer in enumerate(gift.answers)}
    return replace(item, kind="single", shuffle=False, choices=true_false(gift.answers[0].right, language, said))


def _short(item: Item, gift: GiftItem, text: _Texts, _: str) -> Item:
    words = [Words((wildcard(answer.text),), answer.weight or 0.0, text.whole(answer.feedback)) for answer in gift.answers]
    return replace(item, kind="short", words=accepted(words, text.entry))


def _numeric(item: Item, gift: GiftItem, text: _Texts, _: str) -> Item:
    if gift.others:
        text.entry.change(N_("Feedback for all other answers was left out."))
    return replace(item, kind="numeric", numbers=tuple(_number(answer, text) for answer in gift.answers))


def _number(answer: GiftAnswer, text: _Texts) -> Number:
    assert answer.low is not None and answer.high is not None  # noqa: PT018 - the reader of GIFT gives both or an error
    return Number(answer.low, answer.high, answer.weight or 0.0, text.whole(answer.feedback))


def _match(item: Item, gift: GiftItem, text: _Texts, _: str) -> Item:
    return replace(item, kind="match", pairs=tuple(Pair(text.line(answer.text), text.line(answer.match)) for answer in gift.answers))


def _essay(item: Item, gift: GiftItem, text: _Texts, _: str) -> Item:
    return replace(item, kind="essay")


def _description(item: Item, gift: GiftItem, text: _Texts, _: str) -> Item:
    return replace(item, kind=TEXT)


_KINDS = {
    "single": _single, "multi": _multi, "truefalse": _true_false, "short": _short, "numeric": _numeric, "match": _match,
    "essay": _essay, "description": _description,
}


# --- Out --------------------------------------------------------------------------------------------------------------

def write(items: Sequence[Item], entries: Sequence[Entry]) -> bytes:
    """The items as GIFT. What GIFT cannot hold is noted in the entries."""
    parts: list[str] = []
    category = ""
    for item, entry in zip(items, entries, strict=True):
        body = _body(item, entry)
        if entry.dropped:
            continue
        if item.category != category:
            category = item.category
            parts.append(f"$CATEGORY: {category or 'top'}")
        notes = [f"[id:{item.id}]"] if item.id else []
        notes += [f"[tag:{tag.replace(']', ')')}]" for tag in item.tags]
        note = f"// {' '.join(notes)}\n" if notes else ""
        title = f"::{_escaped(item.title or item.id)}::" if item.title or item.id else ""
        parts.append(f"{note}{title}[html]{body}")
    return ("\n\n".join(parts) + "\n").encode()


def _body(item: Item, entry: Entry) -> str:
    _note_losses(item, entry)
    stem = _html(item.stem)
    end = f"\n\t####{_html(item.explanation)}" if item.explanation else ""
    if item.kind == TEXT:
        return stem
    if item.kind == "essay":
        return f"{stem} {{{end}}}" if not end else f"{stem} {{}}"
    answers = _answers(item)
    if answers is None:
        entry.drop(N_("%(format)s has nothing for the kind “%(kind)s”."), format="GIFT", kind=item.kind)
        return ""
    return f"{stem} {{{answers}{end}\n}}"


def _note_losses(item: Item, entry: Entry) -> None:
    if item.hints:
        entry.change(N_("%(format)s has no hints; they were left out."), format="GIFT")
    if item.points != 1:
        entry.change(N_("%(format)s has no points; %(points)s were left out."), format="GIFT", points=item.points)
    if "media/" in item.stem:
        entry.change(N_("%(format)s has no pictures; only their words are there."), format="GIFT")
    if item.kind == "essay" and (item.explanation or item.rubric):
        entry.change(N_("%(format)s has no rubric and no explanation for essays; they were left out."), format="GIFT")
    if any(as_wildcard(answer) is None for words in item.words for answer in words.answers):
        entry.change(N_("Answers that are patterns were left out; %(format)s knows only *."), format="GIFT")
    if any(pair.feedback for pair in item.pairs):
        entry.change(N_("%(format)s has no feedback for pairs; it was left out."), format="GIFT")


def _answers(item: Item) -> str | None:
    if is_true_false(item):
        return _true_or_false(item)
    write_kind = _OUT.get(item.kind)
    return write_kind(item) if write_kind else None


def _written_single(item: Item) -> str:
    return "".join(_choice("=" if choice.right else "~", None if choice.right else choice.weight, choice) for choice in item.choices)


def _written_multi(item: Item) -> str:
    usual = 1 / max(1, sum(choice.right for choice in item.choices))
    weights = (choice.weight if choice.weight is not None else usual if choice.right else -usual for choice in item.choices)
    return "".join(_choice("~", weight, choice) for weight, choice in zip(weights, item.choices, strict=True))


def _written_short(item: Item) -> str | None:
    return "".join(_word(text, words) for words in item.words for answer in words.answers if (text := as_wildcard(answer)) is not None) or None


def _written_numeric(item: Item) -> str:
    return "#" + "".join(f"\n\t={_share(number.weight)}{_span(number)}{_said(number.feedback)}" for number in item.numbers)


def _written_match(item: Item) -> str:
    return "".join(f"\n\t={_line(pair.left)} -> {_line(pair.right)}" for pair in item.pairs)


_OUT: Mapping[str, Callable[[Item], str | None]] = {
    "single": _written_single, "multi": _written_multi, "short": _written_short, "numeric": _written_numeric, "match": _written_match,
}


def _true_or_false(item: Item) -> str:
    true, false = item.choices
    right, wrong = (true, false) if true.right else (false, true)
    said = f"#{_html(wrong.feedback)}#{_html(right.feedback)}" if right.feedback or wrong.feedback else ""
    return ("TRUE" if true.right else "FALSE") + said


def _choice(sign: str, weight: float | None, choice: Choice) -> str:
    share = "" if weight is None else f"%{percent(weight)}%"
    return f"\n\t{sign}{share}{_line(choice.text)}{_said(choice.feedback)}"


def _word(text: str, words: Words) -> str:
    return f"\n\t={_share(words.weight)}{_escaped(text)}{_said(words.feedback)}"


def _share(weight: float) -> str:
    return "" if weight == 1 else f"%{percent(weight)}%"


def _span(number: Number) -> str:
    return f"{number.middle.normalize():f}:{number.tolerance.normalize():f}" if number.tolerance else f"{number.low.normalize():f}"


def _said(feedback: str) -> str:
    return f"#{_html(feedback)}" if feedback else ""


def _html(markdown: str) -> str:
    return _escaped(to_html(markdown, _no_file))


def _line(markdown: str) -> str:
    return _escaped(to_line(markdown, _no_file))


def _no_file(_: str) -> str:
    return ""


def _escaped(text: str) -> str:
    return _SIGNS.sub(r"\\\1", text).replace("\n", "\\n")
