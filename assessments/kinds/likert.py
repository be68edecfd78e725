"""`likert`: statements, and for each a step of a scale. Anonymous, no key, no points."""

import re
from dataclasses import dataclass
from typing import Any

from assessments.grading import Verdict
from assessments.kinds.asked import SCALES, AskedItem, AskedKind, AskedView, is_done
from assessments.kinds.base import Source
from assessments.kinds.item import Choice, Form, Offer, Response, ResponseError
from core.i18n import N_

MOST_STATEMENTS, MOST_STEPS = 30, 10


@dataclass(frozen=True, kw_only=True)
class LikertItem(AskedItem):
    """Statements and the steps of their scale."""

    statements: tuple[str, ...]
    scale: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LikertView(AskedView):
    """The table on a page: what stands in its rows and columns."""

    statements: tuple[str, ...]
    scale: tuple[str, ...]


class Likert(AskedKind[LikertItem]):
    """Lines `- statement`; the scale has a name, or its steps with `|` between them."""

    name = "likert"
    title = N_("Agreement to statements")
    sample = {
        "de": "Wie sehr stimmen Sie zu?\n- Die erste Aussage\n- Die zweite Aussage\n! Danke.",
        "en": "How far do you agree?\n- The first statement\n- The second statement\n! Thank you.",
    }
    written = ("-",)
    attributes = ("scale", "results")
    signs = re.compile(r"^ {0,3}(-)[ \t]+(\S.*)$")

    def build(self, source: Source, common: dict[str, Any]) -> LikertItem:
        """One statement or more, each once, and a scale of several steps."""
        marks = source.body.marks
        if not 1 <= len(marks) <= MOST_STATEMENTS:
            source.error("likert-statements", N_("A scale needs 1 to %(most)s statements."), N_("Write each on a line of its own: “- …”."), most=MOST_STATEMENTS)
        statements = tuple(source.inline(mark.text, mark.line) for mark in marks)
        if len(set(statements)) < len(statements):
            source.error("likert-double", N_("A statement stands there twice."), N_("Take one out."), marks[0].line)
        for mark in marks:
            if mark.feedback:
                source.error("stray-line", N_("This line belongs to nothing."), N_("A survey has no feedback: leave it out."), mark.line + 1)
        return LikertItem(**common, statements=statements, scale=_scale(source))

    def structure(self, item: LikertItem) -> Any:
        """How many statements and steps."""
        return [len(item.statements), len(item.scale), item.results]

    def read(self, item: LikertItem, form: Form) -> Response:
        """The steps chosen, as positions; nobody must answer all."""
        steps = [_read_step(item, number, form) for number in range(1, len(item.statements) + 1)]
        if all(step is None for step in steps):
            raise ResponseError(N_("Please choose an answer first."))
        return {"steps": steps}

    def show(
        self, item: LikertItem, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool
    ) -> LikertView:
        """The table, or that it was answered."""
        return LikertView(**self.seen(item, marked=False, solution=is_done(response)), statements=item.statements, scale=item.scale)

    def choices(self, item: LikertItem, response: Response) -> tuple[Choice, ...]:
        """The step of each statement that has one."""
        return tuple(Choice(str(at), str(step)) for at, step in enumerate(response["steps"]) if step is not None)

    def offers(self, item: LikertItem) -> tuple[Offer, ...]:
        """Every step of every statement."""
        return tuple(Offer(str(at), str(no), statement, step) for at, statement in enumerate(item.statements) for no, step in enumerate(item.scale))


def _scale(source: Source) -> tuple[str, ...]:
    written = source.block.attributes.get("scale", "agree")
    named = SCALES.get(written)
    if named:
        return named.get(source.block.language, named["en"])
    steps = tuple(step.strip() for step in written.split("|") if step.strip())
    if not 2 <= len(steps) <= MOST_STEPS or len(set(steps)) < len(steps):
        source.error("likert-scale", N_("“%(scale)s” is no scale."), N_('Write scale="never|sometimes|often" with 2 to %(most)s steps, or one of: %(known)s.'),
                     scale=written[:60], most=MOST_STEPS, known=", ".join(SCALES))
    return steps


def _read_step(item: LikertItem, number: int, form: Form) -> int | None:
    values = form.get(f"row-{number}", ())
    if not values:
        return None
    if len(values) > 1 or values[0] not in {str(no) for no in range(len(item.scale))}:
        raise ResponseError(N_("This question has changed since you opened the page. Please reload it and answer again."))
    return int(values[0])


KIND = Likert()
