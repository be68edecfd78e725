"""Items to blocks of the course format. Whatever a text says, it cannot become an answer, a mark or another block."""

import re
from collections.abc import Iterable
from decimal import Decimal

from assessments.kinds import KINDS
from assessments.kinds.answers import Answer
from exchange.model import GAP, TEXT, Choice, Gap, Item, Number, Words
from modules.split import fences

_MARK = re.compile("^([\\s>*+.0-9\u200b-\u200d\u2060\ufeff-]*)([:/])(?=\\2\\2)")
_SIGN = re.compile(r"^( {0,3})([?!])(?=[ \t])")
_FIELD = re.compile(r"^( {0,3})(=)")
_OPTION = re.compile(r"^( {0,3})([(\[])(?=[ xX]?[)\]](?:[ \t]|$))")
_ROW = re.compile(r"^( {0,3})(\|)")
_STEP = re.compile(r"^( {0,3}\d{1,3})([.)])(?=[ \t])")
_RUBRIC = re.compile(r"^( {0,3})([-*+])(?=[ \t])")
_ARROW = re.compile(r"-(?=>)")
# Signs at the beginning of a line that would make it something else, by the kind of the block.
_BY_KIND = {
    "single": (_OPTION,), "multi": (_OPTION,), "likert": (_RUBRIC,), "survey": (_OPTION,), "matrix": (_ROW,), "order": (_STEP,), "essay": (_RUBRIC,),
    "short": (_FIELD,), "numeric": (_FIELD,),
}


def block(item: Item, language: str) -> str:
    """One item as a block, or as prose when it asks nothing."""
    if item.kind == TEXT:
        return _guarded(item.stem, item.kind)
    body = [_stem(item), *_answers(item, language), *(_fence(part.name, part.text) for part in item.fences)]
    body += [_continued("? ", hint) for hint in item.hints]
    if item.explanation:
        body.append(_continued("! ", item.explanation))
    return "\n".join([f"::: {item.kind} {{{_attributes(item)}}}", *filter(None, body), ":::"])


def _attributes(item: Item) -> str:
    said = {"points": decimal(item.points)}
    if item.attempts is not None:
        said["attempts"] = str(item.attempts)
    said |= {name: value for name, value in (("scoring", item.scoring), ("show", item.show)) if value}
    if item.shuffle not in (None, shuffled(item.kind)):
        said["shuffle"] = "yes" if item.shuffle else "no"
    if item.competences:
        said["competence"] = ",".join(item.competences)
    if item.tags:
        said["tags"] = ",".join(filter(None, (" ".join(re.sub(r'[",{}]', " ", tag).split()) for tag in item.tags)))
    if item.kind in ("likert", "survey"):
        said.pop("points")
    said |= item.attributes
    return " ".join([f"#{item.id}", *(f"{name}={_value(value)}" for name, value in said.items())])


def shuffled(kind: str) -> bool:
    """Whether the answers of a kind are shuffled when nobody says so."""
    return KINDS[kind].shuffle if kind in KINDS else kind == "match"


def _value(value: str) -> str:
    return value if re.fullmatch(r'[^\s"{}=]+', value) else '"' + re.sub(r'["{}\n]', " ", value) + '"'


def decimal(number: float) -> str:
    """A number of points: at most four decimals."""
    return _with_places(number, 4)


# --- Texts ------------------------------------------------------------------------------------------------------------

def _stem(item: Item) -> str:
    text = _guarded(item.stem, item.kind)
    if item.kind != "cloze":
        return text
    return GAP.sub(lambda found: f"[[{_gap(item.gaps[int(found[1]) - 1])}]]", text.replace("[[", "&#91;["))


def _guarded(text: str, kind: str) -> str:
    """A text of several lines in which no line is a mark. Code fences stay as they are, and closed."""
    lines = text.strip("\n").split("\n")
    pairs, unclosed = fences(lines)
    done: list[str] = []
    end = -1
    for at, line in enumerate(lines):
        end = max(end, pairs.get(at, -1))
        done.append(line if at <= end else _line(line, kind, unclosed=at in unclosed))
    return "\n".join(done)


def _line(line: str, kind: str, *, unclosed: bool = False) -> str:
    line = _MARK.sub(_as_entity, line)
    if unclosed:
        line = re.sub(r"[`~]", lambda found: f"&#{ord(found[0])};", line, count=1)
    if kind == TEXT:
        return line
    if kind == "match":
        line = _ARROW.sub("&#45;", line)
    for pattern in (_SIGN, *_BY_KIND.get(kind, ())):
        line = pattern.sub(_as_entity, line, count=1)
    return line


def _as_entity(found: re.Match[str]) -> str:
    return f"{found[1]}&#{ord(found[2])};"


def _continued(sign: str, text: str) -> str:
    """A hint or an explanation: further lines are indented below its sign."""
    first, *rest = _guarded(text, TEXT).split("\n")
    return "\n".join([sign + first, *("    " + line if line.strip() else "" for line in rest)])


def _feedback(text: str) -> Iterable[str]:
    return (f"    > {line}".rstrip() for line in _guarded(text, TEXT).split("\n")) if text else ()


def _fence(name: str, text: str) -> str:
    ticks = "`" * max(3, *(len(run) + 1 for run in [*re.findall(r"^\s*(`{3,})", text, re.MULTILINE), ""]))
    return f"{ticks}{name}\n{text.strip(chr(10))}\n{ticks}"


def one_line(text: str) -> str:
    """A text within a line."""
    return " ".join(text.split())


# --- Answers ----------------------------------------------------------------------------------------------------------

def _answers(item: Item, language: str) -> Iterable[str]:
    if item.choices:
        yield from _choices(item)
    for pair in item.pairs:
        left, right = (_ARROW.sub("&#45;", one_line(side)) for side in (pair.left, pair.right))
        yield from (f"{_line(left, item.kind)} -> {right}".lstrip(), *_feedback(pair.feedback))
    if item.columns:
        yield from _table(item)
    for words in item.words:
        yield from (f"= {_weight(words.weight)}{_words(words)}", *_feedback(words.feedback))
    for number in item.numbers:
        yield from (f"= {_weight(number.weight)}{_range(number, language)}", *_feedback(number.feedback))
    for criterion in item.rubric:
        yield from (f"- [{decimal(criterion.points)}] {one_line(criterion.text)}", *_feedback(criterion.guidance))


def _choices(item: Item) -> Iterable[str]:
    for number, choice in enumerate(item.choices, 1):
        text = re.sub(r"^%(?=-?\d)", "&#37;", one_line(choice.text))
        sign = f"{number}." if item.kind == "order" else "-" if item.kind == "likert" else _sign(item.kind, choice, many=item.many)
        yield f"{sign} {text}"
        yield from _feedback(choice.feedback)


def _sign(kind: str, choice: Choice, *, many: bool) -> str:
    mark = "x" if choice.right else " "
    sign = f"[{mark}]" if kind == "multi" or many else f"({mark})"
    return sign if choice.weight is None else f"{sign} %{percent(choice.weight)}%"


def percent(share: float) -> str:
    """A share as a percentage with at most five decimals."""
    return _with_places(share * 100, 5)


def _with_places(number: float, most: int) -> str:
    return f"{round(number, most) + 0.0:.{most}f}".rstrip("0").rstrip(".")  # Adding zero takes the sign from -0.


def _weight(share: float) -> str:
    return "" if share == 1 else f"%{percent(share)}% "


def _table(item: Item) -> Iterable[str]:
    cells = [_cell(text) for text in (item.corner, *item.columns)]
    yield f"| {' | '.join(cells)} |"
    yield "|" + "---|" * len(cells)
    opening, closing = "[]" if item.many else "()"
    for row in item.rows:
        marks = (f"{opening}{'x' if at in row.right else ' '}{closing}" for at in range(len(item.columns)))
        yield f"| {_cell(row.text)} | {' | '.join(marks)} |"
        yield from _feedback(row.feedback)


def _cell(text: str) -> str:
    return one_line(text).replace("|", "\\|") or " "


def _words(words: Words) -> str:
    return " | ".join(answer_text(answer) for answer in words.answers)


def answer_text(answer: Answer) -> str:
    """An accepted answer; signs that would part or begin something make it a pattern."""
    if answer.is_pattern:
        return f"/{answer.text}/"
    text = one_line(answer.text)
    if "|" in text or text.startswith("/") or re.match(r"%-?\d", text):
        return f"/{re.escape(text).replace('/', chr(92) + '/')}/"
    return text


def _gap(gap: Gap) -> str:
    if gap.options:
        return "|".join(f"({text})" if at == gap.right else text for at, text in enumerate(_bare(option) for option in gap.options))
    first, *others = (answer_text(answer).replace("[[", "[").replace("]]", "]") for answer in gap.answers)
    return "|".join([first, *(f"={other}" for other in others)])


def _bare(option: str) -> str:
    text = one_line(option).replace("|", "\\|").replace("[[", "&#91;[").replace("]]", "]&#93;")
    return re.sub(r"^\((.*)\)$", r"&#40;\1&#41;", text)


def _range(number: Number, language: str) -> str:
    if number.low == number.high:
        return written(number.low, language)
    middle, tolerance = number.middle, number.tolerance
    if max(len(written(middle, language)), len(written(tolerance, language))) <= 20:
        return f"{written(middle, language)} +- {written(tolerance, language)}"
    return f"[{written(number.low, language)}; {written(number.high, language)}]"


def written(number: Decimal, language: str) -> str:
    """A number as authors of the language write it."""
    text = f"{number.normalize():f}"
    if len(text) > 30:
        text = f"{number:.12e}"
        digits, exponent = text.split("e")
        text = f"{digits.rstrip('0').rstrip('.')}e{int(exponent)}"
    return text.replace(".", ",") if language == "de" else text
