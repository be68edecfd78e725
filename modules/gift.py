"""GIFT, Moodle's text format for questions: text in, items as data out, with findings for what cannot be read.

Nothing is guessed silently: what is left out of an item is a finding with its line. Texts stay as written (`markup` says in
which way), with GIFT's escapes undone. https://docs.moodle.org/en/GIFT_format
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Literal

from core.i18n import N_
from modules.findings import Finding, Severity

GiftKind = Literal["single", "multi", "truefalse", "short", "numeric", "match", "essay", "description"]
Markup = Literal["auto", "html", "plain", "markdown"]  # auto: text with the little HTML that people type

MOST_ITEMS = 2_000
MOST_ANSWERS = 100
MOST_LETTERS = 50_000
# Escaped signs become a pair of private-use characters while the text is taken apart, so that offsets stay those of the lines.
_ESCAPABLE = "~=#{}:\\n"
_LEAD = "\ue000"
_HIDE = {sign: f"{_LEAD}{chr(0xE001 + at)}" for at, sign in enumerate(_ESCAPABLE)}
_SHOW = {hidden[1]: "\n" if sign == "n" else sign for sign, hidden in _HIDE.items()}
_ESCAPE = re.compile(r"\\([~=#{}:\\n])")
_HIDDEN = re.compile(f"{_LEAD}([\ue001-\ue008])")
_PRIVATE = re.compile("[\ue000-\ue008]")
_CATEGORY = re.compile(r"\s*\$CATEGORY:\s*(.*?)\s*")
_NOTE = re.compile(r"\[(id|tag):([^\]]{1,100})\]")
_TITLE = re.compile(r"\s*::(.*?)::", re.DOTALL)
_MARKUP = re.compile(r"\s*\[(html|moodle|plain|markdown|auto)\]")
_WEIGHT = re.compile(r"\s*%(-?\d{1,3}(?:\.\d{0,7})?)%")
_SIGN = re.compile(r"~(?!\s*=)|=")   # a `~` right before `=` says nothing
_TRUE_FALSE = re.compile(r"\s*(T|TRUE|F|FALSE)\s*", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class GiftAnswer:
    """One answer. `weight` is its share of the points (1: all of them), None where GIFT gives none: a wrong option, a pair.

    Of a pair, `text` is the left side (empty: a distractor) and `match` the right one; of a number, `low` and `high` are its ends.
    """

    text: str
    line: int
    weight: float | None = None
    feedback: str = ""
    match: str = ""
    low: Decimal | None = None
    high: Decimal | None = None

    @property
    def right(self) -> bool:
        """Whether it earns all points."""
        return self.weight == 1


@dataclass(frozen=True, kw_only=True)
class GiftItem:
    """One question, or a text between questions (`description`).

    `tail` is what follows the answers (None: nothing; "missing word" otherwise). `others` is the feedback for every other number.
    """

    kind: GiftKind
    line: int
    title: str = ""
    text: str = ""
    tail: str | None = None
    markup: Markup = "auto"
    answers: tuple[GiftAnswer, ...] = ()
    feedback: str = ""
    others: str = ""
    category: str = ""
    id: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gift:
    """A whole text: its items in order, and what could not be read. An item with an error among the findings is not in it."""

    items: tuple[GiftItem, ...]
    findings: tuple[Finding, ...]


def read_gift(text: str, *, path: str = "", first_line: int = 1) -> Gift:
    """Read GIFT. `first_line` is the line of `path` on which `text` begins. Raises nothing: what is wrong stands in `findings`."""
    return read_gift_lines(text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n"), path=path, first_line=first_line)


def read_gift_lines(lines: Iterable[str], *, path: str = "", first_line: int = 1) -> Gift:
    """The same of lines that come one by one, and of which none is kept that is not needed."""
    reader = _Reader(path)
    for number, entry in enumerate(_entries(lines, first_line)):
        if number == MOST_ITEMS:
            reader.error("gift-many", entry.first_line, N_("More than %(most)s questions."), N_("Split the text."), most=MOST_ITEMS)
            break
        reader.read(entry)
    return Gift(tuple(reader.items), tuple(reader.findings))


# --- From lines to entries --------------------------------------------------------------------------------------------

@dataclass
class _Entry:
    """The lines of one question, with escapes hidden, and what the comments above or inside say about it."""

    category: str
    notes: list[tuple[str, str]] = field(default_factory=list)
    lines: list[tuple[int, str]] = field(default_factory=list)
    letters: int = 0

    def add(self, number: int, line: str) -> None:
        """Add a line. Of a question that is too long only so much is kept as shows it."""
        if self.letters <= MOST_LETTERS:
            self.letters += len(line) + 1
            self.lines.append((number, line))

    def note(self, notes: list[tuple[str, str]]) -> None:
        """Add what a comment says, as far as a question may have so much of it."""
        self.notes += notes[:MOST_ANSWERS - len(self.notes)]

    @property
    def first_line(self) -> int:
        return self.lines[0][0]

    @property
    def text(self) -> str:
        return "\n".join(line for _, line in self.lines)

    def line_at(self, offset: int) -> int:
        """The line of a place in `text`."""
        return self.lines[self.text.count("\n", 0, offset)][0]


def _entries(lines: Iterable[str], first_line: int) -> Iterator[_Entry]:
    """Questions stand between empty lines; comments and categories on lines of their own."""
    entry = _Entry("")
    for number, raw in enumerate(lines, first_line):
        if not raw and not entry.lines:
            continue
        line = _PRIVATE.sub("", raw)
        category = _CATEGORY.fullmatch(line) if "$" in line else None
        if line.lstrip().startswith("//"):
            entry.note(_NOTE.findall(line))
        elif line.strip() and not category:
            entry.add(number, _ESCAPE.sub(lambda found: _HIDE[found[1]], line))
        else:
            if entry.lines:
                yield entry
                entry = _Entry(entry.category)
            if category:
                entry = _Entry(category[1], entry.notes)
    if entry.lines:
        yield entry


def _plain(text: str) -> str:
    """The text with its escaped signs back."""
    return _HIDDEN.sub(lambda found: _SHOW[found[1]], text).strip()


# --- From entries to items --------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class _Cut:
    """A piece of an entry's text, and where it stands."""

    entry: _Entry
    start: int
    text: str

    @property
    def line(self) -> int:
        stripped = len(self.text) - len(self.text.lstrip())
        return self.entry.line_at(self.start + stripped)

    def cut(self, start: int, end: int | None = None) -> "_Cut":
        return _Cut(self.entry, self.start + start, self.text[start:end])

    def parted(self, sign: str) -> tuple["_Cut", "_Cut | None"]:
        """What stands before a sign, and what behind it."""
        at = self.text.find(sign)
        return (self, None) if at < 0 else (self.cut(0, at), self.cut(at + len(sign)))


class _Reader:
    """Reads entry after entry and collects what is wrong in them."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.items: list[GiftItem] = []
        self.findings: list[Finding] = []

    def error(self, rule: str, line: int, message: str, mend: str, **values: str | int) -> None:
        self.findings.append(Finding(rule, self.path, line, message, mend, values=values))

    def warning(self, rule: str, line: int, message: str, mend: str, **values: str | int) -> None:
        self.findings.append(Finding(rule, self.path, line, message, mend, Severity.WARNING, values))

    def read(self, entry: _Entry) -> None:
        """Add the entry's item, unless something forbids it."""
        before = len(self.findings)
        if len(entry.text) > MOST_LETTERS:
            self.error("too-long", entry.first_line, N_("The question is longer than %(most)s characters."), N_("Split the question."), most=MOST_LETTERS)
            return
        item = self._item(entry)
        if not any(finding.severity is Severity.ERROR for finding in self.findings[before:]):
            self.items.append(item)

    def _item(self, entry: _Entry) -> GiftItem:
        whole = _Cut(entry, 0, entry.text)
        title = _TITLE.match(whole.text)
        rest = whole.cut(title.end()) if title else whole
        markup = _MARKUP.match(rest.text)
        rest = rest.cut(markup.end()) if markup else rest
        item = GiftItem(
            kind="description", line=entry.first_line, title=_plain(title[1]) if title else "", markup=_markup(markup), category=entry.category,
            id=next((value.strip() for name, value in entry.notes if name == "id"), ""),
            tags=tuple(value.strip() for name, value in entry.notes if name == "tag"),
        )
        opening, closing = rest.text.find("{"), rest.text.find("}")
        if opening < 0 and closing < 0:
            return replace(item, text=_plain(rest.text))
        if not 0 <= opening < closing:
            self.error("gift-brace", rest.cut(max(0, opening if closing < 0 else closing)).line, N_("A brace has no partner in this question."),
                       N_("Write the answers as {…} without an empty line in them; a brace in a text is \\{ or \\}."))
            return item
        tail = rest.cut(closing + 1)
        if "{" in tail.text or "}" in tail.text:
            self.error("gift-braces", tail.line, N_("This question has a second pair of braces."),
                       N_("Make it several questions; a brace in a text is \\{ or \\}."))
        answers, feedback = rest.cut(opening + 1, closing).parted("####")
        item = replace(item, text=_plain(rest.text[:opening]), tail=_plain(tail.text) or None, feedback=self._feedback(feedback))
        return self._answered(item, answers)

    def _answered(self, item: GiftItem, answers: _Cut) -> GiftItem:
        text = answers.text.strip()
        if not text:
            return replace(item, kind="essay")
        if text.startswith("#"):
            return self._numeric(item, answers.cut(answers.text.index("#") + 1))
        if "~" in text:
            return self._choice(item, answers)
        if "=" in text and "->" in text:
            return self._match(item, answers)
        if _TRUE_FALSE.fullmatch(text.partition("#")[0]):
            return self._true_false(item, answers)
        return self._short(item, answers)

    # --- Each kind --------------------------------------------------------------------------------------------------------

    def _choice(self, item: GiftItem, cut: _Cut) -> GiftItem:
        """With `=` one option is right; with weights only, several may be."""
        marked = self._marked(cut)
        single = any(sign == "=" for sign, _ in marked)
        answers = tuple(self._weighted(piece, 1.0 if sign == "=" else None) for sign, piece in marked)
        if not any((answer.weight or 0) > 0 for answer in answers):
            self.error("gift-no-right", cut.line, N_("No answer is right."), N_("Write “=” before the right answer, or “~%50%” before each of several."))
        self._note_empty(answers)
        return replace(item, kind="single" if single else "multi", answers=answers)

    def _short(self, item: GiftItem, cut: _Cut) -> GiftItem:
        answers = tuple(self._weighted(piece, 1.0) for _, piece in self._marked(cut, bare=True))
        self._note_empty(answers)
        return replace(item, kind="short", answers=answers)

    def _match(self, item: GiftItem, cut: _Cut) -> GiftItem:
        answers = []
        for _, piece in self._marked(cut):
            left, right = piece.parted("->")
            if right is None or not _plain(right.text):
                self.error("gift-pair", piece.line, N_("This is no pair."), N_("Write “= left -> right”."))
            else:
                if _WEIGHT.match(left.text) or "#" in right.text:
                    self.warning("gift-left-out", piece.line, N_("Pairs have neither weights nor feedback; this was left out."),
                                 N_("Put it into the feedback of the question: “#### …”."))
                left = left.cut(found.end()) if (found := _WEIGHT.match(left.text)) else left
                answers.append(GiftAnswer(_unmarked(left.text), piece.line, match=_unmarked(right.parted("#")[0].text)))
        if sum(bool(answer.text) for answer in answers) < 2:
            self.error("gift-pairs", cut.line, N_("There are fewer than two pairs."), N_("Write “= left -> right” for each."))
        return replace(item, kind="match", answers=tuple(answers))

    def _true_false(self, item: GiftItem, cut: _Cut) -> GiftItem:
        """`T#feedback to the wrong answer#feedback to the right answer`."""
        told, feedback = cut.parted("#")
        is_true = told.text.strip().upper().startswith("T")
        wrong, right = feedback.parted("#") if feedback else (None, None)
        said = {is_true: self._feedback(right), not is_true: self._feedback(wrong)}
        answers = tuple(
            GiftAnswer(word, cut.line, 1.0 if value is is_true else None, said[value]) for word, value in (("true", True), ("false", False))
        )
        return replace(item, kind="truefalse", answers=answers)

    def _numeric(self, item: GiftItem, cut: _Cut) -> GiftItem:
        answers, others = [], ""
        for sign, piece in self._marked(cut, bare=True):
            answer = self._weighted(piece, 1.0)
            if sign == "~" or answer.text == "*":
                others = answer.feedback
                continue
            low, high = _ends(answer.text)
            if low is None or high is None:
                self.error("gift-number", piece.line, N_("“%(text)s” is no number."),
                           N_("Write 42, 42:3 with a tolerance, or 39..45; a decimal has a point."), text=answer.text[:60])
            answers.append(replace(answer, low=low, high=high))
        if not any(answer.right for answer in answers):
            self.error("gift-no-right", cut.line, N_("No answer is right."), N_("Write “=” before the right answer, or “~%50%” before each of several."))
        return replace(item, kind="numeric", answers=tuple(answers), others=others)

    # --- Pieces of answers ------------------------------------------------------------------------------------------------

    def _marked(self, cut: _Cut, *, bare: bool = False) -> list[tuple[str, _Cut]]:
        """Each answer with its sign. `bare`: a single one may do without."""
        places = [found.start() for found in _SIGN.finditer(cut.text)]
        head = cut.text[: places[0]] if places else cut.text
        found = [("=", cut.cut(0, len(head)))] if bare and head.strip() else []
        if head.strip() and not bare:
            self.error("gift-stray", cut.line, N_("“%(text)s” belongs to no answer."), N_("Write “=” or “~” before each answer."), text=_plain(head)[:60])
        ends = [*places[1:], len(cut.text)]
        found += [(cut.text[at], cut.cut(at + 1, end)) for at, end in zip(places, ends, strict=False)]
        if len(found) > MOST_ANSWERS:
            self.error("gift-answers", cut.line, N_("More than %(most)s answers."), N_("Split the question."), most=MOST_ANSWERS)
        return found[:MOST_ANSWERS]

    def _weighted(self, piece: _Cut, default: float | None) -> GiftAnswer:
        found = _WEIGHT.match(piece.text)
        weight = float(found[1]) / 100 if found else default
        if weight is not None and not -1 <= weight <= 1:
            self.error("weight", piece.line, N_("A weight lies between -100 and 100 percent."), N_("Mend the number."))
        text, feedback = (piece.cut(found.end()) if found else piece).parted("#")
        return GiftAnswer(_unmarked(text.text), piece.line, weight, self._feedback(feedback))

    def _feedback(self, piece: _Cut | None) -> str:
        return _unmarked(piece.text) if piece else ""

    def _note_empty(self, answers: Sequence[GiftAnswer]) -> None:
        for answer in answers:
            if not answer.text:
                self.error("gift-empty", answer.line, N_("An answer has no text."), N_("Write it, or take the sign before it away."))


def _markup(found: re.Match[str] | None) -> Markup:
    name = found[1] if found else "auto"
    return "html" if name == "html" else "plain" if name == "plain" else "markdown" if name == "markdown" else "auto"


def _unmarked(text: str) -> str:
    """An answer or feedback, without the name of a format before it: the question's is used for all."""
    found = _MARKUP.match(text)
    return _plain(text[found.end() :] if found else text)


def _ends(text: str) -> tuple[Decimal | None, Decimal | None]:
    """`42`, `42:3` or `39..45`."""
    first, dots, last = text.partition("..")
    if dots:
        low, high = _number(first), _number(last)
        return (None, None) if low is None or high is None or low > high else (low, high)
    middle, _, by = text.partition(":")
    number, tolerance = _number(middle), _number(by or "0")
    return (None, None) if number is None or tolerance is None else (number - abs(tolerance), number + abs(tolerance))


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text.strip()) if _NUMBER.fullmatch(text.strip()) else None
    except InvalidOperation:
        return None
