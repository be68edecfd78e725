"""`order`: texts to bring into the right order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assessments import grading
from assessments.grading import Part, Verdict
from assessments.kinds import quality
from assessments.kinds.base import Kind, Source
from assessments.kinds.item import Choice, Form, Item, Offer, Response, ResponseError, View, key_of, ordered
from assessments.kinds.source import Mark
from core.i18n import N_

MOST_ENTRIES = 20
UP, DOWN = "up", "down"


@dataclass(frozen=True, slots=True)
class Entry:
    """One text. Its position as written is its right place."""

    key: str
    html: str
    feedback: str


@dataclass(frozen=True, kw_only=True)
class OrderItem(Item):
    """Texts in the right order."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """A text on a page. `moved`: the learner has just moved it, so its button keeps the focus."""

    key: str
    html: str
    mark: str = ""
    feedback: str = ""
    moved: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderView(View):
    """Texts in the order of the learner. `solution` holds them in the right order once it may be seen, if theirs is another."""

    entries: tuple[ShownEntry, ...]
    solution_entries: tuple[str, ...] = ()


class Order(Kind[OrderItem]):
    """Lines `1.` `2.` `3.` in the right order."""

    name = "order"
    title = N_("Put in order")
    sample = {
        "de": "Was kommt zuerst?\n1. Der erste Schritt\n2. Der zweite Schritt\n3. Der dritte Schritt\n! Warum in dieser Reihenfolge.",
        "en": "What comes first?\n1. The first step\n2. The second step\n3. The third step\n! Why in this order.",
    }
    line = "{number}. {text}"
    signs = re.compile(r"^ {0,3}(\d{1,3}[.)])[ \t]+(\S.*)$")
    shuffle = True
    steps = "move"

    def build(self, source: Source, common: dict[str, Any]) -> OrderItem:
        """Three texts or more (of two, half of all guesses are right), numbered one by one."""
        marks = source.body.marks
        if not 3 <= len(marks) <= MOST_ENTRIES:
            source.error("order-entries", N_("An order needs 3 to %(most)s entries."), N_("Write each on a line of its own: “1. …”, “2. …”."), most=MOST_ENTRIES)
        for number, mark in enumerate(marks, 1):
            if int(mark.sign[:-1]) != number:
                source.error("order-numbers", N_("Here should stand the number %(number)s."), N_("Number the entries from 1 in the right order."),
                             mark.line, number=number)
                break
        _note_doubles(source, marks)
        return OrderItem(**common, entries=tuple(
            Entry(key_of(source.block.id, mark.text), source.inline(mark.text, mark.line), source.html(mark.feedback, mark.line)) for mark in marks
        ))

    def structure(self, item: OrderItem) -> Any:
        """How many there are; the order is that of the text."""
        return len(item.entries)

    def read(self, item: OrderItem, form: Form) -> Response:
        """The order of the fields, as positions in the right order."""
        known = {entry.key: at for at, entry in enumerate(item.entries)}
        order = [known.get(key, -1) for key in form.get("order", ())]
        if sorted(order) != list(range(len(known))):
            raise ResponseError(N_("This question has changed since you opened the page. Please reload it and answer again."))
        return {"order": order}

    def held(self, item: OrderItem, form: Form) -> Response | None:
        """The order with one entry a place up or down, where a button asks for that."""
        try:
            response = self.read(item, form)
        except ResponseError:
            return None
        direction, _, key = (form.get(self.steps) or ("",))[0].partition("-")
        keys = [item.entries[at].key for at in response["order"]]
        if direction not in (UP, DOWN) or key not in keys:
            return response
        here = keys.index(key)
        there = here - 1 if direction == UP else here + 1
        order = response["order"]
        if 0 <= there < len(order):
            order[here], order[there] = order[there], order[here]
        return {"order": order, "moved": (key, direction)}

    def grade(self, item: OrderItem, response: Response) -> Verdict:
        """An entry is right where it follows the one that comes right before it, and the first one where it stands first.

        So one step that comes too early costs what stands around it, and not everything behind it, as places would.
        """
        marks = {at: before == at - 1 for before, at in zip([-1, *response["order"]], response["order"], strict=False)}
        parts = [Part(str(at), "right" if marks[at] else "wrong", item.entries[at].feedback) for at in range(len(item.entries))]
        return grading.verdict(grading.share_of_parts(list(marks.values())), item.points, parts, scoring=item.scoring)

    def show(
        self, item: OrderItem, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool
    ) -> OrderView:
        """The learner's order, or one to begin with that is not right."""
        order = response["order"] if response else _first_order(item, variant)
        key, direction = (response or {}).get("moved", ("", ""))
        entries = []
        for at in order:
            entry, part = item.entries[at], verdict.parts[at] if verdict else None
            entries.append(ShownEntry(
                entry.key, entry.html, part.mark if part else "", entry.feedback if part else "", direction if entry.key == key else "",
            ))
        wrong = solution and list(order) != sorted(order)
        seen = self.seen(item, marked=verdict is not None, solution=solution)
        return OrderView(**seen, entries=tuple(entries), solution_entries=tuple(entry.html for entry in item.entries) if wrong else ())

    def choices(self, item: OrderItem, response: Response) -> tuple[Choice, ...]:
        """The entry in each place."""
        return tuple(Choice(str(place), str(at)) for place, at in enumerate(response["order"]))

    def offers(self, item: OrderItem) -> tuple[Offer, ...]:
        """Every entry in every place."""
        places = range(len(item.entries))
        return tuple(Offer(str(place), str(at), str(place + 1), item.entries[at].html, at == place) for place in places for at in places)

    def advise(self, item: OrderItem, source: Source) -> None:
        """A wrong order should get a reason."""
        quality.advise_explanation(item.explanation, any(entry.feedback for entry in item.entries), source)


def _first_order(item: OrderItem, variant: int) -> Sequence[int]:
    """An order to begin with: shuffled, or by the alphabet; where that is the right one by chance, its first entry comes last."""
    if item.shuffle:
        order = ordered([entry.key for entry in item.entries], item, variant)
    else:
        order = sorted(range(len(item.entries)), key=lambda at: item.entries[at].html.casefold())
    return [*order[1:], order[0]] if order == sorted(order) else order


def _note_doubles(source: Source, marks: Sequence[Mark]) -> None:
    seen: set[str] = set()
    for mark in marks:
        if mark.text in seen:
            source.error("order-double", N_("This entry stands there twice."), N_("Take one out."), mark.line)
        seen.add(mark.text)


KIND = Order()
