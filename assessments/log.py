"""A learner's own prompts and the answers to them, to look at and to take along for a declaration of AI use."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import select

from assessments import items
from assessments.kinds.grounded import GroundedItem
from assessments.kinds.item import Item
from assessments.models import Attempt, Completion, Vote
from core import db
from core.spreadsheet import cell
from courses.service import AnyPart

MOST_NAME = 80
FIELDS = ("at", "module", "exercise", "model", "parameters", "prompt", "question", "answer", "prompt_tokens", "completion_tokens", "source", "stopped")


@dataclass(frozen=True)
class Entry:
    """One answer of a model. `source` is live or recorded. An empty model is not known, or not told yet."""

    at: datetime
    module: str
    exercise: str
    model: str
    parameters: dict[str, Any]
    prompt: str
    question: str
    answer: str
    prompt_tokens: int
    completion_tokens: int
    source: str
    stopped: bool

    @property
    def words(self) -> str:
        """The parameters as people read them."""
        return ", ".join(f"{name} {value}" for name, value in self.parameters.items() if not isinstance(value, list | dict) and value is not False)


def entries(part: AnyPart, module: str = "") -> list[Entry]:
    """What this learner has asked in the run, the latest first. Of a hidden question neither words nor answer are in it,
    and of a blind comparison no model before the vote.
    """
    query = (
        select(Attempt, Completion).join(Completion, Completion.attempt_id == Attempt.id).where(Attempt.enrolment_id == part.id)
        .order_by(Attempt.submitted_at.desc(), Attempt.id.desc(), Completion.position)
    )
    rows = db.session.execute(query.where(Attempt.module == module) if module else query).all()
    voted = {(vote.module, vote.item) for vote in db.session.scalars(select(Vote).where(Vote.enrolment_id == part.id))}
    return [entry for attempt, completion in rows if (entry := _entry(attempt, completion, voted)) is not None]


def modules_of(part: AnyPart) -> list[str]:
    """The modules in which something was asked."""
    return list(db.session.scalars(
        select(Attempt.module).join(Completion, Completion.attempt_id == Attempt.id).where(Attempt.enrolment_id == part.id).distinct().order_by(Attempt.module)
    ))


def _entry(attempt: Attempt, completion: Completion, voted: set[tuple[str, str]]) -> Entry | None:
    item = _item(attempt)
    if isinstance(item, GroundedItem) and not completion.ask:
        return None
    sealed = getattr(getattr(item, "exercise", None), "blind", False) and (attempt.module, attempt.item) not in voted
    return Entry(
        at=attempt.submitted_at, module=attempt.module, exercise=_name(item, attempt.item), model="" if sealed else completion.model or "",
        parameters=completion.parameters, prompt=_prompt(attempt.response, isinstance(item, GroundedItem)), question=completion.ask,
        answer=completion.answer, prompt_tokens=completion.prompt_tokens, completion_tokens=completion.completion_tokens,
        source="recorded" if completion.recorded else "live", stopped=completion.finish == "stopped",
    )


def _item(attempt: Attempt) -> Item | None:
    try:
        return items.item(attempt.edition_id, attempt.module, attempt.item, attempt.language)
    except LookupError:  # An edition that is no longer to be read: what was asked is still the learner's.
        return None


def _name(item: Item | None, fallback: str) -> str:
    text = " ".join(Markup(item.text).striptags().split()) if item else ""  # noqa: S704 - safe HTML of the item, and only its words are kept
    return f"{text[:MOST_NAME].rstrip()}…" if len(text) > MOST_NAME else text or fallback


def _prompt(response: dict[str, Any], grounded: bool) -> str:
    """What the learner wrote. With grounded answers their own question stands with its answer alone."""
    parts = [str(response.get("prompt", "")), *(str(value) for value in response.get("fields", {}).values() if not grounded)]
    return "\n\n".join(dict.fromkeys(part for part in parts if part.strip()))


# --- Taking it along ---------------------------------------------------------------------------------------------------

def as_json(found: Sequence[Entry]) -> str:
    """For programs."""
    return json.dumps([{**asdict(entry), "at": entry.at.isoformat()} for entry in found], ensure_ascii=False, indent=2)


def as_csv(found: Sequence[Entry]) -> str:
    """For spreadsheets. UTF-8 with a mark, for Excel."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(FIELDS)
    for entry in found:
        row = {**asdict(entry), "at": entry.at.isoformat(), "parameters": entry.words}
        writer.writerow([cell(row[name]) for name in FIELDS])
    return "\ufeff" + out.getvalue()


@dataclass(frozen=True)
class Use:
    """A model in a declaration: how often and in which days it was used, and in which exercises."""

    model: str
    count: int
    first: date
    last: date
    exercises: tuple[str, ...]


def uses(found: Sequence[Entry]) -> list[Use]:
    """The models that really ran, the most used first."""
    by_model: dict[str, list[Entry]] = {}
    for entry in found:
        if entry.source == "live":
            by_model.setdefault(entry.model, []).append(entry)
    made = [
        Use(model, len(own), min(entry.at for entry in own).date(), max(entry.at for entry in own).date(), tuple(dict.fromkeys(entry.exercise for entry in own)))
        for model, own in by_model.items()
    ]
    return sorted(made, key=lambda use: -use.count)


def fenced(text: str) -> str:
    """A text in a Markdown fence that nothing in it can close."""
    ticks = "```"
    while ticks in text:
        ticks += "`"
    return f"{ticks}text\n{text}\n{ticks}"
