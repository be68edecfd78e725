"""From what other systems allow to what questions here are: weights, the right option, ids."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from assessments.kinds.answers import MOST_LETTERS, Answer
from core.i18n import N_
from exchange.model import TEXT, Choice, Criterion, Entry, Item, UnreadableError, Words

_TRUE_FALSE = {"de": ("Wahr", "Falsch"), "en": ("True", "False")}
_WHOLE = {"de": "Der Text als Ganzes", "en": "The text as a whole"}
_CLOSE = 1e-3
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_LETTERS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}


def one_right(choices: Sequence[Choice], entry: Entry) -> tuple[Choice, ...]:
    """Options of which exactly one is right; others may earn a part. Raises UnreadableError."""
    weights = [choice.weight or 0.0 for choice in choices]
    best = max(range(len(choices)), key=weights.__getitem__, default=-1)
    if best < 0 or weights[best] <= 0:
        raise UnreadableError(N_("No answer is right."))
    if weights[best] < 1 - _CLOSE:
        entry.change(N_("The best answer did not earn all points; now it does."))
    if any(weight < 0 for weight in weights):
        entry.change(N_("Negative weights of a single choice count as 0."))
    return _different(
        (replace(choice, right=at == best, weight=min(weights[at], 1.0) if at != best and weights[at] > 0 else None)
         for at, choice in enumerate(choices)), entry,
    )


def several_right(choices: Sequence[Choice], entry: Entry) -> tuple[Choice, ...]:
    """Options of which several may be right, with weights where they are not the usual ones. Raises UnreadableError."""
    weights = [choice.weight or 0.0 for choice in choices]
    right = [weight for weight in weights if weight > 0]
    if not right:
        raise UnreadableError(N_("No answer is right."))
    if abs(sum(right) - 1) > _CLOSE:
        entry.change(N_("The weights of the right answers did not make 100 percent; they were scaled."))
    share = [weight / sum(right) if weight > 0 else max(weight, -1.0) for weight in weights]
    usual = 1 / len(right)
    is_usual = all(abs(weight - (usual if weight > 0 else -usual)) < _CLOSE for weight in share)
    return _different(
        (replace(choice, right=weight > 0, weight=None if is_usual else weight) for choice, weight in zip(choices, share, strict=True)), entry,
    )


def _different(choices: Iterable[Choice], entry: Entry) -> tuple[Choice, ...]:
    """Without an option that stands there twice or has no text."""
    kept: dict[str, Choice] = {}
    for choice in choices:
        text = " ".join(choice.text.split())
        if not text or text in kept:
            if choice.right:
                raise UnreadableError(N_("The right answer is empty or stands there twice."))
            entry.change(N_("An answer that was empty or stood there twice was left out."))
        else:
            kept[text] = choice
    if len(kept) < 2:
        raise UnreadableError(N_("There are fewer than two answers to choose from."))
    return tuple(kept.values())


def true_false(is_true: bool, language: str, feedback: dict[bool, str] | None = None) -> tuple[Choice, ...]:
    """The two options of a true-or-false question."""
    said = feedback or {}
    return tuple(Choice(word, value is is_true, None, said.get(value, "")) for word, value in zip(_TRUE_FALSE[language], (True, False), strict=True))


def is_true_false(item: Item) -> bool:
    """Whether a single choice is one between true and false."""
    return item.kind == "single" and tuple(choice.text for choice in item.choices) in _TRUE_FALSE.values()


def wildcard(text: str) -> Answer:
    """An accepted answer in which `*` stands for anything, as Moodle writes it."""
    pieces = re.split(r"(?<!\\)\*", text)
    pieces = [piece.replace("\\*", "*") for piece in pieces]
    if len(pieces) == 1:
        return Answer(pieces[0].strip())
    return Answer(".*".join(re.escape(piece).replace("/", r"\/").replace(r"\ ", " ") for piece in pieces), is_pattern=True)


def as_wildcard(answer: Answer) -> str | None:
    """The reverse of wildcard(); None for a pattern that says more than `*` can."""
    if not answer.is_pattern:
        return answer.text.replace("*", "\\*")
    pieces = []
    for piece in answer.text.split(".*"):
        if re.search(r"(?<!\\)(?:\\\\)*[.*+?()\[\]{}|^$]|\\[A-Za-z0-9]", piece):
            return None
        pieces.append(re.sub(r"\\(.)", r"\1", piece).replace("*", "\\*"))
    return "*".join(pieces)


def literal(answer: Answer) -> str | None:
    """The only text that an answer accepts; None when it accepts several."""
    text = as_wildcard(answer)
    return None if text is None or re.search(r"(?<!\\)\*", text) else text.replace("\\*", "*")


def accepted(words: Sequence[Words], entry: Entry) -> tuple[Words, ...]:
    """Accepted answers of which the best earns all points. Raises UnreadableError."""
    best = max((line.weight for line in words), default=0)
    if best <= 0:
        raise UnreadableError(N_("No answer is right."))
    if best < 1 - _CLOSE:
        entry.change(N_("The best answer did not earn all points; now it does."))
    if any(len(answer.text) > MOST_LETTERS for line in words for answer in line.answers):
        entry.change(N_("Answers of more than %(most)s characters were left out."), most=MOST_LETTERS)
    kept = (replace(line, answers=tuple(answer for answer in line.answers if 0 < len(answer.text) <= MOST_LETTERS),
                    weight=1.0 if line.weight == best else max(0.0, line.weight)) for line in words)
    found = _merged([line for line in kept if line.answers])
    if not any(line.weight == 1 for line in found):
        raise UnreadableError(N_("No answer is right."))
    return found


def _merged(lines: Sequence[Words]) -> tuple[Words, ...]:
    """Neighbours that earn and say the same are one line."""
    done: list[Words] = []
    for line in lines:
        if done and (done[-1].weight, done[-1].feedback) == (line.weight, line.feedback):
            done[-1] = replace(line, answers=(*done[-1].answers, *line.answers))
        else:
            done.append(line)
    return tuple(done)


def decimal_of(text: str) -> Decimal | None:
    """A number with a point or a comma; None when it is none."""
    text = text.strip().replace(",", ".")
    return Decimal(text) if re.fullmatch(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?", text, re.ASCII) else None


def rubric_of(guide: str, points: float, language: str) -> tuple[Criterion, ...]:
    """What graders should look for: paragraphs that begin with their points like “[2] …”, with what follows as guidance; else one whole."""
    found: list[Criterion] = []
    for part in filter(None, guide.split("\n\n")):
        line = re.fullmatch(r"\[(\d{1,4}(?:\.\d{1,2})?)\]\s+(.+)", part, re.DOTALL)
        if line:
            found.append(Criterion(float(line[1]), " ".join(line[2].split())))
        elif found:
            found[-1] = replace(found[-1], guidance="\n\n".join(filter(None, (found[-1].guidance, part))))
        else:
            return (Criterion(points, _WHOLE[language], guide.strip()),)
    return tuple(found)


def marked_by(item: Item, rubric: tuple[Criterion, ...], entry: Entry) -> Item:
    """The essay with its rubric, whose lines make the points."""
    whole = sum(criterion.points for criterion in rubric)
    if rubric and abs(whole - item.points) > _CLOSE:
        entry.change(N_("The lines of the rubric make the points now."))
    return replace(item, kind="essay", rubric=rubric, points=whole if rubric else item.points)


# --- Ids --------------------------------------------------------------------------------------------------------------

def slug(text: str, most: int = 40) -> str:
    """A text as a part of an id: small letters, digits and `-`."""
    text = "".join(_LETTERS.get(letter, letter) for letter in text.lower())
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", text)[:most].strip("-")


def identified(items: Iterable[Item], report: Iterable[Entry], taken: Iterable[str] = ()) -> tuple[Item, ...]:
    """The items with ids that can stand in a course (see with_ids), which the report on them names, too."""
    named = with_ids(items, taken)
    for entry, item in zip((entry for entry in report if not entry.dropped), named, strict=True):
        entry.id = item.id if item.kind != TEXT else ""
    return named


def with_ids(items: Iterable[Item], taken: Iterable[str] = ()) -> tuple[Item, ...]:
    """The items with ids that can stand in a course, each once: their own where possible, else made of their titles."""
    seen = {id_.lower() for id_ in taken}
    done = []
    for number, item in enumerate(items, 1):
        wanted = item.id if _ID.fullmatch(item.id) else slug(item.id or item.title) or f"q{number}"
        base = wanted if wanted[:1].isalpha() else f"q-{wanted}"
        id_, count = base, 2
        while id_.lower() in seen:
            id_, count = f"{base[:58]}-{count}", count + 1
        seen.add(id_.lower())
        done.append(replace(item, id=id_))
    return tuple(done)
