"""Practice: questions once more, drawn anew, with the answer at once. Nothing is written, so nothing can count.

Only questions whose answer this learner may see already are practised, and of a pool only when all that it drew for them are such
questions. A question that stands in several modules, or that a link opens alone, is held back as long as it is open in any of them.
"""

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from assessments import corrections, drawing, items, service, terms
from assessments.grading import Verdict
from assessments.items import PoolPlace
from assessments.kinds import KINDS
from assessments.kinds.item import Form, Item, Response, version, versioned
from assessments.revealing import repeatable
from assessments.service import NONE, Standing
from assessments.terms import Terms
from courses.service import AnyPart
from modules.service import parsed

SEEDS = 1_000_000_000
Alone = Callable[[AnyPart, str], Collection[str]]
_alone: list[Alone] = []


def register(alone: Alone) -> None:
    """Who knows which questions of a module are opened, and counted, one by one. Called once when the house opens."""
    _alone[:] = [alone]


@dataclass(frozen=True)
class Practice:
    """What can be practised in a module now: the questions of this draw, and how many places of the module are held back."""

    questions: tuple[Item, ...]
    held_back: int


def new_seed() -> int:
    """For another draw."""
    return secrets.randbelow(SEEDS)


def draw(part: AnyPart, module: str, language: str, seed: int) -> Practice:
    """The questions of a draw. Raises LookupError for a module that there is not."""
    found, known, held = items.items(part.edition_id, module, language), _Known(part), corrections.in_force(part.edition_id, part.run_id)
    chosen: list[str] = []
    places = 0
    for place in items.layout(part.edition_id, module):
        free = [item for item in known.free(module, place) if repeatable(found[item]) and item not in chosen]
        if isinstance(place, PoolPlace):
            chosen += drawing.drawn(free, place.pick, f"practice\0{seed}\0{module}\0{place.id}")
            places += place.pick
        else:
            chosen += free
            places += repeatable(found[place])
    asked = (corrections.as_it_stands(held, module, found[item]) for item in chosen)
    return Practice(tuple(versioned(item, version(item, f"practice {seed}")) for item in asked), max(0, places - len(chosen)))


def question(part: AnyPart, module: str, item_id: str, language: str, seed: int) -> Item:
    """One question of a draw. Raises LookupError when it is not among those that may be practised now."""
    found = next((item for item in draw(part, module, language, seed).questions if item.id == item_id), None)
    if found is None:
        raise LookupError(item_id)
    return found


def answer(item: Item, form: Form) -> tuple[Response, Verdict]:
    """What an answer is worth. Raises ResponseError."""
    response = KINDS[item.kind].read(item, form)
    return response, KINDS[item.kind].grade(item, response)


@dataclass
class _Known:
    """How a learner stands in the modules of their edition, read when it is asked for."""

    part: AnyPart
    modules: dict[str, tuple[dict[str, Standing], Terms, frozenset[str]]] = field(default_factory=dict)

    def free(self, module: str, place: str | PoolPlace) -> list[str]:
        """The questions of a place whose answers may be shown."""
        if isinstance(place, str):
            return [place] if self._may(place) else []
        mine = drawing.pools_of(self.part.edition_id, module, str(self.part.id))[place.id]
        if not all(self._told(module, item) for item in mine):
            return []
        return [item for item in place.candidates if self._may(item)]

    def _may(self, item: str) -> bool:
        """Whether it is open nowhere: neither where it is this learner's own, nor where they answered it, nor alone."""
        holding = (module for module, points in items.points(self.part.edition_id).items() if item in points)
        return all(self._told(module, item) for module in holding if self._is_theirs(module, item))

    def _is_theirs(self, module: str, item: str) -> bool:
        stands, _, own = self._module(module)
        return item in own or item in stands

    def _told(self, module: str, item_id: str) -> bool:
        stands, now, _ = self._module(module)
        item = items.item(self.part.edition_id, module, item_id, self._language())
        is_closed = stands.get(item_id, NONE).closed(item, now)
        return now.showing(item, is_closed=is_closed).solution

    def _module(self, module: str) -> tuple[dict[str, Standing], Terms, frozenset[str]]:
        if module not in self.modules:
            alone = [item for known in _alone for item in known(self.part, module)]
            own = frozenset((*drawing.own_items(self.part.edition_id, module, str(self.part.id)), *alone))
            self.modules[module] = service.standings(self.part.id, module), terms.of(self.part, module), own
        return self.modules[module]

    def _language(self) -> str:
        return parsed(self.part.edition_id).languages[0]
