"""A fenced part with GIFT in a module: each of its questions becomes a block, as if it had been written in the course format."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from core.i18n import N_
from modules.blocks import Block
from modules.findings import Finding, Severity
from modules.gift import GiftAnswer, GiftItem, Markup, read_gift

_KINDS = {"truefalse": "single"}       # the others have the same names here
_TRUE_FALSE = {"de": {"true": "Wahr", "false": "Falsch"}, "en": {"true": "True", "false": "False"}}
_NO_ID = re.compile(r"[^A-Za-z0-9_-]+")
_MARKDOWN = re.compile(r"[*_`\[\]$\\~^|]")
_LINE_START = re.compile(r"^([ \t]*)(#|>|\+|-|:|\d+[.)])", re.MULTILINE)
# What a block would take for a hint, an explanation, an answer or a pair.
_OWN_SIGN = re.compile(r"^( {0,3})(?=[?!][ \t]|=|\([ xX]?\)|\[[ xX]?\])(.)", re.MULTILINE)
_NO_PATTERN = re.compile(r"[\\^$.|?+()\[\]{}/]")


@dataclass(frozen=True)
class Text:
    """A description between questions, in Markdown."""

    markdown: str
    line: int


@dataclass
class Lines:
    """The lines of a block's body, each with the line that it comes from."""

    texts: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def add(self, text: str, line: int) -> None:
        for each in text.split("\n"):
            self.texts.append(each)
            self.numbers.append(line)


@dataclass(frozen=True)
class Gifts:
    """What a fence becomes, and what is wrong in it."""

    parts: tuple[Block | Text, ...]
    findings: tuple[Finding, ...]


def read_blocks(text: str, *, path: str, language: str, first_line: int, attributes: Mapping[str, str], unnamed: int = 0) -> Gifts:
    """Read the inside of a fence. `attributes` hold for each of its questions; `unnamed` is how many without an id came before."""
    gift = read_gift(text, path=path, first_line=first_line)
    findings = list(gift.findings)
    parts: list[Block | Text] = []
    for item in gift.items:
        if item.kind == "description":
            parts.append(Text(to_markdown(item.text, item.markup), item.line))
            continue
        id_ = id_of(item)
        if not id_:
            unnamed += 1
            id_ = f"gift-{unnamed}"
            findings.append(Finding("gift-id", path, item.line, N_("This question has no name that stays: learners' answers belong to its place, “%(id)s”."),
                                    N_("Write “// [id:my-id]” above it, or a title that stays: “::my-id::”."), Severity.WARNING, {"id": id_}))
        findings += changed(item, path)
        parts.append(block_of(item, id_, path=path, language=language, attributes=attributes))
    return Gifts(tuple(parts), tuple(findings))


def id_of(item: GiftItem) -> str:
    """The id that GIFT gives, or one made of the title; empty where there is neither."""
    plain = unicodedata.normalize("NFKD", item.id or item.title).encode("ascii", "ignore").decode()
    name = _NO_ID.sub("-", plain).strip("-").lower() if not item.id else _NO_ID.sub("-", plain).strip("-")
    return (name if name[:1].isalpha() else f"q-{name}")[:64] if name else ""


def changed(item: GiftItem, path: str) -> Iterator[Finding]:
    """What an item says and its block says in another way."""
    if item.others:
        yield Finding("gift-changed", path, item.line, N_("Feedback to every other number becomes part of the explanation."),
                      N_("Nothing needs to be done."), Severity.WARNING)
    if item.kind == "single" and any((answer.weight or 0) < 0 for answer in item.answers):
        yield Finding("gift-changed", path, item.line, N_("A wrong option costs nothing here where one is chosen; its negative weight was left out."),
                      N_("Make it a question with several answers if it should cost something."), Severity.WARNING)


def block_of(item: GiftItem, id_: str, *, path: str, language: str, attributes: Mapping[str, str] | None = None) -> Block:
    """The block of an item. `path` and `language` are those of the module that it stands in."""
    own = dict(attributes or {})
    if item.kind == "truefalse":
        own["shuffle"] = "no"
    if item.tags:
        own["tags"] = ",".join(filter(None, [own.get("tags", ""), *item.tags]))
    lines = Lines()
    blank = f" {5 * '&#95;'} " if item.tail is not None else ""
    text = to_markdown(item.text, item.markup) + blank + to_markdown(item.tail or "", item.markup)
    lines.add(_guarded(text).replace("->", "-&gt;"), item.line)
    if item.kind != "essay":
        _WRITERS[item.kind](item, language, lines)
    for explanation in filter(None, (item.others, item.feedback)):
        for line in to_markdown(explanation, item.markup).split("\n"):
            if line.strip():
                lines.add(f"! {line.strip()}", item.line)
    return Block(_KINDS.get(item.kind, item.kind), id_, own, "\n".join(lines.texts), path, item.line + 1, language, tuple(lines.numbers))


def to_markdown(text: str, markup: Markup) -> str:
    """A text of GIFT as Markdown that looks the same."""
    if markup == "markdown" or not text:
        return text
    if markup == "plain":
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if markup != "html":
        text = _MARKDOWN.sub(lambda sign: f"&#{ord(sign[0])};", text)
        text = _LINE_START.sub(lambda found: f"{found[1]}{found[2][:-1]}&#{ord(found[2][-1])};", text)
        text = text.replace("\n", "  \n")
    return text


def _guarded(text: str) -> str:
    return _OWN_SIGN.sub(lambda found: f"{found[1]}&#{ord(found[2])};", text)


def _inline(text: str, markup: Markup) -> str:
    return " ".join(to_markdown(text, markup).split())


def _answer(lines: Lines, line: str, answer: GiftAnswer, markup: Markup) -> None:
    lines.add(line, answer.line)
    if answer.feedback:
        lines.add(f"    > {_inline(answer.feedback, markup)}", answer.line)


def _percent(weight: float) -> str:
    return f"%{round(weight * 100, 5):g}% "


def _single(item: GiftItem, language: str, lines: Lines) -> None:
    right = next((answer for answer in item.answers if answer.right), None)
    for answer in item.answers:
        weight = answer.weight or 0
        part = _percent(weight) if answer is not right and weight > 0 else ""
        text = _TRUE_FALSE.get(language, _TRUE_FALSE["en"])[answer.text] if item.kind == "truefalse" else _inline(answer.text, item.markup)
        _answer(lines, f"{'(x)' if answer is right else '( )'} {part}{text}", answer, item.markup)


def _multi(item: GiftItem, language: str, lines: Lines) -> None:
    """In GIFT an option without a weight neither earns nor costs anything."""
    for answer in item.answers:
        sign = "[x]" if (answer.weight or 0) > 0 else "[ ]"
        _answer(lines, f"{sign} {_percent(answer.weight or 0)}{_inline(answer.text, item.markup)}", answer, item.markup)


def _short(item: GiftItem, language: str, lines: Lines) -> None:
    """`*` stands for anything; what our own signs could be mistaken in becomes a pattern."""
    for answer in item.answers:
        text = " ".join(answer.text.split())
        if "*" in text or "|" in text or text.startswith(("/", "%")):
            text = "/" + _NO_PATTERN.sub(lambda sign: f"\\{sign[0]}", text).replace("*", ".*") + "/"
        part = _percent(answer.weight) if answer.weight is not None and answer.weight != 1 else ""
        _answer(lines, f"= {part}{text}", answer, item.markup)


def _numeric(item: GiftItem, language: str, lines: Lines) -> None:
    for answer in item.answers:
        low, high = _number(answer.low, language), _number(answer.high, language)
        part = _percent(answer.weight) if answer.weight is not None and answer.weight != 1 else ""
        _answer(lines, f"= {part}{low if low == high else f'[{low}; {high}]'}", answer, item.markup)


def _number(number: Decimal | None, language: str) -> str:
    text = f"{number or Decimal(0):f}"
    return text.replace(".", ",") if language == "de" else text


def _match(item: GiftItem, language: str, lines: Lines) -> None:
    for answer in item.answers:
        left, right = (_guarded(_inline(side, item.markup)).replace("->", "-&gt;") for side in (answer.text, answer.match))
        lines.add(f"{left} -> {right}".strip(), answer.line)


_WRITERS: Mapping[str, Callable[[GiftItem, str, Lines], None]] = {
    "single": _single, "truefalse": _single, "multi": _multi, "short": _short, "numeric": _numeric, "match": _match,
}
