"""Looking into a model: next tokens, tokens, a map of meanings. Nothing is graded, and nothing of it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from assessments import items
from assessments.kinds import KINDS
from assessments.kinds.embeddings import EmbeddingsItem, found
from assessments.kinds.item import Form, Item
from assessments.kinds.looking import LookKind
from assessments.kinds.mapping import map_view
from assessments.kinds.nexttoken import Chance, NextTokenItem, Step, step_view
from assessments.kinds.tokenizer import Sample, TokenizerItem, sample_view
from assessments.prompts import ANYWAY, PersonalDataError
from core import db
from core.i18n import N_
from courses.service import AnyPart
from exercises import meaning
from gateway import service as gateway
from gateway.abilities import EMBED, LOGPROBS, TOKENIZE
from gateway.faults import GatewayError
from gateway.personal import personal_data
from gateway.service import Asker, Model, line
from gateway.service.line import Place

KEPT_VECTORS = 2000


class MissingError(RuntimeError):
    """No model here can do what the view needs. The text is a message id."""


class WaitingError(RuntimeError):
    """It is not one's turn yet."""

    def __init__(self, place: Place) -> None:
        super().__init__("waiting")
        self.place = place


@dataclass(frozen=True)
class Look:
    """What was found: which template draws it, and with what."""

    template: str
    values: Mapping[str, Any]


def look_item(edition_id: int, module: str, item_id: str, language: str) -> Item:
    """A view into a model. Raises LookupError when there is none of this id."""
    item = items.item(edition_id, module, item_id, language)
    if not isinstance(KINDS[item.kind], LookKind):
        raise LookupError(item_id)
    return item


def look(part: AnyPart, item: Item, form: Form) -> Look:
    """Ask the model. Raises ResponseError, PersonalDataError, MissingError, WaitingError and GatewayError."""
    own = "\n".join(value for name in ("own", "text", "texts", "question") for value in form.get(name, ()))
    sorts = personal_data(own)
    if sorts and ANYWAY not in form:
        raise PersonalDataError(sorts)
    if isinstance(item, NextTokenItem):
        return _next(part, item, form)
    if isinstance(item, TokenizerItem):
        return _tokens(part, item, form)
    assert isinstance(item, EmbeddingsItem)
    return _map(part, item, form)


def _next(part: AnyPart, item: NextTokenItem, form: Form) -> Look:
    # A button's text goes before what was typed beside it.
    text = form.get("text") or form.get("own") or ()
    response = KINDS[item.kind].read(item, {"text": text})
    model = _model(part, LOGPROBS, N_("No model here tells how likely its next tokens are."))
    asker = _asker(part, item)
    with _turn(model, asker):
        chances = gateway.next_tokens(model, asker, response["text"])
    step = Step(response["text"], tuple(Chance(chance.text, chance.probability) for chance in chances))
    base = max((begin for begin in item.beginnings if step.text.startswith(begin)), key=len, default=step.text)
    return Look("assessments/looks/nexttoken.html", {"step": step_view(step), "live": True, "full": len(step.text) - len(base) > item.most_steps * 8, "model": model.label})


def _tokens(part: AnyPart, item: TokenizerItem, form: Form) -> Look:
    number = "".join(form.get("sample", ())[:1])
    if number.isascii() and number.isdigit() and int(number) < len(item.samples):
        sample = item.samples[int(number)]
    else:
        sample = Sample("", KINDS[item.kind].read(item, form)["text"])
    models = [model for model in gateway.models(part.run_id) if TOKENIZE in model.abilities]
    db.session.commit()
    splits = []
    for model in models:
        try:
            splits.append((model.label, tuple((piece.text, piece.id) for piece in gateway.tokenize(model, sample.text))))
        except GatewayError:
            continue  # Another vocabulary may still be there.
    if not splits:
        raise MissingError(N_("No model here shows its tokens."))
    return Look("assessments/looks/tokenizer.html", {"sample": sample_view(sample, splits)})


def _map(part: AnyPart, item: EmbeddingsItem, form: Form) -> Look:
    response = KINDS[item.kind].read(item, form)
    model = _model(part, EMBED, N_("No model here turns texts into vectors."))
    asker = _asker(part, item)
    texts = [*item.texts, *response["texts"]]
    with _turn(model, asker):
        vectors = _vectors(model, asker, texts)
        asked = gateway.embed(model, asker, [response["question"]]) if response["question"] else []
    searches = [found(response["question"], texts, meaning.ranked(asked[0], vectors))] if asked else []
    drawn = map_view(texts, meaning.places(vectors), meaning.nearest(vectors), own_from=len(item.texts))
    return Look("assessments/looks/embeddings.html", {"map": drawn, "searches": searches})


@lru_cache(maxsize=1)
def _kept() -> dict[tuple[str, str, str], list[float]]:
    """Vectors of texts by server, model and text: the author's are the same for everybody."""
    return {}


def _vectors(model: Model, asker: Asker, texts: list[str]) -> list[list[float]]:
    kept = _kept()
    new = [text for text in dict.fromkeys(texts) if (model.server, model.name, text) not in kept]
    fresh = dict(zip(new, gateway.embed(model, asker, new), strict=True)) if new else {}
    if len(kept) + len(fresh) > KEPT_VECTORS:
        kept.clear()
    known = {text: fresh.get(text) or kept[(model.server, model.name, text)] for text in texts}
    kept.update({(model.server, model.name, text): vector for text, vector in fresh.items()})
    return [known[text] for text in texts]


def _model(part: AnyPart, ability: str, missing: str) -> Model:
    model = gateway.model(part.run_id, role="embed" if ability == EMBED else "chat", needs=frozenset({ability}))
    if model is None:
        raise MissingError(missing)
    return model


def _asker(part: AnyPart, item: Item) -> Asker:
    return Asker(part.person_id, part.run_id, f"look {part.id} {item.id}")


class _turn:  # noqa: N801 - reads as what it is: with a turn
    """A turn at the model's server while the block runs. Raises WaitingError when it is not there yet: nobody waits in a thread."""

    def __init__(self, model: Model, asker: Asker) -> None:
        self._model, self._asker = model, asker

    def __enter__(self) -> None:
        place = line.enter(self._model, self._asker.person_id, self._asker.cause)
        if not place.turn:
            raise WaitingError(place)

    def __exit__(self, *_: object) -> None:
        line.leave(self._model, self._asker.cause)
