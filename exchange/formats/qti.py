"""QTI 2.1, 2.2 and 3.0, read: one item a document."""

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from assessments.kinds.answers import Answer
from core.i18n import N_
from exchange.collecting import Collected
from exchange.formats.qti_names import attribute, first, name_of, parts, within
from exchange.html import Find, Writer
from exchange.model import GAP, TEXT, Choice, Entry, Gap, Item, Number, Pair, Reading, Row, UnreadableError, Words, gap
from exchange.normal import accepted, decimal_of, marked_by, one_right, rubric_of, several_right
from exchange.xmltext import Element, Part, Parts, faulty, number, whole_text

NAME = "qti"
_INLINE = frozenset({"textEntryInteraction", "inlineChoiceInteraction"})
_BLOCK = frozenset({"choiceInteraction", "orderInteraction", "matchInteraction", "extendedTextInteraction", "gapMatchInteraction", "hottextInteraction"})
_SILENT = frozenset({"modalFeedback", "feedbackBlock", "feedbackInline", "templateBlock", "templateInline", "rubricBlock", "stylesheet", "companionMaterialsInfo"})
_KEPT_ATTRIBUTES = ("src", "alt", "href", "colspan", "start", "encoding")


def looks_like(text: str) -> bool:
    """Whether a text may be an item of QTI 2 or 3."""
    return "<assessmentItem" in text[:20_000] or "<qti-assessment-item" in text[:20_000]


def read(content: bytes, path: str, language: str) -> Reading:
    """Read one item."""
    collected = Collected(NAME, path, language)
    read_into(collected, content, path, lambda _: None)
    return collected.done()


def read_into(collected: Collected, content: bytes, path: str, find: Find) -> None:
    """Read one item (or several in one document) of a package."""
    collected.each(_items(content, collected, path, find))


def _items(content: bytes, collected: Collected, path: str, find: Find) -> Iterator[tuple[str, str, int, Callable[[Entry], Item]]]:
    for part in Parts(content, collected, "assessmentItem", "qti-assessment-item"):
        if part.element is None:
            yield path, "item", part.line, faulty(part)
            continue
        one = _Question(part, collected, find)
        what = ", ".join(dict.fromkeys(name_of(part) for part in one.interactions)) or "item"
        yield attribute(part.element, "title") or path, what, part.line, faulty(part) if part.fault else one.read


@dataclass(frozen=True)
class _Declaration:
    """What a response should be."""

    base: str = ""
    correct: tuple[str, ...] = ()
    mapping: Mapping[str, float] = field(default_factory=dict)
    default: float = 0.0
    several: bool = False

    @property
    def most(self) -> float:
        """What the mapping can earn."""
        values = [value for value in self.mapping.values() if value > 0]
        return sum(values) if self.several else max(values, default=0.0)


class _Question:
    """One assessmentItem."""

    def __init__(self, part: Part, collected: Collected, find: Find) -> None:
        self.root: Element = part.element
        self.starts = part.line
        self.language = collected.language
        self.texts = Writer(collected.media, find)
        self.entry = Entry(0, "")
        self._told: dict[str, Element] = {}  # feedback that a rule gives, as long as nothing took it
        body = first(self.root, "itemBody")
        self.body: Element | None = body
        self.interactions: list[Element] = [] if body is None else _interactions(body)
        self.declarations = {attribute(part, "identifier"): _declaration(part) for part in parts(self.root, "responseDeclaration")}

    def read(self, entry: Entry) -> Item:
        """The item. Raises UnreadableError."""
        self.entry = entry
        if self.body is None:
            raise UnreadableError(N_("The question has no text."))
        if first(self.body, "printedVariable") is not None or first(self.root, "setCorrectResponse") is not None:
            raise UnreadableError(N_("Its values are drawn anew for each learner; that cannot be read."))
        for part in self.interactions:
            if name_of(part) not in _INLINE | _BLOCK:
                raise UnreadableError(N_("Questions of the type “%(type)s” have no counterpart here."), type=name_of(part))
        item = Item(kind="", id=attribute(self.root, "identifier"), title=attribute(self.root, "title"), line=self.starts,
                    points=self._points(), stem=self.stem(self.body), explanation=self._explanation(), hints=tuple(filter(None, map(self.markdown, self._shown_by("HINT")))))
        made = self._of_kind(item)
        self._note_losses()
        return made

    def _of_kind(self, item: Item) -> Item:
        blocks = [part for part in self.interactions if name_of(part) in _BLOCK]
        if not self.interactions:
            return replace(item, kind=TEXT)
        if not blocks:
            return _gaps(item, self)
        if len(self.interactions) > 1:
            raise UnreadableError(N_("It holds several questions in one; only one can be kept together with its text."))
        return _KINDS[name_of(blocks[0])](item, self, blocks[0])

    # --- Texts ----------------------------------------------------------------------------------------------------------

    def stem(self, element: Element) -> str:
        """The question's text, with places for gaps."""
        order = {id(part): at for at, part in enumerate(self.interactions, 1)}
        return self.texts.markdown(self._html(element, order), self.entry, gaps=True)

    def markdown(self, element: Element | None) -> str:
        """A text of paragraphs."""
        return "" if element is None else self.texts.markdown(self._html(element, {}), self.entry)

    def line(self, element: Element) -> str:
        """A text within a line."""
        return self.texts.line(self._html(element, {}), self.entry)

    def _html(self, element: Element, places: Mapping[int, int]) -> str:
        """What stands within an element as HTML: interactions are places or their prompt, feedback is left out."""
        done = [html.escape(element.text or "", quote=False)]
        for part in element:
            done += [self._part(part, places), html.escape(part.tail or "", quote=False)]
        return "".join(done)

    def _part(self, part: Element, places: Mapping[int, int]) -> str:
        name = name_of(part)
        if name in _INLINE:
            return gap(places[id(part)]) if id(part) in places else ""
        if name in ("gap", "hottext"):
            return gap(self._gap_number(part)) if name == "gap" else f"<b>{self._html(part, {})}</b>"
        if name in ("gapMatchInteraction", "hottextInteraction"):
            return "".join(self._part(inside, places) for inside in part if name_of(inside) not in ("gapText", "gapImg"))
        if name.endswith("Interaction"):
            return "".join(f"<p>{self._html(prompt, {})}</p>" for prompt in parts(part, "prompt"))
        if name in _SILENT and not (name == "rubricBlock" and "candidate" in attribute(part, "view", "candidate")):
            return ""
        return self._element(part, name, places)

    def _element(self, part: Element, name: str, places: Mapping[int, int]) -> str:
        if name == "object" and attribute(part, "type").startswith("image/"):
            return f'<img src="{html.escape(attribute(part, "data"))}" alt="{html.escape(whole_text(part))}">'
        if name in ("prompt", "contentBody", "rubricBlock"):
            return f"<div>{self._html(part, places)}</div>"
        kept = "".join(f' {key}="{html.escape(part.get(key))}"' for key in _KEPT_ATTRIBUTES if part.get(key) is not None)
        if name in ("img", "br", "hr"):
            return f"<{name}{kept}>"
        return f"<{name}{kept}>{self._html(part, places)}</{name}>"

    def _gap_number(self, part: Element) -> int:
        assert self.body is not None
        return 1 + [*within(self.body, "gap")].index(part)

    # --- What counts ----------------------------------------------------------------------------------------------------

    def declaration(self, interaction: Element) -> _Declaration:
        """What the answer should be."""
        return self.declarations.get(attribute(interaction, "responseIdentifier"), _Declaration())

    def _points(self) -> float:
        for outcome in parts(self.root, "outcomeDeclaration"):
            identifier = attribute(outcome, "identifier")
            if identifier == "SCORE" and attribute(outcome, "normalMaximum"):
                return _bounded(number(attribute(outcome, "normalMaximum"), 1))
            if identifier == "MAXSCORE" and (value := first(outcome, "value")) is not None:
                return _bounded(number(whole_text(value), 1))
        found = sum(declared.most for declared in self.declarations.values())
        return _bounded(found or 1.0)

    @property
    def template(self) -> str:
        """The name of the way in which answers are scored: match_correct, map_response, or nothing."""
        processing = next(iter(parts(self.root, "responseProcessing")), None)
        return "" if processing is None else attribute(processing, "template").rsplit("/", 1)[-1].removesuffix(".xml")

    @property
    def all_or_nothing(self) -> bool:
        """Whether only the whole answer counts."""
        processing = next(iter(parts(self.root, "responseProcessing")), None)
        if self.template or processing is None:
            return self.template == "match_correct"
        if not any(first(match, "correct") is not None for match in within(processing, "match")):
            return False
        return all(_only_if_right(mapped) for mapped in within(processing, "mapResponse"))

    def _shown_by(self, outcome: str) -> list[Element]:
        """Feedback with a purpose of its own, as OpenOlat names it: solutions and hints."""
        return [part for part in within(self.root, "modalFeedback") if attribute(part, "outcomeIdentifier").startswith(outcome)]

    def _explanation(self) -> str:
        identifiers = {attribute(part, "identifier") for part in within(self.root, "simpleChoice")}
        told = identifiers | {whole_text(value) for rule in within(self.root, "responseIf", "responseElseIf", "responseElse") for value in within(rule, "baseValue")}
        self._told = {attribute(part, "identifier"): part for part in within(self.root, "modalFeedback") if attribute(part, "identifier") in told - identifiers}
        found = [part for part in within(self.root, "modalFeedback", "feedbackBlock") if attribute(part, "identifier") not in told] + self._shown_by("SOLUTION")
        found = [part for part in dict.fromkeys(found) if part not in self._shown_by("HINT")]
        for part in (*self._shown_by("SOLUTION"), *self._shown_by("HINT")):
            self._told.pop(attribute(part, "identifier"), None)
        if len(found) > 1:
            self.entry.change(N_("Several feedback texts became one explanation."))
        return "\n\n".join(filter(None, (self.markdown(part) for part in found)))

    def _note_losses(self) -> None:
        if any(whole_text(part) for part in self._told.values()):
            self.entry.change(N_("Feedback for right, partly right and wrong answers as a whole was left out."))

    def feedback_of(self, rule: Element) -> str:
        """What is said when a rule holds."""
        shown = {whole_text(value) for setting in parts(rule, "setOutcomeValue") for value in within(setting, "baseValue")}
        for identifier in shown:
            self._told.pop(identifier, None)
        return self.markdown(next((part for part in within(self.root, "modalFeedback") if attribute(part, "identifier") in shown), None))

    def feedback_for(self, choice: Element) -> str:
        """What is said to those who choose it."""
        inside = first(choice, "feedbackInline")
        if inside is not None:
            return self.markdown(inside)
        identifier = attribute(choice, "identifier")
        return self.markdown(next((part for part in within(self.root, "modalFeedback") if attribute(part, "identifier") == identifier), None))


def _interactions(body: Element) -> list[Element]:
    return [part for part in body.iterdescendants() if name_of(part).endswith("Interaction") and name_of(part) != "endAttemptInteraction"]


def _only_if_right(mapped: Element) -> bool:
    """Whether a mapping is asked only when the whole answer is the right one."""
    for branch in mapped.iterancestors():
        if name_of(branch) in ("responseIf", "responseElseIf") and len(branch):
            return name_of(branch[0]) == "match" and first(branch[0], "correct") is not None
        if name_of(branch) == "responseElse":
            return False
    return False


def _bounded(points: float) -> float:
    return min(1000.0, max(0.0, points))


def _declaration(element: Element) -> _Declaration:
    correct = [whole_text(value) for part in parts(element, "correctResponse") for value in parts(part, "value")]
    mapping = next(iter(parts(element, "mapping")), None)
    entries = {} if mapping is None else {attribute(part, "mapKey"): number(attribute(part, "mappedValue"), 0) for part in parts(mapping, "mapEntry")}
    default = 0.0 if mapping is None else number(attribute(mapping, "defaultValue"), 0)
    return _Declaration(attribute(element, "baseType"), tuple(correct), entries, default, attribute(element, "cardinality") != "single")


# --- Kinds ------------------------------------------------------------------------------------------------------------

def _choice(item: Item, question: _Question, interaction: Element) -> Item:
    declared = question.declaration(interaction)
    options = parts(interaction, "simpleChoice")
    mapped = bool(declared.mapping) and not question.all_or_nothing
    most = attribute(interaction, "maxChoices", "1")
    single = most == "1" and len(declared.correct) <= 1
    if not declared.correct and not mapped:
        raise UnreadableError(N_("It does not say which answer is right."))
    weights = _weights(question, declared, item.points, options, single=single)
    choices = [Choice(question.line(option), weight=weight, feedback=question.feedback_for(option)) for option, weight in zip(options, weights, strict=True)]
    shuffle = attribute(interaction, "shuffle") == "true"
    if single:
        return replace(item, kind="single", choices=one_right(choices, question.entry), shuffle=shuffle)
    scoring = "all" if question.all_or_nothing else ""
    return replace(item, kind="multi", choices=several_right(choices, question.entry), scoring=scoring, shuffle=shuffle)


def _weights(question: _Question, declared: _Declaration, points: float, options: Sequence[Element], *, single: bool) -> list[float]:
    """What each option earns, as a share of all points."""
    identifiers = [attribute(option, "identifier") for option in options]
    if declared.mapping and not question.all_or_nothing:
        return [declared.mapping.get(identifier, declared.default) / (points or 1) for identifier in identifiers]
    share = 1.0 if single else 1 / max(1, len(declared.correct))
    return [share if identifier in declared.correct else (0.0 if single else -share) for identifier in identifiers]


def _order(item: Item, question: _Question, interaction: Element) -> Item:
    options = {attribute(option, "identifier"): option for option in parts(interaction, "simpleChoice")}
    correct = [identifier for identifier in question.declaration(interaction).correct if identifier in options]
    if len(correct) < 2:
        raise UnreadableError(N_("It does not say which answer is right."))
    if len(correct) < len(options):
        question.entry.change(N_("Entries that belong to no place were left out."))
    return replace(item, kind="order", choices=tuple(Choice(question.line(options[identifier])) for identifier in correct))


def _match(item: Item, question: _Question, interaction: Element) -> Item:
    sets = parts(interaction, "simpleMatchSet")
    if len(sets) < 2:
        raise UnreadableError(N_("There are fewer than two pairs."))
    lefts, rights = ({attribute(part, "identifier"): question.line(part) for part in parts(one, "simpleAssociableChoice")} for one in sets[:2])
    declared = question.declaration(interaction)
    directed = [tuple(pair.split()) for pair in declared.correct or [key for key, value in declared.mapping.items() if value > 0]]
    right_of = {left: [to for from_, to in (pair for pair in directed if len(pair) == 2) if from_ == left and to in rights] for left in lefts}
    if not any(right_of.values()):
        raise UnreadableError(N_("It does not say which answer is right."))
    if not question.all_or_nothing and len({declared.mapping[key] for key in declared.correct if key in declared.mapping}) > 1:
        question.entry.change(N_("All pairs and rows count the same here; their weights were left out."))
    shuffle = attribute(interaction, "shuffle") == "true"
    used = [to for found in right_of.values() for to in found]
    once = all(len(found) == 1 for found in right_of.values()) and len(set(used)) == len(used)
    if once and not _is_matrix(question.root):
        pairs = [Pair(lefts[left], rights[found[0]]) for left, found in right_of.items()]
        pairs += [Pair("", text) for identifier, text in rights.items() if identifier not in used]
        return replace(item, kind="match", pairs=tuple(pairs), shuffle=shuffle)
    places = list(rights)
    many = any(len(found) != 1 for found in right_of.values())
    rows = tuple(Row(text, tuple(sorted(places.index(to) for to in right_of[left]))) for left, text in lefts.items())
    return replace(item, kind="matrix", columns=tuple(rights.values()), rows=rows, many=many, shuffle=shuffle)


def _is_matrix(root: Element) -> bool:
    """Our own matrices say so, in the class that players draw as a table."""
    return any("qti-match-tabular" in (part.get("class") or "") for part in within(root, "matchInteraction"))


def _essay(item: Item, question: _Question, interaction: Element) -> Item:
    expected = attribute(interaction, "expectedLength")
    if expected:
        question.entry.change(N_("The expected length (%(length)s characters) was left out."), length=expected)
    guide = [question.markdown(part) for part in within(question.root, "rubricBlock") if "scorer" in attribute(part, "view")]
    return marked_by(item, rubric_of("\n\n".join(filter(None, guide)), item.points, question.language), question.entry)


def _gap_match(item: Item, question: _Question, interaction: Element) -> Item:
    words = {attribute(part, "identifier"): question.line(part) for part in parts(interaction, "gapText")}
    directed = [pair.split() for pair in question.declaration(interaction).correct]
    of_gap = {pair[1]: pair[0] for pair in directed if len(pair) == 2 and pair[0] in words}
    gaps = [attribute(part, "identifier") for part in within(interaction, "gap")]
    if len(words) < 2 or not gaps or any(identifier not in of_gap for identifier in gaps):
        raise UnreadableError(N_("There is no gap that can be read."))
    question.entry.change(N_("Dragging words became choosing them from lists."))
    options = tuple(dict.fromkeys(words.values()))
    made = tuple(Gap(options=options, right=options.index(words[of_gap[identifier]])) for identifier in gaps)
    return replace(item, kind="cloze", gaps=made)


def _hottext(item: Item, question: _Question, interaction: Element) -> Item:
    question.entry.change(N_("Marking words became choosing them from a list."))
    words = list(within(interaction, "hottext"))
    weights = _weights(question, question.declaration(interaction), item.points, words, single=False)
    choices = [Choice(question.line(part), weight=weight) for part, weight in zip(words, weights, strict=True)]
    return replace(item, kind="multi", shuffle=False, choices=several_right(choices, question.entry), scoring="all" if question.all_or_nothing else "")


_KINDS: Mapping[str, Callable[[Item, _Question, Element], Item]] = {
    "choiceInteraction": _choice, "orderInteraction": _order, "matchInteraction": _match, "extendedTextInteraction": _essay,
    "gapMatchInteraction": _gap_match, "hottextInteraction": _hottext,
}


# --- Gaps, short answers, numbers -------------------------------------------------------------------------------------

def _gaps(item: Item, question: _Question) -> Item:
    fields = question.interactions
    if len(fields) > 1 or name_of(fields[0]) != "textEntryInteraction":
        if any(len(parts(test, "variable")) == 2 and _names(test) <= set(question.declarations) for test in within(question.root, "stringMatch", "match")):
            question.entry.change(N_("Gaps that may hold the same answers no longer ask for different ones."))
        return replace(item, kind="cloze", gaps=tuple(_gap(question, part) for part in fields))
    declared = question.declaration(fields[0])
    numbers = tuple(_numbers(question, fields[0], declared, item.points))
    before, _, behind = (" ".join(part.split()) for part in GAP.split(item.stem, maxsplit=1))
    bare = replace(item, stem=GAP.sub("", item.stem).strip())
    if numbers and (not behind.strip(" ._") or (len(behind) <= 20 and "|" not in behind)):
        unit = behind.strip(" ._")
        return replace(bare, kind="numeric", numbers=numbers, stem=item.stem[: GAP.search(item.stem).start()].strip() if before else behind,  # type: ignore[union-attr]
                       attributes={"unit": unit} if unit else {})
    if not behind.strip(" ._"):
        return _short(replace(bare, stem=item.stem[: GAP.search(item.stem).start()].strip()) if before else bare, question, declared)  # type: ignore[union-attr]
    return replace(item, kind="cloze", gaps=(_gap(question, fields[0]),))


def _names(test: Element) -> set[str]:
    return {attribute(variable, "identifier") for variable in parts(test, "variable")}


def _gap(question: _Question, part: Element) -> Gap:
    declared = question.declaration(part)
    best = _best(declared)
    if name_of(part) == "inlineChoiceInteraction":
        options = {attribute(option, "identifier"): question.line(option) for option in parts(part, "inlineChoice")}
        right = next((identifier for identifier in best if identifier in options), "")
        if not right or len(options) < 2:
            raise UnreadableError(N_("A gap has no answer that is right."))
        return Gap(options=tuple(options.values()), right=list(options).index(right))
    if not best:
        raise UnreadableError(N_("A gap has no answer that is right."))
    if any(_span(rule, declared) for rule in _rules(question.root, attribute(part, "responseIdentifier"))):
        question.entry.change(N_("A gap for a number accepts only this number."))
    return Gap(answers=tuple(Answer(text) for text in best))


def _best(declared: _Declaration) -> list[str]:
    most = max(declared.mapping.values(), default=0)
    return list(dict.fromkeys([*declared.correct, *(key for key, value in declared.mapping.items() if value == most and value > 0)]))


def _short(item: Item, question: _Question, declared: _Declaration) -> Item:
    most = max([item.points, *declared.mapping.values()]) or 1
    said = {whole_text(value): question.feedback_of(rule) for rule in within(question.root, "responseIf", "responseElseIf")
            for match in within(rule, "stringMatch") for value in parts(match, "baseValue")}
    words = [Words((Answer(key),), max(0.0, value) / most, said.get(key, "")) for key, value in declared.mapping.items()]
    words += [Words((Answer(text),)) for text in declared.correct if text not in declared.mapping]
    if not words:
        return replace(item, kind="essay")
    return replace(item, kind="short", words=accepted(words, question.entry))


def _numbers(question: _Question, part: Element, declared: _Declaration, points: float) -> Iterator[Number]:
    """Numbers by the rules of scoring, or the right answer alone."""
    rules = _rules(question.root, attribute(part, "responseIdentifier"))
    spans = [(span, rule) for rule in rules if (span := _span(rule, declared))]
    for (low, high), rule in spans:
        yield Number(low, high, min(1.0, _earned(rule, points)), question.feedback_of(rule))
    if not spans and declared.base in ("float", "integer"):
        for text in declared.correct[:1]:
            if (value := decimal_of(text)) is not None:
                yield Number(value, value)


def _rules(root: Element, identifier: str) -> Sequence[Element]:
    """The conditions that compare a response."""
    return [rule for rule in within(root, "responseIf", "responseElseIf")
            if any(attribute(variable, "identifier") == identifier for variable in within(rule, "variable"))]


def _span(rule: Element, declared: _Declaration) -> tuple[Decimal, Decimal] | None:
    """The numbers that a condition accepts."""
    equal = first(rule, "equal")
    if equal is not None and attribute(equal, "toleranceMode", "exact") == "absolute":
        value = _value(equal, declared)
        by = [decimal_of(part) or Decimal(0) for part in attribute(equal, "tolerance", "0").split()]
        return None if value is None else (value - by[0], value + by[-1])
    low, high = first(rule, "gte", "gt"), first(rule, "lte", "lt")
    if low is not None and high is not None:
        ends = _value(low, declared), _value(high, declared)
        return None if ends[0] is None or ends[1] is None else (ends[0], ends[1])
    value = _value(equal, declared) if equal is not None else None
    return None if value is None else (value, value)


def _value(comparison: Element, declared: _Declaration) -> Decimal | None:
    """What an answer is compared with: a number that stands there, or the one that is declared as right."""
    value = first(comparison, "baseValue")
    if value is None and first(comparison, "correct") is not None:
        return decimal_of(declared.correct[0]) if declared.correct else None
    return decimal_of(whole_text(value)) if value is not None else None


def _earned(rule: Element, points: float) -> float:
    for outcome in parts(rule, "setOutcomeValue"):
        if attribute(outcome, "identifier") == "SCORE" and (value := first(outcome, "baseValue")) is not None:
            return number(whole_text(value), 0) / (points or 1)
    return 1.0
