"""Options to choose from: how single and multi read and show them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assessments.grading import Part, Verdict
from assessments.kinds.base import Source
from assessments.kinds.item import (
    Choice,
    Form,
    Item,
    Offer,
    Response,
    ResponseError,
    View,
    key_of,
    marks_by_name,
    ordered,
)
from assessments.kinds.source import Mark
from core.i18n import N_

SIGNS = re.compile(r"^ {0,3}(\([ xX]?\)|\[[ xX]?\])(?:[ \t]+|$)(.*)$")
_WEIGHT = re.compile(r"%(-?\d{1,3}(?:[.,]\d{1,5})?)%[ \t]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Option:
    """One option. `weight` is a share of the points (1 is all of them), None when the author gave none."""

    key: str
    html: str
    right: bool
    weight: float | None
    feedback: str
    written: str                       # as Markdown, for the advice on quality
    line: int


@dataclass(frozen=True, kw_only=True)
class ChoiceItem(Item):
    """A question with options."""

    options: tuple[Option, ...]

    @property
    def right(self) -> list[int]:
        """The positions of the right options, as written."""
        return [at for at, option in enumerate(self.options) if option.right]


@dataclass(frozen=True, slots=True)
class ShownOption:
    """An option on a page. `mark`, `feedback` and `right` stay empty until they may be seen."""

    key: str
    html: str
    chosen: bool = False
    mark: str = ""
    feedback: str = ""
    right: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ChoiceView(View):
    """A question with options on a page."""

    options: tuple[ShownOption, ...]


def split_weight(text: str) -> tuple[float | None, str]:
    """`%50% text` is half of the points."""
    found = _WEIGHT.match(text)
    if not found:
        return None, text
    return float(found.group(1).replace(",", ".")) / 100, text[found.end() :]


def read_options(source: Source, bracket: str) -> tuple[Option, ...]:
    """The options with all that is wrong with them noted. `bracket` is the sign that this kind uses: `(` or `[`."""
    options = tuple(_option(source, mark) for mark in source.body.marks)
    wrong = next((mark for mark in source.body.marks if not mark.sign.startswith(bracket)), None)
    if wrong:
        source.error("option-brackets", N_("A “%(kind)s” question marks its options differently."),
                     N_("Write “( )” and “(x)” for single, “[ ]” and “[x]” for multi."), wrong.line, kind=source.block.kind)
    if len(options) < 2:
        source.error("options-few", N_("There are fewer than two options."),
                     N_("Add options, each on a line of its own that begins with “( )” or “[ ]”."))
    _note_doubles(source, options)
    return options


def _option(source: Source, mark: Mark) -> Option:
    weight, text = split_weight(mark.text)
    if not text.strip():
        source.error("option-empty", N_("The option has no text."), N_("Write it behind the brackets."), mark.line)
    if weight is not None and not -1 <= weight <= 1:
        source.error("weight", N_("A weight lies between -100 and 100 percent."), N_("Mend the number."), mark.line)
    return Option(
        key=key_of(source.block.id, text),
        html=source.inline(text, mark.line),
        right=mark.sign[1:2] in ("x", "X"),
        weight=weight,
        feedback=source.html(mark.feedback, mark.line),
        written=text,
        line=mark.line,
    )


def _note_doubles(source: Source, options: Sequence[Option]) -> None:
    seen: set[str] = set()
    for option in options:
        if option.key in seen:
            source.error("option-double", N_("This option stands there twice."), N_("Take one out."), option.line)
        seen.add(option.key)


def chosen_options(item: ChoiceItem, form: Form) -> list[int]:
    """Which options a form names, as positions in the author's order: the same in every language."""
    values = form.get("answer", ())
    if not values:
        raise ResponseError(N_("Please choose an answer first."))
    known = {option.key: at for at, option in enumerate(item.options)}
    if len(values) > len(known) or any(value not in known for value in values):
        raise ResponseError(N_("This question has changed since you opened the page. Please reload it and answer again."))
    return sorted({known[value] for value in values})


def option_choices(response: Response) -> tuple[Choice, ...]:
    """Each option that was chosen, for statistics."""
    return tuple(Choice("0", str(at)) for at in response["chosen"])


def option_offers(item: ChoiceItem) -> tuple[Offer, ...]:
    """Every option, for a table of counts."""
    return tuple(Offer("0", str(at), "", option.html, option.right) for at, option in enumerate(item.options))


def option_parts(item: ChoiceItem, chosen: Sequence[int]) -> list[Part]:
    """Marks for what was chosen, and for right options that were not."""
    parts = []
    for at, option in enumerate(item.options):
        if at in chosen:
            right = option.right or (option.weight or 0) > 0
            partly = not option.right and right
            parts.append(Part(str(at), "partly" if partly else "right" if right else "wrong", option.feedback))
        elif option.right:
            parts.append(Part(str(at), "missed", option.feedback))
    return parts


def show_options(
    item: ChoiceItem, variant: int, response: Response | None, verdict: Verdict | None, solution: bool
) -> tuple[ShownOption, ...]:
    """The options in display order; a right option that was not chosen stays unmarked until the solution is shown."""
    chosen = set(response["chosen"]) if response else set()
    parts = marks_by_name(verdict.parts) if verdict else {}
    shown = []
    for at in ordered([option.key for option in item.options], item, variant):
        option, part = item.options[at], parts.get(str(at))
        if part is None or not (at in chosen or solution):
            shown.append(ShownOption(option.key, option.html, at in chosen))
        else:
            shown.append(ShownOption(option.key, option.html, at in chosen, part.mark, option.feedback, solution and option.right))
    return tuple(shown)
