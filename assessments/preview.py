"""Questions as HTML for somebody who may only look. Drawn anew each time, apart from the kept pieces that can be answered."""

from flask import render_template
from markupsafe import Markup

from assessments import drawing, items
from assessments.kinds import KINDS
from assessments.kinds.item import Item, variant, version, versioned
from assessments.pages import State

SEED = "preview"


def draw_module(edition_id: int, module: str, language: str) -> dict[str, Markup]:
    """Every question of a module by its id, as learners see it first, with nothing that could be sent. Raises LookupError."""
    found = items.items(edition_id, module, language)
    shown = drawing.own_items(edition_id, module, SEED)
    order = [*shown, *(item for item in found if item not in shown)]  # A link may lead to any question of a pool.
    drawn = {item: _draw(found[item], number) for number, item in enumerate(order, 1)}
    pools = drawing.pools_of(edition_id, module, SEED)
    return {**drawn, **{pool: Markup("\n").join(drawn[item] for item in of_pool) for pool, of_pool in pools.items()}}


def _draw(item: Item, number: int) -> Markup:
    item = versioned(item, version(item, SEED))
    view = KINDS[item.kind].view(item, variant(item, SEED))
    return Markup(render_template("assessments/preview.html", view=view, state=State(number=number, closed=True)))  # noqa: S704 - our template
