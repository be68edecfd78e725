"""Questions as HTML for somebody who may only look. Drawn anew each time, apart from the kept pieces that can be answered."""

from flask import render_template
from markupsafe import Markup

from assessments import items
from assessments.kinds import KINDS
from assessments.kinds.item import Item, variant
from assessments.pages import State


def draw_module(edition_id: int, module: str, language: str) -> dict[str, Markup]:
    """Every question of a module by its id, as learners see it first, with nothing that could be sent. Raises LookupError."""
    return {item.id: _draw(item, number) for number, item in enumerate(items.items(edition_id, module, language).values(), 1)}


def _draw(item: Item, number: int) -> Markup:
    view = KINDS[item.kind].view(item, variant(item, "preview"))
    return Markup(render_template("assessments/preview.html", view=view, state=State(number=number, closed=True)))  # noqa: S704 - our template
