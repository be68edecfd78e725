"""Checks that look at what the learner wrote beside the model's answer: their key, their source, their secret, their prompt."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.i18n import N_
from exercises import patterns
from exercises.answers import Answers, CheckResult
from exercises.arms import folded
from exercises.fields import is_link, says
from exercises.secrets import reveals as gives_away

FIELD_CHECKS = frozenset({"missed", "given", "link"})


def missed(wants: str, answers: Answers) -> CheckResult:
    """No answer says what the learner wrote as the key."""
    key = answers.fields.get(wants, "")
    ok = bool(key) and not any(says(text, key) for text in answers.texts)
    return CheckResult(ok, N_("The model does not give your answer"), N_("The model knows it: %(key)s"), {"key": key[:120]})


def given(wants: str, answers: Answers) -> CheckResult:
    """Every answer says what the learner wrote in a field."""
    key = answers.fields.get(wants, "")
    ok = bool(key) and all(says(text, key) for text in answers.texts)
    return CheckResult(ok, N_("The model gives your answer"), N_("Not in the answer: %(missing)s"), {"missing": key[:120]})


def link(wants: str, answers: Answers) -> CheckResult:
    """The learner gave a web address as the source."""
    return CheckResult(is_link(answers.fields.get(wants, "")), N_("A source is given"), N_("There is no link to a source."))


def reveals(wants: Sequence[str], answers: Answers) -> CheckResult:
    """Some answer gives the secret away, also spelled out, backwards or simply encoded."""
    ok = any(gives_away(text, answers.secret) for text in answers.texts)
    return CheckResult(ok, N_("The model gave its secret away"), N_("The secret is not in the answer."))


def keeps(wants: Sequence[str], answers: Answers) -> CheckResult:
    """No answer gives the secret away."""
    ok = not any(gives_away(text, answers.secret) for text in answers.texts)
    return CheckResult(ok, N_("The model kept its secret"), N_("The model gave its secret away."))


def prompt_must_contain(wants: Sequence[str], answers: Answers) -> CheckResult:
    """The learner's prompt contains all the texts."""
    missing = [text for text in wants if folded(text) not in folded(answers.prompt)]
    values = {"text": " · ".join(wants), "missing": " · ".join(missing)}
    return CheckResult(not missing, N_("Your prompt contains: %(text)s"), N_("Not in your prompt: %(missing)s"), values)


def prompt_must_match(wants: Sequence[str], answers: Answers) -> CheckResult:
    """The learner's prompt fits each pattern somewhere."""
    ok = all(patterns.search(pattern, answers.prompt) is not None for pattern in wants)
    return CheckResult(ok, N_("Your prompt says what the exercise asks for"), N_("Your prompt does not say it in any expected way."))


def prompt_must_not_match(wants: Sequence[str], answers: Answers) -> CheckResult:
    """The learner's prompt fits none of the patterns; what does is quoted."""
    found = next((hit for pattern in wants if (hit := patterns.search(pattern, answers.prompt)) is not None), None)
    return CheckResult(
        found is None, N_("Your prompt does not say what it must not"), N_("Your prompt says: “%(found)s”"), {"found": (found or "")[:80]},
    )


CHECKS: Mapping[str, Callable[[Any, Answers], CheckResult]] = {
    "missed": missed,
    "given": given,
    "link": link,
    "reveals": reveals,
    "keeps": keeps,
    "prompt_must_contain": prompt_must_contain,
    "prompt_must_match": prompt_must_match,
    "prompt_must_not_match": prompt_must_not_match,
}
