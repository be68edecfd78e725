"""Moodle XML, written."""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lxml import etree

from core.i18n import N_
from exchange.formats import moodle_cloze
from exchange.markup import to_html, to_line, to_text
from exchange.model import GAP, TEXT, Entry, Item, UnreadableError
from exchange.normal import as_wildcard, is_true_false

FORMAT = "Moodle XML"
_FILES = "@@PLUGINFILE@@/"


def write(items: Sequence[Item], entries: Sequence[Entry], media: Mapping[str, bytes]) -> bytes:
    """The items as Moodle XML. What Moodle has nothing for is noted in the entries."""
    quiz = etree.Element("quiz")
    category = ""
    for item, entry in zip(items, entries, strict=True):
        if item.category != category:
            category = item.category
            _category(quiz, category)
        try:
            _Written(item, entry, media).into(quiz)
        except UnreadableError as error:
            entry.drop(error.message, **error.values)
    return bytes(etree.tostring(quiz, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _category(quiz: Any, category: str) -> None:
    question = etree.SubElement(quiz, "question", type="category")
    _text(etree.SubElement(question, "category"), f"$course$/top/{category}" if category else "$course$/top")


def _text(parent: Any, text: str) -> None:
    element = etree.SubElement(parent, "text")
    element.text = etree.CDATA(text) if "<" in text and "]]>" not in text else text


class _Written:
    """One item on its way out."""

    def __init__(self, item: Item, entry: Entry, media: Mapping[str, bytes]) -> None:
        self.item = item
        self.entry = entry
        self.media = media
        self.question: Any = None

    def into(self, quiz: Any) -> None:
        """Add the question, or nothing."""
        found = _KINDS.get(self.item.kind)
        if found is None:
            raise UnreadableError(N_("%(format)s has nothing for the kind “%(kind)s”."), format=FORMAT, kind=self.item.kind)
        name, fill = found
        item = self.item
        self.question = etree.Element("question", type="truefalse" if is_true_false(item) else name)
        _text(etree.SubElement(self.question, "name"), item.title or item.id)
        self.html("questiontext", self._stem())
        self.html("generalfeedback", to_html(item.explanation, self._address) if item.explanation else "")
        self.value("defaultgrade", f"{item.points:.7f}")
        self.value("penalty", "0.3333333")
        self.value("hidden", "0")
        self.value("idnumber", item.id)
        fill(self)
        if item.tags:
            holder = etree.SubElement(self.question, "tags")
            for tag in item.tags:
                _text(etree.SubElement(holder, "tag"), tag)
        for hint in item.hints:
            self.html("hint", to_html(hint, self._address))
        quiz.append(self.question)

    def _stem(self) -> str:
        html = to_html(self.item.stem, self._address)
        weight = max(1, round(self.item.points / max(1, len(self.item.gaps))))
        return GAP.sub(lambda found: moodle_cloze.field(self.item.gaps[int(found[1]) - 1], weight, self.entry), html)

    def _address(self, path: str) -> str:
        return _FILES + path.removeprefix("media/")

    def value(self, name: str, text: str) -> None:
        """A plain element."""
        etree.SubElement(self.question, name).text = text

    def html(self, name: str, html: str, parent: Any = None, **attributes: str) -> Any:
        """A text with the files that it shows."""
        element = etree.SubElement(self.question if parent is None else parent, name, format="html", **attributes)
        _text(element, html)
        for path, content in self.media.items():
            if _FILES + path.removeprefix("media/") in html:
                file = etree.SubElement(element, "file", name=path.removeprefix("media/"), path="/", encoding="base64")
                file.text = base64.b64encode(content).decode()
        return element

    def line(self, name: str, markdown: str, parent: Any = None, **attributes: str) -> Any:
        """A text within a line."""
        return self.html(name, to_line(markdown, self._address), parent, **attributes)

    def answer(self, text: str, share: float, feedback: str, *, plain: bool = False) -> Any:
        """An <answer> with its fraction."""
        fraction = f"{share * 100:.5f}".rstrip("0").rstrip(".")
        if plain:
            element = etree.SubElement(self.question, "answer", fraction=fraction, format="moodle_auto_format")
            _text(element, text)
        else:
            element = self.line("answer", text, fraction=fraction)
        self.html("feedback", to_html(feedback, self._address) if feedback else "", element)
        return element

    def shuffled(self, usual: bool) -> None:
        """Whether answers are shuffled."""
        self.value("shuffleanswers", "true" if (usual if self.item.shuffle is None else self.item.shuffle) else "false")


def _single(out: _Written) -> None:
    if is_true_false(out.item):
        for word, choice in zip(("true", "false"), out.item.choices, strict=True):
            out.answer(word, float(choice.right), choice.feedback, plain=True)
        return
    out.value("single", "true")
    out.shuffled(usual=True)
    for choice in out.item.choices:
        out.answer(choice.text, 1.0 if choice.right else choice.weight or 0.0, choice.feedback)


def _multi(out: _Written) -> None:
    if out.item.scoring == "all":
        out.entry.change(N_("All or nothing became partial credit."))
    out.value("single", "false")
    out.shuffled(usual=True)
    usual = 1 / max(1, sum(choice.right for choice in out.item.choices))
    for choice in out.item.choices:
        out.answer(choice.text, choice.weight if choice.weight is not None else usual if choice.right else -usual, choice.feedback)


def _short(out: _Written) -> None:
    out.value("usecase", "0")
    known = 0
    for words in out.item.words:
        for answer in words.answers:
            text = as_wildcard(answer)
            if text is None:
                out.entry.change(N_("Answers that are patterns were left out; %(format)s knows only *."), format=FORMAT)
            else:
                known += 1
                out.answer(text, words.weight, words.feedback, plain=True)
    if not known:
        raise UnreadableError(N_("No answer is left."))


def _numeric(out: _Written) -> None:
    for number in out.item.numbers:
        answer = out.answer(f"{number.middle.normalize():f}", number.weight, number.feedback, plain=True)
        etree.SubElement(answer, "tolerance").text = f"{number.tolerance.normalize():f}"
    names = [name for name in out.item.attributes.get("unit", "").split("|") if name]
    if names:
        units = etree.SubElement(out.question, "units")
        for name in names:
            unit = etree.SubElement(units, "unit")
            etree.SubElement(unit, "multiplier").text = "1"
            etree.SubElement(unit, "unit_name").text = name
    for name, value in (("unitgradingtype", "0"), ("unitpenalty", "0.1"), ("showunits", "0" if names else "3"), ("unitsleft", "0")):
        out.value(name, value)


def _match(out: _Written) -> None:
    out.shuffled(usual=True)
    if any(pair.feedback for pair in out.item.pairs):
        out.entry.change(N_("%(format)s has no feedback for pairs; it was left out."), format=FORMAT)
    for pair in out.item.pairs:
        part = out.line("subquestion", pair.left)
        _text(etree.SubElement(part, "answer"), to_text(pair.right))


def _order(out: _Written) -> None:
    for name, value in (("layouttype", "VERTICAL"), ("selecttype", "ALL"), ("selectcount", "0"), ("gradingtype", "ABSOLUTE_POSITION"), ("showgrading", "SHOW")):
        out.value(name, value)
    for number, choice in enumerate(out.item.choices, 1):
        out.line("answer", choice.text, fraction=f"{number}.0000000")


def _matrix(out: _Written) -> None:
    if out.item.many or len(out.item.columns) != 2:
        out.entry.change(N_("Moodle's own matrix (qtype_mtf) usually has two columns with one choice; check the question there."))
    _text(etree.SubElement(out.question, "scoringmethod"), "subpoints")
    out.shuffled(usual=False)
    out.value("numberofrows", str(len(out.item.rows)))
    out.value("numberofcolumns", str(len(out.item.columns)))
    for number, row in enumerate(out.item.rows, 1):
        element = etree.SubElement(out.question, "row", number=str(number))
        out.line("optiontext", row.text, element)
        out.html("feedbacktext", to_html(row.feedback) if row.feedback else "", element)
    for number, column in enumerate(out.item.columns, 1):
        out.line("responsetext", column, etree.SubElement(out.question, "column", number=str(number)))
    for number, row in enumerate(out.item.rows, 1):
        for at in range(len(out.item.columns)):
            weight = etree.SubElement(out.question, "weight", rownumber=str(number), columnnumber=str(at + 1))
            etree.SubElement(weight, "value").text = "1.000" if at in row.right else "0.000"


def _essay(out: _Written) -> None:
    for name, value in (("responseformat", "editor"), ("responserequired", "1"), ("responsefieldlines", "15"), ("attachments", "0")):
        out.value(name, value)
    least, _, most = out.item.attributes.get("words", "").rpartition("..")
    for name, value in (("minwordlimit", least), ("maxwordlimit", most)):
        if value.isdecimal() and value != "0":
            out.value(name, value)
    out.html("graderinfo", "".join(f"<p>[{criterion.points:g}] {to_line(criterion.text)}</p>{to_html(criterion.guidance)}" for criterion in out.item.rubric))


def _cloze(out: _Written) -> None:
    count = len(out.item.gaps)
    if out.item.points != max(1, round(out.item.points / count)) * count:
        out.entry.change(N_("Gaps are worth whole points there; the points of the question changed."))


def _nothing(_: _Written) -> None:
    pass


_KINDS: Mapping[str, tuple[str, Callable[[_Written], None]]] = {
    "single": ("multichoice", _single), "multi": ("multichoice", _multi), "short": ("shortanswer", _short), "numeric": ("numerical", _numeric),
    "match": ("matching", _match), "order": ("ordering", _order), "matrix": ("mtf", _matrix), "essay": ("essay", _essay),
    "cloze": ("cloze", _cloze), TEXT: ("description", _nothing),
}
