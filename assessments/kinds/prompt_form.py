"""A posted prompt as a response: the prompt or the fields, model, temperature and guesses, all within the exercise's bounds."""

import math
import re
from typing import Any

from assessments.kinds.fields import typed_text
from assessments.kinds.item import Form, Response, ResponseError
from core.i18n import N_
from exercises.fields import MOST_LETTERS, Field, is_link, prompt_of
from exercises.prompt import PromptExercise, words

_TEMPERATURE = re.compile(r"[0-2](?:[.,]\d{1,2})?", re.ASCII)


def read_response(exercise: PromptExercise, form: Form) -> Response:
    """Raises ResponseError when something is empty, too long or out of bounds; then no model is asked."""
    given: dict[str, Any] = {}
    if exercise.fields:
        given["fields"] = {field.name: _field(field, form) for field in exercise.fields}
        given["prompt"] = prompt_of(exercise.fields, given["fields"])
    else:
        given["prompt"] = typed_text(form, "prompt", MOST_LETTERS["text"])
    if words(given["prompt"]) > exercise.max_words:
        raise ResponseError(N_("Your prompt is too long: at most %(most)s words."), most=exercise.max_words)
    given |= {"model": _model(exercise, form), "temperature": _temperature(exercise, form)}
    if exercise.predict:
        given["predicted"] = {f"{value:g}": _guess(exercise, form, f"{value:g}") for value in exercise.temperatures}
    return given


def _field(field: Field, form: Form) -> str:
    text = typed_text(form, f"field-{field.name}", MOST_LETTERS[field.kind])
    if field.kind == "url" and not is_link(text):
        raise ResponseError(N_("“%(title)s” needs a web address that begins with https://."), title=field.title)
    return text


def _guess(exercise: PromptExercise, form: Form, name: str) -> int:
    most = max(ask.runs for ask in exercise.asks)
    values = form.get(f"predicted-{name}", ())
    if len(values) != 1 or not re.fullmatch(r"\d{1,2}", values[0], re.ASCII) or not 1 <= int(values[0]) <= most:
        raise ResponseError(N_("Please guess first: at each temperature a number from 1 to %(most)s."), most=most)
    return int(values[0])


def _model(exercise: PromptExercise, form: Form) -> str:
    values = form.get("model", ())
    if not values or values[0] == "":
        return exercise.models[0] if exercise.models else ""
    if len(values) > 1 or values[0] not in exercise.models:
        raise ResponseError(N_("This exercise does not offer that model."))
    return values[0]


def _temperature(exercise: PromptExercise, form: Form) -> float:
    low, high = exercise.temperature
    values = form.get("temperature", ())
    if not values or values[0] == "":
        return low
    value = float(values[0].replace(",", ".")) if len(values) == 1 and _TEMPERATURE.fullmatch(values[0]) else math.nan
    if not low <= value <= high:
        raise ResponseError(N_("The temperature lies between %(low)s and %(high)s here."), low=f"{low:g}", high=f"{high:g}")
    return value
