"""What an answer earns by the rules of QTI 1.2: conditions and variables, run on answers that one could give.

Every exporter (Canvas, ILIAS, Blackboard, OpenOlat …) writes its rules in another way; running them says what is right without
knowing whose they are.
"""

from collections.abc import Iterator, Mapping, Sequence

from exchange.xmltext import Element, child, children, descendants, local, number

Answers = Mapping[str, Sequence[str]]
_DEEPEST = 20


class Scoring:
    """The rules of one item."""

    def __init__(self, item: Element) -> None:
        processing = child(item, "resprocessing")
        self._conditions = [] if processing is None else children(processing, "respcondition")
        self._typed = frozenset(part.get("ident", "") for part in descendants(item, "response_str", "response_num"))
        self._outcomes = {} if processing is None else {variable.get("varname", "SCORE"): variable for variable in descendants(processing, "decvar")}

    def score(self, answers: Answers) -> float:
        """What answers earn, in the points of the rules."""
        totals = {name: number(variable.get("defaultval"), 0) for name, variable in self._outcomes.items()}
        met = False
        for condition in self._conditions:
            tested = child(condition, "conditionvar")
            if (_is_other(tested) and met) or not self._met(tested, answers):
                continue
            met = met or not _is_other(tested)
            settings = children(condition, "setvar")
            for setting in settings:
                name = setting.get("varname", "SCORE")
                totals[name] = _set(totals.get(name, 0.0), setting)
            if settings and condition.get("continue", "No").lower() != "yes":  # Canvas lets conditions that only say something end nothing.
                break
        return sum(totals.values())

    def _met(self, condition: Element | None, answers: Answers) -> bool:
        """Whether a condition is met. Words that may be typed stand beside each other as alternatives (Canvas)."""
        if condition is not None and len(condition) > 1:
            named = {part.get("respident", "") for part in condition}
            if len(named) == 1 and named <= self._typed and all(local(part) == "varequal" for part in condition):
                return any(_holds(part, answers) for part in condition)
        return _holds(condition, answers)

    def most(self) -> float:
        """What the variables say they can reach."""
        return max((number(variable.get("maxvalue"), 0) for variable in self._outcomes.values()), default=0.0)

    def named(self, ident: str) -> list[str]:
        """Every answer to a response that some rule names as such."""
        found = [_text(test) for condition in self._conditions for test in descendants(condition, "varequal", "varsubset")
                 if test.get("respident") == ident]
        return list(dict.fromkeys(found))

    def wanted(self, ident: str) -> list[str]:
        """Answers that a rule with points wants together: those that it names and does not negate."""
        best: list[str] = []
        gain = 0.0
        for condition in self._conditions:
            earned = sum(number(setting.text, 0) for setting in children(condition, "setvar"))
            if earned > gain:
                gain = earned
                best = [_text(test) for test in descendants(condition, "varequal") if test.get("respident") == ident and not _negated(test)]
        return list(dict.fromkeys(best))

    def spans(self, ident: str) -> list[tuple[str, str]]:
        """Pairs of ends between which a number is right."""
        found = []
        for condition in self._conditions:
            if sum(number(setting.text, 0) for setting in children(condition, "setvar")) <= 0:
                continue
            low = next((_text(test) for test in descendants(condition, "vargte", "vargt") if test.get("respident") == ident), None)
            high = next((_text(test) for test in descendants(condition, "varlte", "varlt") if test.get("respident") == ident), None)
            if low is not None and high is not None:
                found.append((low, high))
        return found

    def feedback_of(self, ident: str, answer: str) -> list[str]:
        """Which feedback a rule gives for one answer alone."""
        return [link for test, link in self._said_alone(ident) if _text(test) == answer and not _negated(test)]

    def feedback_at(self, ident: str) -> list[str]:
        """Which feedback a rule gives for one response alone, be it right or wrong."""
        return [link for _, link in self._said_alone(ident)]

    def _said_alone(self, ident: str) -> Iterator[tuple[Element, str]]:
        for condition in self._conditions:
            tests = list(descendants(condition, "varequal"))
            if len(tests) == 1 and tests[0].get("respident") == ident:
                yield from ((tests[0], shown.get("linkrefid", "")) for shown in children(condition, "displayfeedback")
                            if shown.get("feedbacktype", "").lower() not in ("solution", "hint"))

    def said_true(self, ident: str, label: str) -> bool | None:
        """Whether a statement is true, where each statement of a response is to be called true or false (KPRIM): as OpenOlat or as ILIAS writes it."""
        for condition in self._conditions:
            gains = sum(number(setting.text, 0) for setting in children(condition, "setvar")) > 0
            for test in descendants(condition, "varequal"):
                if gains and not _negated(test) and test.get("respident") == ident and _text(test) in (f"{label}:correct", f"{label}:wrong"):
                    return _text(test).endswith(":correct")
                if gains and not _negated(test) and test.get("respident") == label and _text(test) in ("0", "1"):
                    return _text(test) == "1"
        return None


def _is_other(tested: Element | None) -> bool:
    """Whether it holds where none of the conditions before it was met."""
    return tested is not None and len(tested) == 1 and local(tested[0]) == "other"


def _text(test: Element) -> str:
    return (test.text or "").strip()


def _negated(test: Element) -> bool:
    return any(local(parent) == "not" for parent in test.iterancestors())


def _set(total: float, setting: Element) -> float:
    value = number(setting.text, 0)
    action = setting.get("action", "Set").lower()
    if action == "add":
        return total + value
    if action == "subtract":
        return total - value
    if action == "multiply":
        return total * value
    return total / value if action == "divide" and value else value


def _holds(test: Element | None, answers: Answers, depth: int = 0) -> bool:
    """Whether a condition is met; several beside each other must all be."""
    if test is None or depth > _DEEPEST:
        return False
    name = local(test)
    if name in ("conditionvar", "and"):
        return all(_holds(part, answers, depth + 1) for part in test) and (len(test) > 0 or name == "and")
    if name == "or":
        return any(_holds(part, answers, depth + 1) for part in test)
    if name == "not":
        return not any(_holds(part, answers, depth + 1) for part in test)
    if name == "other":
        return True
    return _compares(name, test, answers.get(test.get("respident", ""), ()))


def _compares(name: str, test: Element, given: Sequence[str]) -> bool:
    wanted = _text(test)
    if name == "varequal":
        folded = test.get("case", "No").lower() != "yes"
        return any((one.casefold() == wanted.casefold()) if folded else one == wanted for one in given)
    if name == "varsubset":
        return set(wanted.split(",")) <= set(given) if given else False
    if name == "unanswered":
        return not given
    try:
        numbers, bar = [float(one) for one in given], float(wanted)
    except ValueError:
        return False
    tests = {"vargte": lambda n: n >= bar, "vargt": lambda n: n > bar, "varlte": lambda n: n <= bar, "varlt": lambda n: n < bar}
    return name in tests and any(tests[name](one) for one in numbers)
