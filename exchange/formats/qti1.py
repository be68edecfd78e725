"""QTI 1.2 as Canvas, ILIAS, Blackboard, OpenOlat and Common Cartridge write it, read."""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from assessments.kinds.answers import Answer
from core.i18n import N_
from exchange.collecting import Collected
from exchange.formats.qti1_scoring import Scoring
from exchange.html import Find, Writer
from exchange.model import GAP, TEXT, Choice, Entry, Gap, Item, Number, Pair, Reading, Row, UnreadableError, Words, gap
from exchange.normal import accepted, decimal_of, one_right, several_right, true_false
from exchange.xmltext import (
    Element,
    Part,
    Parts,
    child,
    children,
    descendants,
    faulty,
    local,
    number,
    text_of,
    whole_text,
)

NAME = "qti"
_RESPONSES = ("response_lid", "response_str", "response_num", "response_grp", "response_xy")
_NAMED = re.compile(r"\[([A-Za-z0-9_-]{1,60})\]")


def looks_like(text: str) -> bool:
    """Whether a text may be QTI 1.2."""
    return "<questestinterop" in text[:5000]


def read(content: bytes, path: str, language: str) -> Reading:
    """Read a file with items."""
    collected = Collected(NAME, path, language)
    read_into(collected, content, lambda _: None)
    return collected.done()


def read_into(collected: Collected, content: bytes, find: Find) -> None:
    """Read all items of one file of a package."""
    collected.each(_items(Parts(content, collected, "item"), collected, find))


def _items(parts: Parts, collected: Collected, find: Find) -> Iterator[tuple[str, str, int, Callable[[Entry], Item]]]:
    for part in parts:
        test = None if parts.head is None else next(parts.head.iter("{*}assessment"), None)
        category = "" if test is None else test.get("title", "")
        collected.title = collected.title or category
        if part.element is None:
            yield "", "item", part.line, faulty(part)
            continue
        said = _metadata(part.element)
        name = part.element.get("title", "") or said.get("title", "")
        yield name, said.get("question_type", "item"), part.line, faulty(part) if part.fault else _Question(part, collected, find, category).read


def _metadata(item: Element) -> dict[str, str]:
    """The fields that exporters put beside an item, and their names in small letters."""
    fields = {text_of(field, "fieldlabel").lower(): text_of(field, "fieldentry") for field in descendants(item, "qtimetadatafield")}
    for element in descendants(item, "qmd_itemtype", "bbmd_questiontype"):
        fields.setdefault("question_type", whole_text(element))
    if "questiontype" in fields:
        fields.setdefault("question_type", fields["questiontype"])
    if "cc_profile" in fields:
        fields.setdefault("question_type", fields["cc_profile"])
    return fields


@dataclass(frozen=True)
class _Response:
    """One place for an answer."""

    element: Element
    ident: str
    labels: dict[str, Element]

    @property
    def several(self) -> bool:
        """Whether several answers may be given."""
        return str(self.element.get("rcardinality", "Single")).lower() == "multiple"

    @property
    def ordered(self) -> bool:
        """Whether answers are to be put in order."""
        return str(self.element.get("rcardinality", "")).lower() == "ordered"

    @property
    def written(self) -> bool:
        """Whether the answer is typed."""
        return (local(self.element) in ("response_str", "response_num") and not self.labels) or next(descendants(self.element, "render_fib"), None) is not None


class _Question:
    """One <item>."""

    def __init__(self, part: Part, collected: Collected, find: Find, category: str) -> None:
        self.item: Element = part.element
        self.starts = part.line
        self.category = category
        self.texts = Writer(collected.media, find)
        self.language = collected.language
        self.scoring = Scoring(self.item)
        self.metadata = _metadata(self.item)
        self.entry = Entry(0, "")
        presentation = child(self.item, "presentation")
        self.presentation: Element = self.item if presentation is None else presentation
        self.responses = [_response(element) for element in descendants(self.presentation, *_RESPONSES)]

    def read(self, entry: Entry) -> Item:
        """The item. Raises UnreadableError."""
        self.entry = entry
        item = Item(kind="", id=self.item.get("ident", ""), title=self.item.get("title", ""), line=self.starts, category=self.category,
                    points=self._points(), explanation=self._explanation(), stem=self._stem(),
                    hints=tuple(filter(None, (self.markdown(part) for part in descendants(self.item, "hint")))))
        if any(local(response.element) == "response_xy" for response in self.responses):
            raise UnreadableError(N_("Questions of the type “%(type)s” have no counterpart here."), type="response_xy")
        if self.metadata.get("question_type", "").startswith(("calculated", "file_upload")):
            raise UnreadableError(N_("Questions of the type “%(type)s” have no counterpart here."), type=self.metadata["question_type"])
        if not self.responses:
            return replace(item, kind=TEXT)
        if len(self.responses) == 1 and not self.metadata.get("question_type", "").startswith(("fill_in_multiple", "multiple_dropdowns")):
            if self._is_cloze() and self._is_word(self.responses[0]):
                return self._many(item)
            return self._one(replace(item, stem=GAP.sub("", item.stem).strip()), self.responses[0])
        return self._many(item)

    def _is_word(self, response: _Response) -> bool:
        """Whether a word is to be written, neither a number nor a text that people read."""
        return response.written and not self.scoring.spans(response.ident) and bool(self._words(response))

    # --- Texts ----------------------------------------------------------------------------------------------------------

    def _stem(self) -> str:
        """The text; where fields stand between its parts, their places."""
        places = {id(response.element): at for at, response in enumerate(self.responses, 1)} if self._is_cloze() else {}
        flow = self._flow(self.presentation, places)
        if places and not any(_has_spaces(part) for part in descendants(self.presentation, "mattext")):
            flow = (f" {part} " if GAP.fullmatch(part) else part for part in flow)  # Else spaces stand where they belong, as in ILIAS.
        return self.texts.markdown("".join(flow), self.entry, gaps=True)

    def _is_cloze(self) -> bool:
        """Fields within the text: several, without a text of their own, after which the text goes on."""
        parts = [local(part) for part in self.presentation.iter() if local(part) in ("material", *_RESPONSES) and not _inside_response(part)]
        last = max((at for at, part in enumerate(parts) if part == "material"), default=-1)
        return any(part in _RESPONSES for part in parts[: last + 1]) and not any(_own_text(response.element) for response in self.responses)

    def _flow(self, element: Element, places: dict[int, int]) -> Iterator[str]:
        for part in element:
            if local(part) in _RESPONSES:
                if id(part) in places:
                    yield gap(places[id(part)])
            elif local(part) == "material":
                yield _material(part, inline=bool(places))
            else:
                yield from self._flow(part, places)

    def markdown(self, element: Element) -> str:
        """All material within an element, as paragraphs."""
        return self.texts.markdown("".join(_material(part) for part in descendants(element, "material")), self.entry)

    def line(self, element: Element) -> str:
        """All material within an element, as a line."""
        return self.texts.line(" ".join(_material(part) for part in descendants(element, "material")), self.entry)

    def _points(self) -> float:
        for name in ("points_possible", "cc_weighting", "qmd_maximumscore"):
            if name in self.metadata:
                return min(1000.0, max(0.0, number(self.metadata[name], 1)))
        most = self.scoring.most()
        return most if 0 < most <= 1000 and most != 100 else 1.0

    def _feedback(self, ident: str) -> str:
        found = next((part for part in children(self.item, "itemfeedback") if part.get("ident") == ident), None)
        return self.markdown(found) if found is not None else ""

    def _explanation(self) -> str:
        for ident in ("general_fb", "general"):
            if text := self._feedback(ident):
                return text
        solutions = [self.markdown(part) for part in descendants(self.item, "solution")]
        others = [self._feedback(ident) for ident in ("correct_fb", "general_incorrect_fb", "response_allcorrect", "response_onenotcorrect", "correct", "incorrect")]
        if any(others):
            self.entry.change(N_("Feedback for right, partly right and wrong answers as a whole was left out."))
        return "\n\n".join(filter(None, solutions))

    def said(self, ident: str, answer: str) -> str:
        """Feedback for one answer."""
        return "\n\n".join(filter(None, (self._feedback(link) for link in self.scoring.feedback_of(ident, answer) if link not in ("general_fb", "correct_fb"))))

    # --- One response ---------------------------------------------------------------------------------------------------

    def _one(self, item: Item, response: _Response) -> Item:
        if _own_text(response.element):
            item = replace(item, stem="\n\n".join(filter(None, (item.stem, self.markdown_of_own(response.element)))))
        if response.ordered:
            return self._order(item, response)
        if local(response.element) == "response_grp":
            return self._grouped(item, response)
        if response.written:
            return self._written(item, response)
        return self._several(item, response) if response.several else self._single(item, response)

    def markdown_of_own(self, element: Element) -> str:
        """The text that belongs to one response."""
        return self.texts.markdown("".join(_material(part) for part in children(element, "material")), self.entry)

    def _single(self, item: Item, response: _Response) -> Item:
        earned = {ident: self.scoring.score({response.ident: [ident]}) for ident in response.labels}
        most = max(earned.values(), default=0)
        if most <= 0:
            raise UnreadableError(N_("It does not say which answer is right."))
        choices = [Choice(self.line(label), weight=earned[ident] / most, feedback=self.said(response.ident, ident)) for ident, label in response.labels.items()]
        return replace(item, kind="single", choices=one_right(choices, self.entry), shuffle=_shuffled(response))

    def _several(self, item: Item, response: _Response) -> Item:
        if (statements := {ident: self.scoring.said_true(response.ident, ident) for ident in response.labels}) and None not in statements.values():
            return self._true_or_false(item, response, statements)
        nothing = self.scoring.score({})
        gained = {ident: self.scoring.score({response.ident: [ident]}) - nothing for ident in response.labels}
        wanted = self.scoring.wanted(response.ident)
        together = self.scoring.score({response.ident: wanted})
        additive = len(wanted) < 2 or all(gained.get(ident, 0) > 0 for ident in wanted)
        scoring = "" if additive else "all"
        if not additive:
            gained = {ident: 1 / len(wanted) if ident in wanted else -1 / len(wanted) for ident in response.labels}
            if together <= 0:
                raise UnreadableError(N_("It does not say which answer is right."))
        most = sum(value for value in gained.values() if value > 0) or 1
        choices = [Choice(self.line(label), weight=gained[ident] / most, feedback=self.said(response.ident, ident)) for ident, label in response.labels.items()]
        return replace(item, kind="multi", scoring=scoring, choices=several_right(choices, self.entry), shuffle=_shuffled(response))

    def _true_or_false(self, item: Item, response: _Response, statements: Mapping[str, bool | None]) -> Item:
        """Statements, each of which is to be called true or false (KPRIM)."""
        self.entry.change(N_("Each statement counts for itself now."))
        usual = true_false(True, self.language)
        columns = tuple(self.metadata.get(f"custom_{name}_option_label") or choice.text for name, choice in zip(("true", "false"), usual, strict=True))
        rows = tuple(Row(self.line(label), (0 if statements[ident] else 1,), self._feedback(f"response_{ident}"))
                     for ident, label in response.labels.items())
        return replace(item, kind="matrix", columns=columns, rows=rows, shuffle=_shuffled(response))

    def _written(self, item: Item, response: _Response) -> Item:
        spans = [(decimal_of(low), decimal_of(high)) for low, high in self.scoring.spans(response.ident)]
        numbers = tuple(Number(low, high) for low, high in spans if low is not None and high is not None)
        if numbers:
            return replace(item, kind="numeric", numbers=numbers)
        words = self._words(response)
        if not words:
            return replace(item, kind="essay")
        if "numerical" in self.metadata.get("question_type", "") and (exact := [decimal_of(word.answers[0].text) for word in words]):
            return replace(item, kind="numeric", numbers=tuple(Number(value, value) for value in exact if value is not None))
        return replace(item, kind="short", words=accepted(words, self.entry))

    def _words(self, response: _Response) -> list[Words]:
        earned = {text: self.scoring.score({response.ident: [text]}) for text in self.scoring.named(response.ident) if text}
        most = max(earned.values(), default=0)
        if most <= 0:
            return []
        return [Words((Answer(text),), max(0.0, value) / most, self.said(response.ident, text)) for text, value in earned.items()]

    def _order(self, item: Item, response: _Response) -> Item:
        wanted = [ident for ident in self.scoring.wanted(response.ident) if ident in response.labels]
        if len(wanted) < 2:
            wanted = [ident for ident in self.scoring.named(response.ident) if ident in response.labels]
        if len(wanted) != len(response.labels):
            raise UnreadableError(N_("It does not say which answer is right."))
        return replace(item, kind="order", choices=tuple(Choice(self.line(response.labels[ident])) for ident in wanted))

    # --- Several responses ----------------------------------------------------------------------------------------------

    def _many(self, item: Item) -> Item:
        if self._is_cloze():
            return replace(item, kind="cloze", gaps=tuple(self._gap(response) for response in self.responses))
        text = item.stem.replace("\\_", "_").replace("&#91;", "[")
        named = {name: at for at, response in enumerate(self.responses, 1) if (name := _name_of(response)) and f"[{name}]" in text}
        if len(named) == len(self.responses):
            stem = _NAMED.sub(lambda found: gap(named[found[1]]) if found[1] in named else found[0], text)
            return replace(item, kind="cloze", stem=stem, gaps=tuple(self._gap(response) for response in self.responses))
        if all(_own_text(response.element) and response.labels for response in self.responses):
            return self._match(item)
        raise UnreadableError(N_("It holds several questions in one; only one can be kept together with its text."))

    def _gap(self, response: _Response) -> Gap:
        if "fill_in_multiple" in self.metadata.get("question_type", "") and response.labels:  # Canvas accepts every label, and scores one.
            words = {whole_text(label).casefold(): whole_text(label) for label in reversed(response.labels.values())}
            return Gap(answers=tuple(Answer(word) for word in reversed(words.values())))
        earned = {ident: self.scoring.score({response.ident: [ident]}) for ident in response.labels or self.scoring.named(response.ident)}
        if response.labels and max(earned.values()) <= 0:  # ILIAS names the words, not what stands for them.
            earned = {ident: self.scoring.score({response.ident: [whole_text(label)]}) for ident, label in response.labels.items()}
        right = [ident for ident, value in earned.items() if value == max(earned.values()) and value > 0]
        if not right:
            raise UnreadableError(N_("A gap has no answer that is right."))
        if response.labels and not response.written:
            return Gap(options=tuple(self.line(label) for label in response.labels.values()), right=list(response.labels).index(right[0]))
        if _has_tolerance(response.element):
            self.entry.change(N_("A gap for a number accepts only this number."))
        return Gap(answers=tuple(Answer(text) for text in right))

    def _match(self, item: Item) -> Item:
        pairs, used = [], set()
        for response in self.responses:
            earned = {ident: self.scoring.score({response.ident: [ident]}) for ident in response.labels}
            right = max(earned, key=lambda ident: earned[ident])
            if earned[right] <= 0:
                raise UnreadableError(N_("It does not say which answer is right."))
            text = self.line(response.labels[right])
            used.add(text)
            left = self.texts.line(" ".join(_material(part) for part in children(response.element, "material")), self.entry)
            said = dict.fromkeys(self._feedback(link) for link in self.scoring.feedback_at(response.ident))
            pairs.append(Pair(left, text, "\n\n".join(filter(None, said))))
        others = dict.fromkeys(self.line(label) for response in self.responses for label in response.labels.values())
        pairs += [Pair("", text) for text in others if text not in used]
        return replace(item, kind="match", pairs=tuple(pairs))


    def _grouped(self, item: Item, response: _Response) -> Item:
        """Pairs named together in one answer, as ILIAS has them: `4,1`."""
        terms = {ident for ident, label in response.labels.items() if label.get("match_group")}
        named = [pair.split(",") for pair in self.scoring.named(response.ident) if self.scoring.score({response.ident: pair.split(",")}) > 0]
        pairs, used = [], set()
        for pair in named:
            sides = [ident.strip() for ident in pair if ident.strip() in response.labels]
            if len(sides) == 2:
                term, other = sorted(sides, key=lambda ident: ident not in terms)
                used.add(term)
                pairs.append(Pair(self.line(response.labels[other]), self.line(response.labels[term])))
        if len(pairs) < 2:
            raise UnreadableError(N_("There are fewer than two pairs."))
        pairs += [Pair("", self.line(response.labels[term])) for term in response.labels if term in terms - used]
        return replace(item, kind="match", pairs=tuple(pairs))


def _response(element: Element) -> _Response:
    labels = {label.get("ident", str(at)): label for at, label in enumerate(descendants(element, "response_label"))}
    written = next(descendants(element, "render_fib"), None) is not None
    return _Response(element, element.get("ident", ""), {} if written else labels)


def _has_spaces(mattext: Element) -> bool:
    return (mattext.text or "") != (mattext.text or "").strip()


def _has_tolerance(element: Element) -> bool:
    """Whether a field takes numbers from one to another (ILIAS)."""
    field = next(descendants(element, "render_fib"), None)
    ends = [] if field is None else [decimal_of(field.get(name) or "") for name in ("minnumber", "maxnumber")]
    return len(set(ends)) == 2 and None not in ends


def _own_text(element: Element) -> bool:
    return any(whole_text(part) for part in children(element, "material"))


def _inside_response(part: Element) -> bool:
    return any(local(parent) in _RESPONSES for parent in part.iterancestors())


def _name_of(response: _Response) -> str:
    """The name by which Canvas' texts refer to a gap."""
    return "".join(whole_text(part) for part in children(response.element, "material")) or response.ident.removeprefix("response_")


def _shuffled(response: _Response) -> bool | None:
    render = next(descendants(response.element, "render_choice"), None)
    shuffle = "" if render is None else render.get("shuffle", "").lower()
    return {"yes": True, "no": None}.get(shuffle)


def _material(material: Element, *, inline: bool = False) -> str:
    """The HTML of a <material>: texts, and pictures beside them. `inline`: it stands within a sentence."""
    done = []
    for part in material.iter():
        name = local(part)
        if name in ("mattext", "matemtext"):
            text = part.text or ""
            is_html = part.get("texttype", "text/plain").lower() in ("text/html", "text/xhtml") or re.search(r"</?(p|b|i|em|strong|br|div|span|img|sub|sup|ul|table)\b", text)
            done.append((text if inline else f"<div>{text}</div>") if is_html else html.escape(text, quote=False))
        elif name == "matimage":
            embedded = f"data:{part.get('imagtype', 'image/png')};base64,{(part.text or '').strip()}" if part.get("embedded") == "base64" else part.get("uri", "")
            done.append(f'<img src="{html.escape(embedded)}" alt="{html.escape(part.get("label", "") if part.get("embedded") != "base64" else "")}">')
        elif name == "matbreak":
            done.append("<br>")
    return "".join(done)
