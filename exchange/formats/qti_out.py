"""QTI 2.1 and 3.0, written: a package with one item a file, and a test with all of them in order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lxml.html
from lxml import etree

from core.i18n import N_
from exchange.formats.qti_names import kebab
from exchange.markup import to_html, to_line, to_text
from exchange.model import GAP, TEXT, Choice, Entry, Item, UnreadableError
from exchange.normal import literal
from exchange.zipping import packed

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_OLD_TAGS = {"u": "span", "s": "span", "del": "span", "ins": "span", "mark": "span", "figure": "div", "figcaption": "div", "strike": "span"}


@dataclass(frozen=True)
class Version:
    """How a version of QTI names things."""

    name: str
    namespace: str
    schema: str
    manifest: str
    manifest_schema: str
    short: str
    profile: str

    @property
    def is_new(self) -> bool:
        """Whether names are those of QTI 3."""
        return self.short == "3p0"

    def tag(self, name: str) -> str:
        """A name of QTI 2 in this version, with its namespace."""
        return f"{{{self.namespace}}}" + (f"qti-{kebab(name)}" if self.is_new else name)


V3 = Version("QTI 3.0", "http://www.imsglobal.org/xsd/imsqtiasi_v3p0", "https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_asiv3p0_v1p0.xsd",
             "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1", "https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqtiv3p0_imscpv1p2_v1p0.xsd", "3p0", "QTI Package")
V21 = Version("QTI 2.1", "http://www.imsglobal.org/xsd/imsqti_v2p1", "http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd",
              "http://www.imsglobal.org/xsd/imscp_v1p1", "http://www.imsglobal.org/xsd/qti/qtiv2p1/qtiv2p1_imscpv1p2_v1p0.xsd", "2p1", "QTIv2.1 Package")


def write(items: Sequence[Item], entries: Sequence[Entry], media: Mapping[str, bytes], title: str, language: str, version: Version) -> bytes:
    """The items as a package. What QTI has nothing for is noted in the entries."""
    files: dict[str, bytes] = {}
    used: dict[str, list[str]] = {}
    for number, (item, entry) in enumerate(zip(items, entries, strict=True), 1):
        name = f"{item.id or f'text-{number}'}.xml"
        try:
            written = _Written(item, entry, version, language, name.removesuffix(".xml"))
            files[name] = written.bytes()
        except UnreadableError as error:
            entry.drop(error.message, **error.values)
            continue
        used[name] = [path for path in media if path in written.media]
        files |= {path: media[path] for path in used[name]}
    names = list(used)
    files["test.xml"] = _test(names, title, version)
    files["imsmanifest.xml"] = _manifest(names, used, title, version)
    return packed(files)


def _schema(root: Any, *pairs: str) -> None:
    root.set(f"{{{_XSI}}}schemaLocation", " ".join(pairs))


def _bytes(root: Any) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _test(names: Iterable[str], title: str, version: Version) -> bytes:
    root = etree.Element(version.tag("assessmentTest"), nsmap={None: version.namespace, "xsi": _XSI}, identifier="test", title=title or "Test")
    _schema(root, version.namespace, version.schema)
    make = _Maker(version)
    part = make(root, "testPart", identifier="part", navigationMode="nonlinear", submissionMode="simultaneous")
    section = make(part, "assessmentSection", identifier="section", title=title or "Test", visible="true")
    for name in names:
        make(section, "assessmentItemRef", identifier=f"ref-{name.removesuffix('.xml')}", href=name)
    return _bytes(root)


def _manifest(names: Iterable[str], used: Mapping[str, Sequence[str]], title: str, version: Version) -> bytes:
    space = version.manifest
    root = etree.Element(f"{{{space}}}manifest", nsmap={None: space, "xsi": _XSI}, identifier="manifest")
    _schema(root, space, version.manifest_schema)
    metadata = etree.SubElement(root, f"{{{space}}}metadata")
    etree.SubElement(metadata, f"{{{space}}}schema").text = version.profile
    etree.SubElement(metadata, f"{{{space}}}schemaversion").text = "3.0.0" if version.is_new else "1.0.0"
    etree.SubElement(root, f"{{{space}}}organizations")
    resources = etree.SubElement(root, f"{{{space}}}resources")
    test = etree.SubElement(resources, f"{{{space}}}resource", identifier="res-test", type=f"imsqti_test_xmlv{version.short}", href="test.xml")
    etree.SubElement(test, f"{{{space}}}file", href="test.xml")
    for name in names:
        identifier = f"res-{name.removesuffix('.xml')}"
        etree.SubElement(test, f"{{{space}}}dependency", identifierref=identifier)
        resource = etree.SubElement(resources, f"{{{space}}}resource", identifier=identifier, type=f"imsqti_item_xmlv{version.short}", href=name)
        for path in (name, *used[name]):
            etree.SubElement(resource, f"{{{space}}}file", href=path)
    return _bytes(root)


class _Maker:
    """Makes elements under the names of a version."""

    def __init__(self, version: Version) -> None:
        self.version = version

    def __call__(self, parent: Any, name: str, text: str | None = None, **attributes: str) -> Any:
        named = {(kebab(key) if self.version.is_new else key): value for key, value in attributes.items()}
        element = etree.SubElement(parent, self.version.tag(name), **named)
        element.text = text
        return element

    def html(self, parent: Any, html: str) -> None:
        """Put HTML into an element, well-formed and in its namespace."""
        for part in lxml.html.fragments_fromstring(html):
            if isinstance(part, str):
                parent.text = (parent.text or "") + part
            else:
                tail, part.tail = part.tail, None
                made = self._element(part)
                made.tail = tail
                parent.append(made)

    def _element(self, part: Any) -> Any:
        tag = part.tag if self.version.is_new else _OLD_TAGS.get(part.tag, part.tag)
        made = etree.Element(f"{{{self.version.namespace}}}{tag}", {key: value for key, value in part.attrib.items() if key in ("src", "alt", "href", "colspan", "class")})
        if tag == "img" and "alt" not in made.attrib:
            made.set("alt", "")
        made.text = part.text
        for child in part:
            inside = self._element(child)
            inside.tail = child.tail
            made.append(inside)
        return made


class _Written:
    """One item on its way out."""

    def __init__(self, item: Item, entry: Entry, version: Version, language: str, identifier: str) -> None:
        self.item = item
        self.entry = entry
        self.version = version
        self.media: set[str] = set()
        self.make = _Maker(version)
        self.root = etree.Element(version.tag("assessmentItem"), nsmap={None: version.namespace, "xsi": _XSI}, identifier=identifier,
                                  title=item.title or identifier, adaptive="false")
        self.root.set("time-dependent" if version.is_new else "timeDependent", "false")
        self.root.set(_XML_LANG, language)
        _schema(self.root, version.namespace, version.schema)
        self.declared: list[Callable[[], None]] = []
        self.body = etree.Element(version.tag("itemBody"))
        self.processing = etree.Element(version.tag("responseProcessing"))
        self.feedback: list[tuple[str, str, str]] = []
        self._fill()

    def bytes(self) -> bytes:
        """The document, its parts in the order of the schema."""
        if len(self.body):
            self.root.append(self.body)
        if len(self.processing):
            self.root.append(self.processing)
        for outcome, identifier, markdown in self.feedback:
            shown = self.make(self.root, "modalFeedback", outcomeIdentifier=outcome, identifier=identifier, showHide="show")
            holder = self.make(shown, "contentBody") if self.version.is_new else shown
            self.make.html(holder, self.html(markdown))
        return _bytes(self.root)

    def _fill(self) -> None:
        kind = self.item.kind
        if kind not in _KINDS:
            raise UnreadableError(N_("%(format)s has nothing for the kind “%(kind)s”."), format=self.version.name, kind=kind)
        if self.item.tags:
            self.entry.change(N_("Tags were left out: %(tags)s"), tags=", ".join(self.item.tags))
        if self.item.hints:
            self.entry.change(N_("%(format)s has no hints; they were left out."), format=self.version.name)
        if any(pair.feedback for pair in self.item.pairs) or any(row.feedback for row in self.item.rows) or (kind == "order" and any(choice.feedback for choice in self.item.choices)):
            self.entry.change(N_("Feedback of pairs, rows and entries was left out."))
        _KINDS[kind](self)
        if kind != TEXT:
            self._outcomes()

    def _outcomes(self) -> None:
        score = self.make(self.root, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float", normalMaximum=f"{self.item.points:g}")
        self.make(self.make(score, "defaultValue"), "value", "0")
        most = self.make(self.root, "outcomeDeclaration", identifier="MAXSCORE", cardinality="single", baseType="float")
        self.make(self.make(most, "defaultValue"), "value", f"{self.item.points:g}")
        if any(outcome == "FEEDBACK" for outcome, _, _ in self.feedback):
            many = "multiple" if self.item.kind == "multi" else "single"
            self.make(self.root, "outcomeDeclaration", identifier="FEEDBACK", cardinality=many, baseType="identifier")
        if self.item.explanation:
            self.make(self.root, "outcomeDeclaration", identifier="EXPLANATION", cardinality="single", baseType="identifier")
            shown = self.make(self.processing, "setOutcomeValue", identifier="EXPLANATION")
            self.make(shown, "baseValue", "explanation", baseType="identifier")
            self.feedback.append(("EXPLANATION", "explanation", self.item.explanation))

    # --- Pieces ---------------------------------------------------------------------------------------------------------

    def address(self, path: str) -> str:
        """A picture's place in the package."""
        self.media.add(path)
        return path

    def html(self, markdown: str) -> str:
        """Paragraphs."""
        return to_html(markdown, self.address)

    def line(self, parent: Any, markdown: str) -> None:
        """A text within a line, put into an element."""
        self.make.html(parent, to_line(markdown, self.address))

    def stem(self) -> None:
        """The question's text."""
        self.make.html(self.body, self.html(self.item.stem))
        if self.body.text and self.body.text.strip():
            paragraph = etree.Element(f"{{{self.version.namespace}}}p")
            paragraph.text, self.body.text = self.body.text, None
            self.body.insert(0, paragraph)

    def response(self, identifier: str, cardinality: str, base: str, correct: Sequence[str], mapping: Mapping[str, float] | None = None, *, default: float = 0) -> None:
        """What the answer should be."""
        declared = self.make(self.root, "responseDeclaration", identifier=identifier, cardinality=cardinality, baseType=base)
        if correct:
            holder = self.make(declared, "correctResponse")
            for value in correct:
                self.make(holder, "value", value)
        if mapping:
            bounds = {"lowerBound": "0", "upperBound": f"{sum(value for value in mapping.values() if value > 0):.6g}"}
            table = self.make(declared, "mapping", defaultValue=f"{default:g}", **bounds)
            for key, share in mapping.items():
                extra = {"caseSensitive": "false"} if base == "string" else {}
                self.make(table, "mapEntry", mapKey=key, mappedValue=f"{share:.6g}", **extra)

    def score_by_mapping(self, *identifiers: str) -> None:
        """SCORE is what the mappings say together."""
        score = self.make(self.processing, "setOutcomeValue", identifier="SCORE")
        holder = self.make(score, "sum") if len(identifiers) > 1 else score
        for identifier in identifiers:
            self.make(holder, "mapResponse", identifier=identifier)

    def score_by_match(self) -> None:
        """All points for the right answer, else none."""
        rule = self.make(self.make(self.processing, "responseCondition"), "responseIf")
        match = self.make(rule, "match")
        self.make(match, "variable", identifier="RESPONSE")
        self.make(match, "correct", identifier="RESPONSE")
        self.set_value(rule, "SCORE", f"{self.item.points:g}", "float")

    def set_value(self, parent: Any, outcome: str, value: str, base: str) -> None:
        """Give an outcome a value."""
        self.make(self.make(parent, "setOutcomeValue", identifier=outcome), "baseValue", value, baseType=base)

    def shuffle(self, usual: bool) -> str:
        """Whether to shuffle."""
        return "true" if (usual if self.item.shuffle is None else self.item.shuffle) else "false"


# --- Kinds ------------------------------------------------------------------------------------------------------------

def _text(out: _Written) -> None:
    out.stem()


def _choice(out: _Written) -> None:
    item = out.item
    single = item.kind == "single"
    names = [f"C{at}" for at in range(1, len(item.choices) + 1)]
    right = [name for name, choice in zip(names, item.choices, strict=True) if choice.right]
    by_match = item.scoring == "all" or (single and all(choice.weight is None for choice in item.choices))
    mapping = None if by_match else {name: _share(item, choice, len(right)) * item.points for name, choice in zip(names, item.choices, strict=True)}
    out.response("RESPONSE", "single" if single else "multiple", "identifier", right, mapping)
    out.stem()
    interaction = out.make(out.body, "choiceInteraction", responseIdentifier="RESPONSE", shuffle=out.shuffle(usual=True), maxChoices="1" if single else "0")
    for name, choice in zip(names, item.choices, strict=True):
        out.line(out.make(interaction, "simpleChoice", identifier=name), choice.text)
        if choice.feedback:
            out.feedback.append(("FEEDBACK", name, choice.feedback))
    if by_match:
        out.score_by_match()
    else:
        out.score_by_mapping("RESPONSE")
    if out.feedback:
        out.make(out.make(out.processing, "setOutcomeValue", identifier="FEEDBACK"), "variable", identifier="RESPONSE")


def _share(item: Item, choice: Choice, right: int) -> float:
    if choice.weight is not None:
        return choice.weight
    if item.kind == "single":
        return float(choice.right)
    return 1 / right if choice.right else -1 / right


def _order(out: _Written) -> None:
    names = [f"C{at}" for at in range(1, len(out.item.choices) + 1)]
    out.response("RESPONSE", "ordered", "identifier", names)
    out.stem()
    interaction = out.make(out.body, "orderInteraction", responseIdentifier="RESPONSE", shuffle="true")
    for name, choice in sorted(zip(names, out.item.choices, strict=True), key=lambda pair: to_text(pair[1].text)):
        out.line(out.make(interaction, "simpleChoice", identifier=name), choice.text)
    out.score_by_match()
    out.entry.change(N_("The order counts as a whole there."))


def _match(out: _Written) -> None:
    pairs = [pair for pair in out.item.pairs if pair.left]
    rights = list(dict.fromkeys(pair.right for pair in out.item.pairs))
    correct = [f"L{at} R{rights.index(pair.right) + 1}" for at, pair in enumerate(pairs, 1)]
    _matched(out, [pair.left for pair in pairs], rights, correct, "", many=False)


def _matrix(out: _Written) -> None:
    rows = out.item.rows
    correct = [f"L{number} R{at + 1}" for number, row in enumerate(rows, 1) for at in row.right]
    _matched(out, [row.text for row in rows], out.item.columns, correct, "qti-match-tabular", many=out.item.many)


def _matched(out: _Written, lefts: Sequence[str], rights: Sequence[str], correct: Sequence[str], class_: str, *, many: bool) -> None:
    points = out.item.points / max(1, len(correct))
    out.response("RESPONSE", "multiple", "directedPair", correct, dict.fromkeys(correct, points), default=-points if many else 0)
    out.stem()
    look = {"class": class_} if class_ else {}
    interaction = out.make(out.body, "matchInteraction", responseIdentifier="RESPONSE", shuffle=out.shuffle(usual=not class_),
                           maxAssociations=str(len(lefts) * (len(rights) if many else 1)), **look)
    for letter, texts, most in (("L", lefts, len(rights) if many else 1), ("R", rights, len(lefts))):
        holder = out.make(interaction, "simpleMatchSet")
        for at, text in enumerate(texts, 1):
            out.line(out.make(holder, "simpleAssociableChoice", identifier=f"{letter}{at}", matchMax=str(most)), text)
    out.score_by_mapping("RESPONSE")


def _short(out: _Written) -> None:
    plain = [(text, words) for words in out.item.words for answer in words.answers if (text := literal(answer)) is not None]
    if len(plain) < sum(len(words.answers) for words in out.item.words):
        out.entry.change(N_("Answers that are patterns were left out; %(format)s knows none."), format=out.version.name)
    best = [text for text, words in plain if words.weight == 1]
    if not best:
        raise UnreadableError(N_("No answer is left."))
    out.response("RESPONSE", "single", "string", best[:1], {text: words.weight * out.item.points for text, words in plain})
    _field(out)
    out.score_by_mapping("RESPONSE")
    for number, (text, words) in enumerate(((text, words) for text, words in plain if words.feedback), 1):
        rule = out.make(out.make(out.processing, "responseCondition"), "responseIf")
        match = out.make(rule, "stringMatch", caseSensitive="false")
        out.make(match, "variable", identifier="RESPONSE")
        out.make(match, "baseValue", text, baseType="string")
        out.set_value(rule, "FEEDBACK", f"F{number}", "identifier")
        out.feedback.append(("FEEDBACK", f"F{number}", words.feedback))


def _field(out: _Written) -> None:
    out.stem()
    paragraph = etree.SubElement(out.body, f"{{{out.version.namespace}}}p")
    entry = out.make(paragraph, "textEntryInteraction", responseIdentifier="RESPONSE")
    unit = out.item.attributes.get("unit", "").split("|")[0]
    if unit:
        entry.tail = f" {unit}"


def _numeric(out: _Written) -> None:
    best = max(out.item.numbers, key=lambda number: number.weight)
    out.response("RESPONSE", "single", "float", [f"{best.middle.normalize():f}"])
    _field(out)
    condition = out.make(out.processing, "responseCondition")
    for at, number in enumerate(sorted(out.item.numbers, key=lambda number: -number.weight)):
        rule = out.make(condition, "responseIf" if at == 0 else "responseElseIf")
        both = out.make(rule, "and")
        for name, end in (("gte", number.low), ("lte", number.high)):
            test = out.make(both, name)
            out.make(test, "variable", identifier="RESPONSE")
            out.make(test, "baseValue", f"{end.normalize():f}", baseType="float")
        out.set_value(rule, "SCORE", f"{number.weight * out.item.points:g}", "float")
        if number.feedback:
            out.set_value(rule, "FEEDBACK", f"F{at + 1}", "identifier")
            out.feedback.append(("FEEDBACK", f"F{at + 1}", number.feedback))


def _cloze(out: _Written) -> None:
    points = out.item.points / max(1, len(out.item.gaps))
    names = [f"RESPONSE{at}" for at in range(1, len(out.item.gaps) + 1)]
    fields: dict[int, Any] = {}
    for at, (name, gap) in enumerate(zip(names, out.item.gaps, strict=True), 1):
        plain = [text for answer in gap.answers if (text := literal(answer)) is not None]
        if len(plain) < len(gap.answers):
            out.entry.change(N_("Answers that are patterns were left out; %(format)s knows none."), format=out.version.name)
        if gap.options:
            out.response(name, "single", "identifier", [f"C{gap.right + 1}"], {f"C{gap.right + 1}": points})
            fields[at] = etree.Element(out.version.tag("inlineChoiceInteraction"), _attributes(out, responseIdentifier=name, shuffle="true"))
            for number, option in enumerate(gap.options, 1):
                out.make(fields[at], "inlineChoice", to_text(option), identifier=f"C{number}")
        else:
            out.response(name, "single", "string", plain[:1], dict.fromkeys(plain, points))
            fields[at] = etree.Element(out.version.tag("textEntryInteraction"), _attributes(out, responseIdentifier=name))
    out.stem()
    _place(out.body, fields)
    out.score_by_mapping(*names)


def _attributes(out: _Written, **attributes: str) -> dict[str, str]:
    return {(kebab(key) if out.version.is_new else key): value for key, value in attributes.items()}


def _place(body: Any, fields: Mapping[int, Any]) -> None:
    """Put the fields where their places are."""
    for element in list(body.iter()):
        if element.text and GAP.search(element.text):
            texts = GAP.split(element.text)
            element.text = texts[0]
            for at, (number, tail) in enumerate(zip(texts[1::2], texts[2::2], strict=True)):
                fields[int(number)].tail = tail
                element.insert(at, fields[int(number)])
        if element.tail and GAP.search(element.tail) and element.getparent() is not None:
            texts = GAP.split(element.tail)
            element.tail = texts[0]
            parent, start = element.getparent(), element.getparent().index(element)
            for at, (number, tail) in enumerate(zip(texts[1::2], texts[2::2], strict=True), 1):
                fields[int(number)].tail = tail
                parent.insert(start + at, fields[int(number)])


def _essay(out: _Written) -> None:
    out.response("RESPONSE", "single", "string", [])
    if "words" in out.item.attributes:
        out.entry.change(N_("The number of words (%(words)s) is only told there, not checked."), words=out.item.attributes["words"])
    out.stem()
    for criterion in out.item.rubric:
        block = out.make(out.body, "rubricBlock", view="scorer", **({"use": "scoring"} if out.version.is_new else {}))
        holder = out.make(block, "contentBody") if out.version.is_new else block
        paragraph = etree.SubElement(holder, f"{{{out.version.namespace}}}p")
        out.line(paragraph, f"[{criterion.points:g}] {criterion.text}")
        if criterion.guidance:
            out.make.html(holder, out.html(criterion.guidance))
    out.make(out.body, "extendedTextInteraction", responseIdentifier="RESPONSE")


_KINDS: Mapping[str, Callable[[_Written], None]] = {
    TEXT: _text, "single": _choice, "multi": _choice, "order": _order, "match": _match, "matrix": _matrix, "short": _short,
    "numeric": _numeric, "cloze": _cloze, "essay": _essay,
}
