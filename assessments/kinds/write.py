"""`write`: the learner writes a text, and machine checks look at it. No model takes part."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assessments import grading
from assessments.grading import Part, Verdict
from assessments.kinds.attributes import whole
from assessments.kinds.base import Kind, Source
from assessments.kinds.fields import typed_text
from assessments.kinds.item import Form, Item, Response, ResponseError, View
from assessments.kinds.source import Fence
from core.i18n import N_
from exercises.answers import CheckResult
from exercises.checks import check_ask
from exercises.prompt import Ask, words
from exercises.reading import ChecksError, read_checks
from exercises.remains import REMAINS, names_in
from gateway.personal import personal_data

MOST_LETTERS = 8000
MOST_GIVEN = 6000
MOST_NAMES = 50
PERSONAL = "personal"
CLEAN = (PERSONAL, *REMAINS)


@dataclass(frozen=True, kw_only=True)
class WriteItem(Item):
    """What is given, and what the learner's text is checked for. `names` must not be in it."""

    given: str
    start: str
    ask: Ask
    clean: tuple[str, ...]
    names: tuple[str, ...]
    max_words: int


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteView(View):
    """The exercise on a page. Nothing of the checks is in it before an answer."""

    given: str
    value: str
    max_words: int
    words: int
    checks: tuple[Mapping[str, Any], ...] = ()


class Write(Kind[WriteItem]):
    """A text under machine checks."""

    name = "write"
    title = N_("Writing with a model")
    sample = {
        "de": (
            "Schreiben Sie die Anfrage so um, dass niemand mehr zu erkennen ist.\n"
            "```given\n"
            "Frau Muster (Matrikelnummer 4711083) bittet um einen neuen Termin.\n"
            "```\n"
            "```names\n"
            "Muster\n"
            "```\n"
            "```checks\n"
            "- must_contain: Termin\n"
            "  label: Die Bitte ist noch da\n"
            "- min_words: 5\n"
            "```\n"
            "! Was man sich merken sollte."
        ),
        "en": (
            "Rewrite the request so that nobody can be recognised.\n"
            "```given\n"
            "Ms Sample (matriculation number 4711083) asks for another date.\n"
            "```\n"
            "```names\n"
            "Sample\n"
            "```\n"
            "```checks\n"
            "- must_contain: date\n"
            "  label: The request is still there\n"
            "- min_words: 5\n"
            "```\n"
            "! What to remember."
        ),
    }
    attributes = ("clean", "max_words")
    fences = frozenset({"given", "start", "names", "checks"})

    def build(self, source: Source, common: dict[str, Any]) -> WriteItem | None:
        """Checks from the fence, from `clean`, and from the names."""
        names = tuple(line.strip() for line in _only(source, "names").split("\n") if line.strip())
        item = WriteItem(
            **common, given=_only(source, "given"), start=_only(source, "start"), ask=_ask(source), clean=_clean(source), names=names,
            max_words=whole(source, "max_words", 400, 5, 1500),
        )
        if len(names) > MOST_NAMES or any(len(name) > 100 for name in names):
            source.error("names", N_("More than %(most)s names, or one of more than 100 characters."), N_("Shorten the list."), most=MOST_NAMES)
        if len(item.given) > MOST_GIVEN or len(item.start) > MOST_GIVEN:
            source.error("given-size", N_("The given text is longer than %(most)s characters."), N_("Shorten it."), most=MOST_GIVEN)
        if not (item.ask.checks or item.clean or item.names):
            source.error("no-checks", N_("Nothing is checked."), N_("Add a fence “checks” or “names”, or the attribute “clean”."))
        return item

    def structure(self, item: WriteItem) -> Any:
        """Which checks there are; what they look for differs between languages."""
        return [[check.name for check in item.ask.checks], item.clean, bool(item.names), bool(item.given), item.max_words]

    def read(self, item: WriteItem, form: Form) -> Response:
        """The text. Raises ResponseError when it is the start as it was given."""
        text = typed_text(form, "text", MOST_LETTERS).replace("\r\n", "\n")
        if text == item.start.strip():
            raise ResponseError(N_("This is still the text that was given. Please change it first."))
        if words(text) > item.max_words:
            raise ResponseError(N_("Your text is too long: at most %(most)s words."), most=item.max_words)
        return {"text": text}

    def grade(self, item: WriteItem, response: Response) -> Verdict:
        """Each check counts the same."""
        results = check_text(item, response["text"])
        oks = [result.ok for result in results]
        mark = "right" if all(oks) else "partly" if any(oks) else "wrong"
        part = Part("text", mark, checks=tuple(result.as_dict() for result in results))
        return grading.verdict(grading.share_of_parts(oks), item.points, (part,), scoring=item.scoring)

    def show(
        self, item: WriteItem, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool
    ) -> WriteView:
        """The text as it was handed in, with what each check found."""
        value = response["text"] if response else item.start
        return WriteView(
            **self.seen(item, marked=verdict is not None, solution=solution), given=item.given, value=value, max_words=item.max_words,
            words=words(value) if response else 0, checks=verdict.parts[0].checks if verdict else (),
        )

    def advise(self, item: WriteItem, source: Source) -> None:
        """An empty promise of safety: a text that says nothing is clean."""
        if (item.clean or item.names) and not any(check.name in ("must_contain", "must_match", "min_words") for check in item.ask.checks):
            source.warning("meaning-lost", N_("A text that says nothing passes: nothing checks that its meaning is kept."),
                           N_("Add “must_contain”, “must_match” or “min_words” to the checks."))


def check_text(item: WriteItem, text: str) -> tuple[CheckResult, ...]:
    """What remains of persons in it, then the author's checks."""
    results = [_personal(text) if name == PERSONAL else REMAINS[name](text) for name in item.clean]
    if item.names:
        results.append(names_in(text, item.names))
    return (*results, *check_ask(item.ask, [text], ()))


def _personal(text: str) -> CheckResult:
    found = personal_data(text)
    return CheckResult(
        not found, N_("No e-mail address, phone number, account, matriculation number or date of birth"),
        N_("%(count)s kinds of personal data are still in it."), {"count": len(found)},
    )


def _fences(source: Source, name: str) -> list[Fence]:
    return [fence for fence in source.body.fences if fence.name == name]


def _only(source: Source, name: str) -> str:
    found = _fences(source, name)
    if len(found) > 1:
        source.error("fence-double", N_("There are several “%(name)s” fences."), N_("Put them into one."), found[1].line, name=name)
    return found[0].text.strip("\n") if found else ""


def _clean(source: Source) -> tuple[str, ...]:
    given = tuple(part.strip() for part in source.block.attributes.get("clean", "").split(",") if part.strip())
    for name in given:
        if name not in CLEAN:
            source.error("attribute-value", N_("“%(name)s” cannot be “%(value)s”."), N_("Allowed are: %(known)s."),
                         name="clean", value=name[:60], known=", ".join(CLEAN))
    return tuple(name for name in CLEAN if name in given)


_IN_TEXT = re.compile(r"^(?:ask|judge|quote_from|distinct)$")


def _ask(source: Source) -> Ask:
    """The author's checks. Those that need a model or a source have nothing to look at here."""
    text = _only(source, "checks")
    if not text.strip():
        return Ask("")
    line = _fences(source, "checks")[0].line
    try:
        checks = read_checks(text, ())
    except ChecksError as error:
        for fault in error.faults:
            source.error(fault.rule, fault.message, fault.mend, line + fault.line, **fault.values)
        return Ask("")
    asks = checks.asks or (Ask(""),)
    unfit = checks.judges or len(asks) > 1 or asks[0].text or any(_IN_TEXT.match(check.name) for check in asks[0].checks)
    if unfit:
        source.error("checks-model", N_("“ask”, “judge”, “quote_from” and “distinct” are for exercises with a model."), N_("Leave them out here."), line)
    return Ask("", asks[0].checks)


KIND = Write()
