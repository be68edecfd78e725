"""Questions as HTML, as one learner may see them now.

Drawing a form costs much more than sending it, and most forms look the same for many people: so each drawn piece is kept,
by everything that it depends on (docs/decisions/0006). What differs between people who see the same piece, like the CSRF
token, stands in it as a mark that is filled in at the end; a form's address is relative to the page.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from flask import render_template
from flask_babel import format_decimal
from flask_babel import gettext as _
from markupsafe import Markup

from assessments import (
    afterwards,
    code,
    corrections,
    drafts,
    drawing,
    items,
    panel,
    prompts,
    regrade_notes,
    service,
    surveys,
    terms,
)
from assessments.grading import Part, Verdict, showing
from assessments.kinds import KINDS
from assessments.kinds.item import Item, Response, variant, version, versioned
from assessments.kinds.looking import LookKind
from assessments.kinds.prompt import FOLLOW_UP_PART
from assessments.prompts import Told
from assessments.refilling import refilled
from assessments.revealing import repeatable
from assessments.service import NONE, Standing
from assessments.terms import Terms
from core import kept
from core.i18n import N_
from core.i18n import language as page_language
from core.jobs import WorkState
from courses.service import AnyPart
from gateway.service import external_names, tightest
from modules.presenters import Drawn, Points

KEPT_PIECES = 4096
# edition, the one whose key holds (0: its own), module, item, its language, the page's, version, order of options, number
Place = tuple[int, int, str, str, str, str, int, int, int]
Counts = tuple[int, int, int | None, bool, bool | None]  # next attempt, used, left, closed, whether the due date has passed (None: nothing is due)
_TOKENS = f"tokens-{secrets.token_hex(8)}"            # marks: what is left today, as people read it
_AFTER = f"after-{secrets.token_hex(8)}"              # what follows an answer: it changes with every vote of the class
_SANDBOX = f"sandbox-{secrets.token_hex(8)}"          # that programs cannot be run here, if so
_REGRADED = f"regraded-{secrets.token_hex(8)}"        # what was regraded, and what that did for this learner
_SURVEY = f"survey-{secrets.token_hex(8)}"            # what the others have answered, as far as it may be seen
_TOKENS_VALUE = f"value-{secrets.token_hex(8)}"       # and as a bar takes it
_MOST = f"most-{secrets.token_hex(8)}"                # the same of what there is in a day
_MOST_VALUE = f"most-value-{secrets.token_hex(8)}"
_SHARED = {
    "run_tokens": N_("These are your whole course's tokens: they are what runs out first today."),
    "organisation_tokens": N_("These are your whole university's tokens: they are what runs out first today."),
}
_EXTERNAL = f"external-{secrets.token_hex(8)}"        # which models are outside the university
_SHORT = f"short-{secrets.token_hex(8)}"              # what is said when others' use leaves less


@dataclass(frozen=True)
class State:
    """What templates/assessments/question.html says about the attempts; see there."""

    number: int
    attempt: int = 1
    used: int = 0
    left: int | None = None
    closed: bool = False
    verdict: Verdict | None = None
    saved: bool = False
    pending: bool = False
    waiting: bool = False
    fresh: bool = False
    told: Told | None = None           # prompt exercises: what the model answered
    after: str = ""                    # the same: what can be done with the answers, as HTML
    live: str = ""                     # exercises at work: the address of the attempt
    survey: str = ""                   # surveys: the results, as HTML
    regraded: str = ""                 # that the question was regraded, as HTML
    given_back: str = ""               # Python exercises: why the last attempt was not counted

    @property
    def recorded(self) -> bool:
        """Whether the answers shown were recorded."""
        return self.told is not None and self.told.recorded


def draw_module(part: AnyPart, module: str, language: str) -> Drawn:
    """Every question of a module as this learner may see it now, and the learner's points in it.

    The marks of core.kept are still in the blocks: the page that they stand in fills them all at once.
    """
    seed = str(part.id)
    drawn = draw_some(part, module, language, drawing.own_items(part.edition_id, module, seed))
    pools = drawing.pools_of(part.edition_id, module, seed) if drawing.has_pools(part.edition_id) else {}
    return Drawn({**drawn.blocks, **{pool: "\n".join(drawn.blocks[item] for item in found) for pool, found in pools.items()}}, drawn.points, drawn.note)


def draw_some(part: AnyPart, module: str, language: str, shown: Sequence[str]) -> Drawn:
    """Some of a module's questions, numbered in this order, and the points in them. Otherwise as `draw_module`.

    Of a test that was not begun there is only the button that begins it.
    """
    found = items.items(part.edition_id, module, language)
    stands, now = service.standings(part.id, module), terms.of(part, module)
    pen = _Drawing(part, module, page_language(), now)
    blocks = {item: pen.draw(found[item], number, stands.get(item)) if now.begun else "" for number, item in enumerate(shown, 1)}
    return Drawn(blocks, service.points_in(part, module, stands, shown, now, pen.corrections), panel.draw(part, module, now, [found[item] for item in shown]))


def draw_one(
    part: AnyPart, module: str, item_id: str, language: str, shown: Sequence[str], *, fresh: bool = True, held: Response | None = None,
) -> tuple[Markup, Points]:
    """One question after it was answered, and the points in all that its page shows.

    `fresh`: the result takes the focus. `held`: what the form held that was no answer, in place of the last attempt.
    """
    stands, now = service.standings(part.id, module), terms.of(part, module)
    item = items.item(part.edition_id, module, item_id, language)
    pen = _Drawing(part, module, page_language(), now)
    piece = pen.draw(item, shown.index(item_id) + 1, stands.get(item_id), fresh=fresh, held=held)
    return Markup(kept.fill(piece)), service.points_in(part, module, stands, shown, now, pen.corrections)  # noqa: S704 - our templates


@dataclass
class _Drawing:
    """A module being drawn for one learner."""

    part: AnyPart
    module: str
    seen_in: str
    now: Terms

    def draw(self, item: Item, number: int, standing: Standing | None, *, fresh: bool = False, held: Response | None = None) -> str:
        correction = self.corrections.get((self.module, item.id))
        by = correction.by if correction else 0
        typed = self._typed(item, standing) if held is None and not fresh else None
        held = held if typed is None else KINDS[item.kind].held(item, typed)
        piece = self._piece(corrections.corrected(item, self.module, by), by, number, standing, fresh=fresh, held=held)
        if typed is not None:
            piece = refilled(piece, typed)
        piece = piece.replace(_REGRADED, regrade_notes.at_question(self.part, self.module, item, correction) if correction else "")
        if _SURVEY in piece:
            piece = piece.replace(_SURVEY, surveys.draw(self.part, self.module, item))
        if not prompts.asks(item):
            return piece.replace(_SANDBOX, "" if code.can_run() else render_template("assessments/code_missing.html")) if _SANDBOX in piece else piece
        last = standing.last if standing else None
        if last and _AFTER in piece:
            marks = self.now.showing(item, is_closed=True).marks
            piece = piece.replace(_AFTER, afterwards.draw(self.part, item, last.id, closed=self.now.over, told=marks))
        for mark, text in self.budget:
            piece = piece.replace(mark, text)
        return piece

    @cached_property
    def budget(self) -> tuple[tuple[str, str], ...]:
        """What stands in place of the marks: the account that runs out first. Of shared ones learners see no more than that."""
        account = tightest(self.part.person_id, self.part.run_id)
        left, most = account.left or 0, account.limit or 0
        return (
            (_TOKENS, format_decimal(left)), (_TOKENS_VALUE, str(left)), (_MOST, format_decimal(most)), (_MOST_VALUE, str(max(1, most))),
            (_EXTERNAL, self._external()),
            (_SHORT, Markup('<p class="question-help">{}</p>').format(_(_SHARED[account.kind])) if account.shared else ""),
        )

    def _external(self) -> str:
        names = external_names(self.part.run_id)
        if not names:
            return ""
        words = _("External models may be asked here (%(names)s): what you write for them leaves the university.", names=", ".join(names))
        return Markup('<p class="question-help">{}</p>').format(words)

    @cached_property
    def corrections(self) -> Mapping[corrections.Key, corrections.Correction]:
        """The regrades that hold for this learner."""
        return corrections.in_force(self.part.edition_id, self.part.run_id)

    def _piece(self, item: Item, by: int, number: int, standing: Standing | None, *, fresh: bool, held: Response | None) -> str:
        seed = str(self.part.id)
        mine = version(item, seed)
        place = (self.part.edition_id, by, self.module, item.id, item.language, self.seen_in, mine, variant(item, seed), number)
        last = standing.last if standing else None
        counts = self._counts(item, standing)
        if held is not None:
            return _render(versioned(item, mine), place, counts, held, None)
        if last is None:
            return _piece(place, counts)
        pending = last.state in (WorkState.DUE, WorkState.RUNNING)
        return _piece(place, counts, last.id, last.grade_id, pending, fresh)


    def _counts(self, item: Item, standing: Standing | None) -> Counts | None:
        if standing is None or standing.last is None:
            return (1, 0, NONE.left(item), True, self.now.past_due) if self.now.over else None
        return standing.last.number + 1, standing.used, standing.left(item), standing.closed(item, self.now), self.now.past_due

    @cached_property
    def drafts(self) -> Mapping[str, drafts.Typed]:
        """What was typed into the module's questions and not sent."""
        return drafts.typed(self.part, self.module)

    def _typed(self, item: Item, standing: Standing | None) -> Mapping[str, Sequence[str]] | None:
        """What this form held when its page was left, if the form is still the same and can be sent."""
        found = self.drafts.get(item.id)
        if found is None or not drafts.keeps(item):
            return None
        last = standing.last if standing else None
        is_next = found.attempt == (last.number + 1 if last else 1)
        return found.fields if is_next and not (standing or NONE).closed(item, self.now) else None


@lru_cache(maxsize=KEPT_PIECES)
def _piece(
    place: Place, counts: Counts | None = None, attempt_id: int | None = None, grade_id: int | None = None, pending: bool = False,
    fresh: bool = False,
) -> str:
    """One question's HTML. All that it depends on is named by the arguments: editions, attempts and grades never change."""
    item = _item_of(place)
    given, stored = service.outcome(attempt_id, grade_id) if attempt_id else (None, None)
    if prompts.asks(item) and attempt_id and given:
        told = prompts.told(attempt_id, item)
        return _render(item, place, counts, prompts.with_answers(item, given, told), stored, told=told, fresh=fresh, after=_AFTER,
                       live=f"{kept.ROOT}/attempts/{attempt_id}" if pending else "", pending=pending)
    if given and stored is None and KINDS[item.kind].by_people:
        return _render(item, place, counts, given, None, fresh=fresh, waiting=True)
    if given and stored is None and KINDS[item.kind].deferred:
        return _render(item, place, counts, given, None, fresh=fresh, pending=pending,
                       live=f"{kept.ROOT}/attempts/{attempt_id}" if pending else "", given_back=service.error_of(attempt_id or 0))
    return _answered(place, counts, json.dumps(given), json.dumps(stored), fresh)


def _item_of(place: Place) -> Item:
    edition_id, by, module, item_id, language, _, mine, *_ = place
    return versioned(corrections.corrected(items.item(edition_id, module, item_id, language), module, by), mine)


@lru_cache(maxsize=KEPT_PIECES)
def _answered(place: Place, counts: Counts | None, given: str, stored: str, fresh: bool) -> str:
    """The same for the many who gave the same answer, so that most answers are not drawn at all."""
    item = _item_of(place)
    return _render(item, place, counts, json.loads(given), json.loads(stored), fresh=fresh)


def _render(
    item: Item, place: Place, counts: Counts | None, given: Response | None, stored: Mapping[str, Any] | None, **more: Any,
) -> str:
    _, _, module, *_, order, number = place
    attempt, used, left, is_closed, past_due = counts or (1, 0, item.attempts or None, False, None)
    verdict = verdict_of(item, given, stored)
    may = showing(item.show, is_closed=is_closed, due_passed=past_due)
    shown = verdict if may.marks else None
    kind = KINDS[item.kind]
    view = kind.review(item, order, given, shown, reveal=may.solution) if given and shown else kind.view(item, order, given)
    state = State(
        number=number, attempt=attempt, used=used, left=left, closed=is_closed, verdict=shown,
        saved=verdict is not None and shown is None, regraded=_REGRADED, survey=_SURVEY if kind.anonymous and given is not None else "", **more,
    )
    return render_template(
        "assessments/question.html", view=view, state=state, csrf_token=lambda: kept.CSRF,
        tokens=_tokens(item) if prompts.asks(item) else None, sandbox=_SANDBOX, action=f"{module}/{item.id}/{kind.action}",
        looks=isinstance(kind, LookKind), repeat=f"{module}/{item.id}/repeat" if _at_once(item, state) else "",
    )


def _at_once(item: Item, state: State) -> bool:
    """Whether it was right at the first try, and may be repeated at the learner's wish: what was missed is repeated anyway."""
    return state.closed and state.used == 1 and state.verdict is not None and state.verdict.state == "right" and repeatable(item)


def _tokens(item: Item) -> dict[str, Any]:
    return {"left": _TOKENS, "value": _TOKENS_VALUE, "most": _MOST_VALUE, "most_words": _MOST, "short": _SHORT, "external": _EXTERNAL, "cost": format_decimal(prompts.cost(item, {"prompt": ""}))}


def verdict_of(item: Item, response: Response | None, stored: Mapping[str, Any] | None) -> Verdict | None:
    """The stored grade with the feedback of the item's text: for most kinds by grading again, which is pure and quick.

    Where that comes out differently (a word that was right in the other language), the stored grade is what counts.
    """
    if stored is None or response is None:
        return None
    kind = KINDS[item.kind]
    again = None if kind.deferred else kind.grade(item, response)
    if again is not None and (again.score, again.maximum) == (stored["score"], stored["maximum"]):
        return again
    if again is not None and [(part.name, part.mark) for part in again.parts] == [(part["name"], part["mark"]) for part in stored["parts"]]:
        return replace(again, score=stored["score"], maximum=stored["maximum"], state=stored["state"])
    parts = tuple(Part(part["name"], part["mark"], checks=tuple(part["checks"])) for part in stored["parts"])
    return Verdict(stored["score"], stored["maximum"], _state(item, stored, parts), parts)


def _state(item: Item, stored: Mapping[str, Any], parts: Sequence[Part]) -> str:
    """What is said of an answer: neither right nor wrong while a follow-up is open, or where nothing looks at a model's answer for no points."""
    if any(part.mark == "open" for part in parts):
        return "open"
    looked_at = stored["maximum"] or any(part.checks or part.name == FOLLOW_UP_PART for part in parts)
    return "done" if prompts.asks(item) and not looked_at else str(stored["state"])


def forget() -> None:
    """Throw kept pieces away (tests: another database may use the same numbers)."""
    _piece.cache_clear()
    _answered.cache_clear()
