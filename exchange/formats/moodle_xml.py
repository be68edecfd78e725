"""Moodle XML, read: the format in which Moodle's question banks are exchanged."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from assessments.kinds.answers import Answer
from core.i18n import N_
from exchange import pytests
from exchange.collecting import Collected
from exchange.formats.moodle_cloze import read_gaps
from exchange.html import Writer, plain, with_words
from exchange.model import (
    TEXT,
    Choice,
    Entry,
    Fenced,
    Gap,
    Item,
    Number,
    Pair,
    Reading,
    Row,
    UnreadableError,
    Words,
    gap,
)
from exchange.normal import accepted, decimal_of, marked_by, one_right, rubric_of, several_right, true_false, wildcard
from exchange.xmltext import Element, Part, Parts, child, children, descendants, faulty, inner, number, text_of

NAME = "moodle-xml"
MOST_WORDS = 5_000
_ROOT = re.compile(r"<(?:[\w.-]{1,40}:)?quiz(?=[\s>/])")
_PLACE = re.compile(r"(?:\[|&#91;){2}(\d{1,2})\]\]")
_LEFT_OUT = ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback")
_USUAL = frozenset({"", "Your answer is correct.", "Your answer is partially correct.", "Your answer is incorrect.",
                    "Die Antwort ist richtig.", "Die Antwort ist teilweise richtig.", "Die Antwort ist falsch."})


def looks_like(text: str) -> bool:
    """Whether a text may be Moodle XML."""
    return bool(_ROOT.search(text[:5000]))


def read(content: bytes, path: str, language: str) -> Reading:
    """Read an export of Moodle's question bank."""
    collected = Collected(NAME, path, language)
    collected.each(_parts(content, collected, language))
    return collected.done()


def _parts(content: bytes, collected: Collected, language: str) -> Iterator[tuple[str, str, int, Callable[[Entry], Item | None]]]:
    category = ""
    for part in Parts(content, collected, "question"):
        kind = part.element.get("type", "") if part.element is not None else ""
        if kind == "category" and not part.fault:
            category = text_of(part.element, "category", "text").rsplit("/", 1)[-1].removeprefix("top").strip()
            continue
        question = _Question(part, collected, language, category)
        yield question.name, kind, part.line, faulty(part) if part.fault else question.read


class _Question:
    """One <question>."""

    def __init__(self, part: Part, collected: Collected, language: str, category: str) -> None:
        self.element = part.element
        self.starts = part.line
        self.language = language
        self.category = category
        self.kind = "" if part.element is None else part.element.get("type", "")
        self.name = text_of(part.element, "name", "text")
        self._collected = collected
        self.entry = Entry(0, "")

    def read(self, entry: Entry) -> Item | None:
        """The item that it becomes. Raises UnreadableError."""
        read = _KINDS.get(self.kind)
        if read is None:
            raise UnreadableError(N_("Questions of the type “%(type)s” have no counterpart here."), type=self.kind)
        self.entry = entry
        self._note_losses()
        item = Item(
            kind="", id=text_of(self.element, "idnumber"), title=self.name, line=self.starts, category=self.category,
            tags=tuple(filter(None, (text_of(tag, "text") for tag in descendants(self.element, "tag")))), points=self._points(), stem=self.markdown(child(self.element, "questiontext")), hints=self._hints(),
            explanation=self.markdown(child(self.element, "generalfeedback")),
        )
        return self._with_old_picture(read(item, self))

    def _with_old_picture(self, item: Item) -> Item:
        """Questions of Moodle 1.9 may have one picture, beside their text."""
        name = text_of(self.element, "image")
        if not name:
            return item
        kept = self._collected.media.keep_encoded(name, text_of(self.element, "image_base64"))
        if kept is None:
            self.entry.change(N_("The picture “%(name)s” is not in the file."), name=name[:120])
            return item
        return replace(item, stem=f"{item.stem}\n\n{with_words(f'![]({kept})', self.entry)}".strip())

    def _points(self) -> float:
        points = number(text_of(self.element, "defaultgrade") or None, 1)
        if 0 <= points <= 1000:
            return points
        self.entry.change(N_("%(points)s points are not possible here."), points=points)
        return min(1000.0, max(0.0, points))

    def _hints(self) -> tuple[str, ...]:
        found = [self.markdown(hint) for hint in children(self.element, "hint")]
        return tuple(hint for hint in found if hint)[:10]

    def _note_losses(self) -> None:
        if any(text_of(self.element, name, "text").strip("<p>/ ") not in _USUAL and text_of(self.element, name, "text") not in _USUAL
               for name in _LEFT_OUT):
            self.entry.change(N_("Feedback for right, partly right and wrong answers as a whole was left out."))

    def markdown(self, element: Element | None) -> str:
        """A text with its format and files."""
        return self._text(element, line=False)

    def line(self, element: Element | None) -> str:
        """A text within a line."""
        return self._text(element, line=True)

    def _text(self, element: Element | None, *, line: bool) -> str:
        written = text_of(element, "text") if element is not None else ""
        if not written and element is not None and (holder := child(element, "text")) is not None and len(holder):
            written = inner(holder)  # HTML that nobody escaped.
        if element is None or not written:
            return ""
        markup = element.get("format", "html")
        if markup == "markdown":
            return " ".join(written.split()) if line else written
        if markup == "plain_text":
            return " ".join(plain(written).split()) if line else plain(written)
        texts = self.texts(element)
        return texts.line(written, self.entry) if line else texts.markdown(written, self.entry)

    def texts(self, element: Element) -> Writer:
        """What writes HTML that stands beside these files."""
        files = {file.get("name", ""): file for file in descendants(element, "file")}

        def find(address: str) -> str | None:
            name = _unquoted(address.removeprefix("@@PLUGINFILE@@/")).rsplit("/", 1)[-1]
            return self._collected.media.keep_encoded(name, files[name].text or "") if name in files else None

        return Writer(self._collected.media, find)

    def flag(self, name: str) -> bool | None:
        """A yes or no."""
        return {"true": True, "1": True, "false": False, "0": False}.get(text_of(self.element, name).lower())

    def choices(self) -> list[Choice]:
        """All <answer>s as options."""
        return [Choice(self.line(answer), weight=_fraction(answer), feedback=self.markdown(child(answer, "feedback")))
                for answer in children(self.element, "answer")]


def _unquoted(address: str) -> str:
    return address.replace("%20", " ").split("?")[0]


def _fraction(answer: Element) -> float:
    return number(answer.get("fraction"), 0) / 100


# --- The types --------------------------------------------------------------------------------------------------------

def _multichoice(item: Item, question: _Question) -> Item:
    single = question.flag("single") is not False
    choices = (one_right if single else several_right)(question.choices(), question.entry)
    return replace(item, kind="single" if single else "multi", choices=choices, shuffle=question.flag("shuffleanswers"))


def _all_or_nothing(item: Item, question: _Question) -> Item:
    choices = [replace(choice, weight=1.0 if (choice.weight or 0) > 0 else 0.0) for choice in question.choices()]
    right = sum((choice.weight or 0) > 0 for choice in choices)
    shared = [replace(choice, weight=choice.weight / right if choice.weight else -1 / right) for choice in choices] if right else choices
    return replace(item, kind="multi", scoring="all", choices=several_right(shared, question.entry), shuffle=question.flag("shuffleanswers"))


def _truefalse(item: Item, question: _Question) -> Item:
    answers = children(question.element, "answer")
    said = {text_of(answer, "text").lower() == "true": question.markdown(child(answer, "feedback")) for answer in answers}
    right = next((text_of(answer, "text").lower() for answer in answers if _fraction(answer) > 0), "")
    if right not in ("true", "false"):
        raise UnreadableError(N_("No answer is right."))
    return replace(item, kind="single", shuffle=False, choices=true_false(right == "true", question.language, said))


def _shortanswer(item: Item, question: _Question) -> Item:
    if question.flag("usecase"):
        question.entry.change(N_("Capital and small letters no longer matter."))
    words = [Words((wildcard(text_of(answer, "text")),), _fraction(answer), question.markdown(child(answer, "feedback")))
             for answer in children(question.element, "answer")]
    return replace(item, kind="short", words=accepted(words, question.entry))


def _numerical(item: Item, question: _Question) -> Item:
    numbers = []
    for answer in children(question.element, "answer"):
        value, tolerance = decimal_of(text_of(answer, "text")), decimal_of(text_of(answer, "tolerance") or "0")
        if value is None or tolerance is None:
            question.entry.change(N_("Feedback for all other answers was left out."))
            continue
        numbers.append(Number(value - abs(tolerance), value + abs(tolerance), max(0.0, _fraction(answer)), question.markdown(child(answer, "feedback"))))
    if not any(number.weight >= 1 for number in numbers):
        raise UnreadableError(N_("No answer is right."))
    return replace(item, kind="numeric", numbers=tuple(numbers), attributes=_units(question))


def _units(question: _Question) -> Mapping[str, str]:
    units = list(descendants(question.element, "unit"))
    usual = [text_of(unit, "unit_name") for unit in units if decimal_of(text_of(unit, "multiplier")) == Decimal(1)]
    if len(usual) < len(units):
        question.entry.change(N_("Units that count differently were left out."))
    return {"unit": "|".join(usual)} if usual else {}


def _matching(item: Item, question: _Question) -> Item:
    pairs = []
    for part in children(question.element, "subquestion"):
        answer = child(part, "answer")
        pairs.append(Pair(question.line(part), question.line(answer)))
    return _paired(item, pairs, question)


def _paired(item: Item, pairs: Sequence[Pair], question: _Question) -> Item:
    kept = [pair for pair in pairs if pair.right]
    if sum(bool(pair.left) for pair in kept) < 2:
        raise UnreadableError(N_("There are fewer than two pairs."))
    return replace(item, kind="match", pairs=tuple(kept), shuffle=question.flag("shuffleanswers"))


def _multianswer(item: Item, question: _Question) -> Item:
    element = child(question.element, "questiontext")
    if element is None:
        raise UnreadableError(N_("The question has no text."))
    texts = question.texts(element)
    html, gaps, points, said = read_gaps(text_of(element, "text"), texts, question.entry)
    if said:
        question.entry.change(N_("Feedback of gaps stands in the explanation now."))
    explanation = "\n\n".join(filter(None, [item.explanation, *said]))
    return replace(item, kind="cloze", stem=texts.markdown(html, question.entry, gaps=True), gaps=gaps, points=points, explanation=explanation)


def _essay(item: Item, question: _Question) -> Item:
    attributes = {}
    least, most = text_of(question.element, "minwordlimit"), text_of(question.element, "maxwordlimit")
    if least.isdecimal() or most.isdecimal():
        fewest = max(1, int(least)) if least.isdecimal() else 1
        attributes["words"] = f"{fewest}..{most if most.isdecimal() else MOST_WORDS}"
    if number(text_of(question.element, "attachments") or None, 0):
        question.entry.change(N_("Files cannot be handed in; only the text can."))
    if question.markdown(child(question.element, "responsetemplate")):
        question.entry.change(N_("The text to begin with was left out."))
    rubric = rubric_of(question.markdown(child(question.element, "graderinfo")), item.points, question.language)
    return marked_by(replace(item, attributes=attributes), rubric, question.entry)


def _ddwtos(item: Item, question: _Question) -> Item:
    question.entry.change(N_("Dragging words became choosing them from lists."))
    boxes = [(text_of(box, "text"), text_of(box, "group") or "1") for box in children(question.element, "dragbox")]
    return _selected(item, question, boxes)


def _gapselect(item: Item, question: _Question) -> Item:
    boxes = [(text_of(box, "text"), text_of(box, "group") or "1") for box in children(question.element, "selectoption")]
    return _selected(item, question, boxes)


def _selected(item: Item, question: _Question, boxes: Sequence[tuple[str, str]]) -> Item:
    texts = question.texts(question.element)
    words = [(texts.line(text, question.entry), group) for text, group in boxes]
    gaps: list[Gap] = []

    def place(found: re.Match[str]) -> str:
        at = int(found[1]) - 1
        if at >= len(words):
            raise UnreadableError(N_("A gap refers to an answer that is not there."))
        group = list(dict.fromkeys(text for text, name in words if name == words[at][1]))
        one = len(group) < 2  # Nothing to choose from: it is to be written.
        gaps.append(Gap(answers=(Answer(words[at][0]),)) if one else Gap(options=tuple(group), right=group.index(words[at][0])))
        return gap(len(gaps))

    stem = _PLACE.sub(place, item.stem)
    if not gaps:
        raise UnreadableError(N_("There is no gap that can be read."))
    return replace(item, kind="cloze", stem=stem, gaps=tuple(gaps), shuffle=question.flag("shuffleanswers"))


def _ordering(item: Item, question: _Question) -> Item:
    answers = sorted(enumerate(children(question.element, "answer")), key=lambda pair: (number(pair[1].get("fraction"), 0), pair[0]))
    choices = tuple(Choice(question.line(answer)) for _, answer in answers)
    if len({choice.text for choice in choices}) < max(2, len(choices)):
        raise UnreadableError(N_("There are fewer than two different entries."))
    if text_of(question.element, "selecttype") not in ("", "ALL", "0"):
        question.entry.change(N_("All entries are shown, not only some of them."))
    return replace(item, kind="order", choices=choices)


def _mtf(item: Item, question: _Question) -> Item:
    columns = [question.line(_response(column)) for column in sorted(children(question.element, "column"), key=lambda column: number(column.get("number"), 0))]
    weights = {(cell.get("rownumber"), cell.get("columnnumber")): number(text_of(cell, "value"), 0) for cell in children(question.element, "weight")}
    rows = []
    for row in children(question.element, "row"):
        right = tuple(at for at in range(len(columns)) if weights.get((row.get("number"), str(at + 1)), 0) > 0)
        text, feedback = child(row, "optiontext"), child(row, "feedbacktext")
        rows.append(Row(question.line(text), right, question.markdown(feedback)))
    if len(columns) < 2 or not rows or any(len(row.right) != 1 for row in rows):
        raise UnreadableError(N_("No answer is right."))
    return replace(item, kind="matrix", columns=tuple(columns), rows=tuple(rows), shuffle=question.flag("shuffleanswers"))


def _response(column: Element) -> Element:
    found = child(column, "responsetext")
    return column if found is None else found


def _description(item: Item, question: _Question) -> Item:
    return replace(item, kind=TEXT, stem="\n\n".join(filter(None, (item.stem, item.explanation))), explanation="", hints=())


def _coderunner(item: Item, question: _Question) -> Item:
    kind = text_of(question.element, "coderunnertype")
    if not kind.startswith("python3"):
        raise UnreadableError(N_("Questions of the type “%(type)s” have no counterpart here."), type=f"coderunner/{kind}"[:60])
    if text_of(question.element, "template"):
        question.entry.change(N_("The template that wrapped the program was left out."))
    tests = [test for case in descendants(question.element, "testcase") if (test := _test(case, question))]
    if not tests:
        raise UnreadableError(N_("None of its tests is a plain call or plain input."))
    fences = (("starter", text_of(question.element, "answerpreload")), ("solution", text_of(question.element, "answer")), ("tests", pytests.as_yaml(tests)))
    return replace(item, kind="python", fences=tuple(Fenced(name, text) for name, text in fences if text))


def _test(case: Element, question: _Question) -> pytests.Test | None:
    code, stdin, expected = (text_of(case, name, "text") for name in ("testcode", "stdin", "expected"))
    lines = pytests.statements(code)
    found: pytests.Test | None = {"stdin": stdin + "\n", "output": expected.strip()} if lines == [] and stdin else {"output": expected.strip()} if lines == [] else None
    found = found or pytests.from_print(code, expected)
    if found is None:
        question.entry.change(N_("Tests that are more than one call with plain values were left out."))
        return None
    hidden = {"hidden": True} if text_of(case, "display", "text").upper().startswith("HIDE") else {}
    return {**found, **hidden}


_KINDS: Mapping[str, Callable[[Item, _Question], Item]] = {
    "multichoice": _multichoice, "multichoiceset": _all_or_nothing, "truefalse": _truefalse, "shortanswer": _shortanswer, "numerical": _numerical,
    "matching": _matching, "cloze": _multianswer, "multianswer": _multianswer, "essay": _essay, "ddwtos": _ddwtos, "gapselect": _gapselect,
    "ordering": _ordering, "mtf": _mtf, "description": _description, "coderunner": _coderunner,
}
