"""`tokenizer`: how texts fall into tokens in several vocabularies."""

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
    note_recorded,
    recorded_of,
    visible,
)
from core.i18n import N_
from exercises.prompt import words

MOST_SAMPLES = 6
MOST_LETTERS = 1500
SHADES = 4                             # colours that follow each other: neighbours always differ


@dataclass(frozen=True)
class Sample:
    """A text with the author's name for it, e.g. its language."""

    label: str
    text: str


@dataclass(frozen=True)
class Vocabulary:
    """A model's name and, for each sample, its pieces with their ids."""

    name: str
    samples: tuple[tuple[tuple[str, int], ...], ...]


@dataclass(frozen=True, kw_only=True)
class TokenizerItem(LookItem):
    """Texts to take apart, and how vocabularies did when it was recorded."""

    samples: tuple[Sample, ...]
    recorded: tuple[Vocabulary, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """A piece on a page."""

    seen: str
    id: int
    shade: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    """A text in one vocabulary. `per_word` is how many tokens a word takes on average."""

    name: str
    tokens: tuple[Token, ...]
    per_word: float


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleView:
    """A text and how each vocabulary splits it; the fullest one sets the length of the bars."""

    label: str
    text: str
    splits: tuple[Split, ...]

    @property
    def most(self) -> int:
        """Tokens in the vocabulary that needs the most."""
        return max((len(split.tokens) for split in self.splits), default=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenizerView(View):
    """The view on a page."""

    samples: tuple[Sample, ...]
    own: int
    recorded: tuple[SampleView, ...]


class Tokenizer(LookKind[TokenizerItem]):
    """Texts as pieces of a vocabulary."""

    name = "tokenizer"
    title = N_("Tokens of a text")
    sample = {
        "de": (
            "Welche Sprache braucht mehr Stücke?\n"
            "```sample Deutsch\n"
            "Tokens sind Stücke von Wörtern.\n"
            "```\n"
            "```sample Englisch\n"
            "Tokens are pieces of words.\n"
            "```\n"
            "! Was man sich merken sollte."
        ),
        "en": (
            "Which language needs more pieces?\n"
            "```sample English\n"
            "Tokens are pieces of words.\n"
            "```\n"
            "```sample German\n"
            "Tokens sind Stücke von Wörtern.\n"
            "```\n"
            "! What to remember."
        ),
    }
    attributes = ("own",)
    fences = frozenset({"sample", "recorded"})

    def build(self, source: Source, common: dict[str, Any]) -> TokenizerItem | None:
        """Each fence `sample` is a text; behind the word stands its name."""
        samples = tuple(Sample(fence.argument[:60], fence.text.strip("\n")) for fence in source.body.fences if fence.name == "sample")
        if not 1 <= len(samples) <= MOST_SAMPLES or any(not 0 < len(sample.text) <= MOST_LETTERS for sample in samples):
            source.error("samples", N_("There must be 1 to %(most)s “sample” fences, each with a text of at most %(letters)s characters."),
                         N_("Write “sample English” and the text below."), most=MOST_SAMPLES, letters=MOST_LETTERS)
            return None
        data = recorded_of(source)
        recorded: tuple[Vocabulary, ...] = ()
        if data is not None:
            try:
                recorded = read_vocabularies(data, len(samples))
            except RecordedError as error:
                note_recorded(source, error)
        return TokenizerItem(**common, own=whole(source, "own", 300, 0, MOST_LETTERS), samples=samples, recorded=recorded)

    def structure(self, item: TokenizerItem) -> Any:
        """Texts differ between languages."""
        return [item.own, len(item.samples), bool(item.recorded)]

    def read(self, item: TokenizerItem, form: Form) -> Response:
        """A text of the learner's own."""
        if not item.own:
            raise ResponseError(N_("No texts of your own are taken here."))
        return {"text": typed_text(form, "text", item.own)}

    def show(
        self, item: TokenizerItem, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool
    ) -> TokenizerView:
        """Recorded pieces are no key."""
        recorded = tuple(
            sample_view(sample, [(vocabulary.name, vocabulary.samples[at]) for vocabulary in item.recorded])
            for at, sample in enumerate(item.samples)
        )
        return TokenizerView(
            **self.seen(item, marked=False, solution=False), samples=item.samples, own=item.own, recorded=recorded if item.recorded else (),
        )

    def advise(self, item: TokenizerItem, source: Source) -> None:
        """Recorded pieces for when there is no model."""
        advise_recorded(item.recorded, source)


def sample_view(sample: Sample, splits: list[tuple[str, tuple[tuple[str, int], ...]]]) -> SampleView:
    """A text for a page, by the name of each vocabulary and its pieces."""
    count = max(1, words(sample.text))
    return SampleView(label=sample.label, text=sample.text, splits=tuple(
        Split(name=name, per_word=len(pieces) / count,
              tokens=tuple(Token(seen=visible(text), id=number, shade=at % SHADES) for at, (text, number) in enumerate(pieces)))
        for name, pieces in splits
    ))


def read_vocabularies(data: Any, samples: int) -> tuple[Vocabulary, ...]:
    """`{"vocabularies": [{"name": …, "samples": [[["Hal", 12], …], …]}]}`, as many samples as fences. Raises RecordedError."""
    shape = RecordedError(N_("Recorded are “vocabularies”, each with a “name” and for each sample a list of pairs of piece and id."))
    try:
        found = tuple(
            Vocabulary(str(entry["name"])[:100], tuple(tuple((str(text), int(number)) for text, number in sample) for sample in entry["samples"]))
            for entry in data["vocabularies"][:6]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise shape from error
    if not found or any(len(vocabulary.samples) != samples for vocabulary in found):
        raise shape
    return found


KIND = Tokenizer()
