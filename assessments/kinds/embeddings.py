"""`embeddings`: texts on a map of meanings, their nearest neighbours, and search by meaning."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assessments.grading import Verdict
from assessments.kinds.attributes import whole
from assessments.kinds.base import Source
from assessments.kinds.fields import typed_text
from assessments.kinds.item import Form, Response, ResponseError, View
from assessments.kinds.looking import (
    LookItem,
    LookKind,
    RecordedError,
    advise_recorded,
    lines_of,
    note_recorded,
    recorded_of,
)
from assessments.kinds.mapping import MapView, map_view
from core.i18n import N_
from exercises.meaning import Places

MOST_TEXTS = 30
MOST_OWN_TEXTS = 5
MOST_LETTERS = 200


@dataclass(frozen=True)
class Search:
    """A question and the texts by their numbers, the nearest first."""

    question: str
    ranks: tuple[int, ...]


@dataclass(frozen=True)
class Recorded:
    """What a model made of the texts: places on the map, the nearest of each, and answers to some questions."""

    model: str
    places: Places
    nearest: tuple[tuple[int, ...], ...]
    searches: tuple[Search, ...]


@dataclass(frozen=True, kw_only=True)
class EmbeddingsItem(LookItem):
    """Texts of the author, and how many learners may add."""

    texts: tuple[str, ...]
    recorded: Recorded | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A question with the texts, the nearest first."""

    question: str
    texts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class EmbeddingsView(View):
    """The view on a page."""

    texts: tuple[str, ...]
    own: int
    model: str
    map: MapView | None
    searches: tuple[Found, ...]


class Embeddings(LookKind[EmbeddingsItem]):
    """A map of meanings."""

    name = "embeddings"
    title = N_("Closeness of words")
    sample = {
        "de": (
            "Welche Texte liegen nahe beieinander?\n"
            "```texts\n"
            "Wie lange darf ich ein Buch behalten?\n"
            "Die Leihfrist beträgt vier Wochen.\n"
            "Der Hund schläft im Garten.\n"
            "```\n"
            "! Was man sich merken sollte."
        ),
        "en": (
            "Which texts are close to each other?\n"
            "```texts\n"
            "How long may I keep a book?\n"
            "Loans last four weeks.\n"
            "The dog sleeps in the garden.\n"
            "```\n"
            "! What to remember."
        ),
    }
    attributes = ("own",)
    fences = frozenset({"texts", "recorded"})

    def build(self, source: Source, common: dict[str, Any]) -> EmbeddingsItem | None:
        """One text a line in the fence `texts`."""
        texts = lines_of(source, "texts", 3, MOST_TEXTS, MOST_LETTERS)
        data, recorded = recorded_of(source), None
        if data is not None:
            try:
                recorded = read_map(data, len(texts))
            except RecordedError as error:
                note_recorded(source, error)
        return EmbeddingsItem(**common, own=whole(source, "own", 3, 0, MOST_OWN_TEXTS), texts=texts, recorded=recorded)

    def structure(self, item: EmbeddingsItem) -> Any:
        """Texts differ between languages."""
        return [item.own, len(item.texts), item.recorded is not None]

    def read(self, item: EmbeddingsItem, form: Form) -> Response:
        """Texts of the learner's own, one a line, and a question to search for; at least one of both."""
        if not item.own:
            raise ResponseError(N_("No texts of your own are taken here."))
        question = "".join(form.get("question", ("",))[:1]).strip()
        typed = "".join(form.get("texts", ("",))[:1]).strip()
        if not question and not typed:
            raise ResponseError(N_("Please write a text or a question first."))
        texts = [line.strip() for line in typed_text(form, "texts", MOST_OWN_TEXTS * (MOST_LETTERS + 2)).split("\n") if line.strip()] if typed else []
        question = typed_text(form, "question", MOST_LETTERS) if question else ""
        if len(texts) > item.own or any(len(text) > MOST_LETTERS for text in texts):
            raise ResponseError(N_("At most %(most)s texts, each of at most %(letters)s characters."), most=item.own, letters=MOST_LETTERS)
        return {"texts": texts, "question": question}

    def show(
        self, item: EmbeddingsItem, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool
    ) -> EmbeddingsView:
        """The recorded map is no key."""
        recorded = item.recorded
        searches = recorded.searches if recorded else ()
        return EmbeddingsView(
            **self.seen(item, marked=False, solution=False), texts=item.texts, own=item.own, model=recorded.model if recorded else "",
            map=map_view(item.texts, recorded.places, recorded.nearest) if recorded else None,
            searches=tuple(found(search.question, item.texts, search.ranks) for search in searches),
        )

    def advise(self, item: EmbeddingsItem, source: Source) -> None:
        """A recorded map for when there is no model."""
        advise_recorded([item.recorded] if item.recorded else [], source)


def found(question: str, texts: Sequence[str], ranks: Sequence[int]) -> Found:
    """A search for a page."""
    return Found(question=question, texts=tuple(texts[at] for at in ranks))


def read_map(data: Any, count: int) -> Recorded:
    """`{"model": …, "places": [[x, y], …], "nearest": [[2, 1], …], "searches": [{"question": …, "ranks": […]}]}`.

    Texts are numbered from 0. Raises RecordedError.
    """
    shape = RecordedError(N_("Recorded are a “model”, for each text its “places” between -1 and 1 and the numbers of its “nearest”, and “searches”."))
    try:
        places = tuple((float(x), float(y)) for x, y in data["places"])
        nearest = tuple(tuple(_number(at, count) for at in row) for row in data["nearest"])
        searches = tuple(
            Search(str(entry["question"])[:MOST_LETTERS], tuple(_number(at, count) for at in entry["ranks"])) for entry in data.get("searches", ())
        )
        model = str(data["model"])[:100]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise shape from error
    if len(places) != count or len(nearest) != count or not all(-1 <= x <= 1 and -1 <= y <= 1 for x, y in places):
        raise shape
    return Recorded(model, places, nearest, searches)


def _number(at: Any, count: int) -> int:
    if isinstance(at, bool) or not isinstance(at, int) or not 0 <= at < count:
        raise ValueError("number")
    return at


KIND = Embeddings()
