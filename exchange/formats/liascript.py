"""LiaScript: its quizzes, read and written. What it can do beside (scripts, macros, effects) is left out."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from assessments.kinds.answers import Answer
from core.i18n import N_
from exchange.collecting import Collected
from exchange.model import GAP, TEXT, Choice, Entry, Gap, Item, Reading, Row, UnreadableError, Words, gap
from exchange.normal import literal
from exchange.text import decode
from modules.findings import Severity
from modules.split import fences

NAME = "liascript"
_SINGLE = re.compile(r"^\s*\[\(([ xX])\)\]\s*(.*)$")
_MULTI = re.compile(r"^\s*\[\[([ xX])\]\]\s*(.*)$")
_SURVEY = re.compile(r"^\s*\[(?:(?:\(-?\w{1,20}\)|\[-?\w{1,20}\])\](?=\s+\S)|\[_{3,}[_ ]*\]\])\s*(.*)$")
_HINT = re.compile(r"^\s*\[\[\?\]\]\s*(.*)$")
_SCRIPTED = re.compile(r"^\s*\[\[!\]\]\s*$")
_MATRIX_HEAD = re.compile(r"^\s*\[\s*((?:[\[(][^\])\n]{1,200}[\])]\s*){2,10})\]\s*(.*)$")
_MATRIX_ROW = re.compile(r"^\s*\[((?:\s*(?:\([ xX]\)|\[[ xX]\])){2,10})\s*\]\s*(.*)$")
_CELL = re.compile(r"[\[(]([^\])]*)[\])]")
_TEXT_QUIZ = re.compile(r"^\s*\[\[([^\[\]]{1,500})\]\]\s*$")
_INLINE = re.compile(r"\[\[([^\[\]?!]{1,500})\]\]")
_SURVEY_ROW = re.compile(r"^\s*\[\s{2,}\]\s+\S")
_NARRATION = re.compile(r"^\s*(?:--)?\{\{[^{}\n]{0,60}\}\}(?:--)?\s*$")
_EFFECT = re.compile(r"\{[|!]?>?\s?[^{}\n]{0,40}\}(?=\{)\{([^{}\n]{0,300})\}")
_MOVING = re.compile(r"(?<![\w\]])[!?]{1,2}\?\[([^\]\n]{0,300})\]\(|(?<![\w!\]])\?\[([^\]\n]{0,300})\]\(")
_MACRO = re.compile(r"(?<![\w@.])@[A-Za-z_][\w.]{0,60}(?:\([^)\n]{0,300}\))?")
_STARS = re.compile(r"^\s*\*{4,}\s*$")


def looks_like(text: str) -> bool:
    """Whether a text may be LiaScript."""
    return bool(re.search(r"^\s*\[(\(|\[)[ xX](\)|\])\]|^\s*\[\[[^\]\n]+\]\]\s*$|^<!--[^>]*\b(?:narrator|version|author):", text[:200_000], re.MULTILINE))


@dataclass
class _Quiz:
    """The lines of one quiz."""

    line: int
    stem: list[str]
    title: str = ""
    singles: list[tuple[bool, str]] = field(default_factory=list)
    multis: list[tuple[bool, str]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    rows: list[tuple[str, str]] = field(default_factory=list)
    answer: str = ""
    inline: bool = False
    hints: list[str] = field(default_factory=list)
    solution: list[str] = field(default_factory=list)
    reason: str = ""


def read(content: bytes, path: str, language: str) -> Reading:
    """Read a LiaScript course."""
    collected = Collected(NAME, path, language)
    text = decode(content, collected)
    kept = _without(text, "<!--", "-->")
    without = _without(kept, "<script", "</script>")
    if without != kept:
        collected.find("script", 0, N_("Scripts were left out."), N_("Check the questions that used them."), severity=Severity.WARNING)
    title = re.search(r"^#\s+(.*)$", without, re.MULTILINE)
    collected.title = title[1].strip()[:200] if title else ""
    collected.each(_read_parts(without.split("\n")))
    return collected.done()


def _read_parts(lines: list[str]) -> Iterator[tuple[str, str, int, Callable[[Entry], Item]]]:
    for part in _parts(lines):
        if isinstance(part, _Quiz):
            yield part.title or " ".join(part.stem)[:80], "quiz", part.line, lambda entry, part=part: _item(part, entry)  # type: ignore[misc]
            continue
        line, written = part
        prose = "\n".join(written).strip()
        if prose:
            yield prose.split("\n")[0].lstrip("# ")[:80], "text", line, lambda entry, prose=prose, line=line: Item(kind=TEXT, stem=_as_markdown(prose, entry), line=line)  # type: ignore[misc]


def _as_markdown(text: str, entry: Entry) -> str:
    """A text without what only LiaScript makes something of; code stays as it is."""
    lines = text.split("\n")
    ends, _ = fences(lines)
    done: list[str] = []
    end = -1
    for at, line in enumerate(lines):
        end = max(end, ends.get(at, -1))
        done += [line] if at <= end else _plain_line(line, entry)
    return "\n".join(done).strip()


def _plain_line(line: str, entry: Entry) -> list[str]:
    if _NARRATION.match(line):
        entry.change(N_("Narration and effects were left out; all of the text is there at once."))
        return []
    plain = _EFFECT.sub(lambda found: found[1], line)
    if plain != line:
        entry.change(N_("Narration and effects were left out; all of the text is there at once."))
    linked = _MOVING.sub(lambda found: f"[{found[1] or found[2] or ''}](", plain)
    if linked != plain:
        entry.change(N_("Embedded media became a link."))
    if macro := _MACRO.search(re.sub(r"`[^`\n]*`|\S+@\S+|https?://\S+", "", linked)):
        entry.change(N_("The macro %(name)s stands there as text."), name=macro[0][:60])
    return [linked]


def _without(text: str, begin: str, end: str) -> str:
    """The text without what stands from `begin` to `end`; its lines stay where they are."""
    done = []
    at = 0
    while (start := text.find(begin, at)) >= 0 and (stop := text.find(end, start)) >= 0:
        done += [text[at:start], "\n" * text.count("\n", start, stop)]
        at = stop + len(end)
    return "".join([*done, text[at:]])


def _parts(lines: list[str]) -> Iterator[_Quiz | tuple[int, list[str]]]:
    """Prose and quizzes in order. The paragraph above a quiz is its question."""
    ends, _ = fences(lines)
    prose: list[str] = []
    start, at = 1, 0
    while at < len(lines):
        if at in ends:
            prose += lines[at : ends[at] + 1]
            at = ends[at] + 1
            continue
        if not _begins_quiz(lines[at]):
            prose.append(lines[at])
            at += 1
            continue
        stem, prose = _cut_paragraph(prose, inline=_is_inline(lines[at]))
        written = [line for line in prose if line.strip()]
        alone = len(written) == 1 and written[0].startswith("#")  # The heading is the quiz's own.
        if written and not alone:
            yield start, prose
        quiz = _Quiz(at + 1, stem, title=written[0].lstrip("# ").strip() if alone else "")
        at = _take_quiz(lines, at, quiz)
        yield quiz
        prose, start = [], at + 1
    if any(line.strip() for line in prose):
        yield start, prose


def _begins_quiz(line: str) -> bool:
    return bool(any(pattern.match(line) for pattern in (_SINGLE, _MULTI, _TEXT_QUIZ, _MATRIX_HEAD, _SURVEY, _SCRIPTED)) or _is_inline(line))


def _is_inline(line: str) -> bool:
    """A gap within a text."""
    return bool(_INLINE.search(line)) and not any(pattern.match(line) for pattern in (_MULTI, _TEXT_QUIZ, _HINT, _SURVEY, _SCRIPTED))


def _cut_paragraph(prose: list[str], *, inline: bool) -> tuple[list[str], list[str]]:
    """The last paragraph, and what stands before it. A heading is no question, but better than none."""
    end = len(prose)
    while end and not prose[end - 1].strip():
        if inline:
            return [], prose
        end -= 1
    begin = end
    while begin and prose[begin - 1].strip() and not (begin < end and prose[begin - 1].startswith("#")):
        begin -= 1
    return prose[begin:end], prose[:begin]


def _take_quiz(lines: list[str], at: int, quiz: _Quiz) -> int:
    """Take all lines of a quiz; returns where the text goes on."""
    while at < len(lines):
        line = lines[at]
        if _STARS.match(line) and not quiz.solution:
            end = next((no for no in range(at + 1, len(lines)) if _STARS.match(lines[no])), len(lines))
            quiz.solution = lines[at + 1 : end]
            return end + 1
        if not line.strip():
            following = next((lines[no] for no in range(at, len(lines)) if lines[no].strip()), "")
            if not (_HINT.match(following) or _STARS.match(following)):
                return at
        elif not _take_line(line, quiz):
            return at
        at += 1
    return at


def _take_line(line: str, quiz: _Quiz) -> bool:
    if hint := _HINT.match(line):
        quiz.hints.append(hint[1].strip())
    elif single := _SINGLE.match(line):
        quiz.singles.append((single[1] in "xX", single[2]))
    elif multi := _MULTI.match(line):
        quiz.multis.append((multi[1] in "xX", multi[2]))
    elif row := _MATRIX_ROW.match(line):
        quiz.rows.append((row[1], row[2]))
    elif _SCRIPTED.match(line):
        quiz.reason = N_("What is right is decided by a script.")
    elif _SURVEY.match(line) or (quiz.columns and _SURVEY_ROW.match(line)):
        quiz.reason = N_("It is a survey, which has no right answer.")
    elif (head := _MATRIX_HEAD.match(line)) and not quiz.columns:
        quiz.columns = [cell.strip() for cell in _CELL.findall(head[1])]
    elif (text := _TEXT_QUIZ.match(line)) and not quiz.answer:
        quiz.answer = text[1]
    elif _is_inline(line) or quiz.inline:
        quiz.inline = True
        quiz.stem.append(line)
    else:
        return False
    return True


def _item(quiz: _Quiz, entry: Entry) -> Item:
    if quiz.reason:
        raise UnreadableError(quiz.reason)
    stem = _as_markdown("\n".join(quiz.stem).strip().lstrip("# "), entry)
    item = Item(kind="", stem=stem, line=quiz.line, title=quiz.title, hints=tuple(filter(None, quiz.hints)), explanation="\n".join(quiz.solution).strip())
    if quiz.inline:
        return _cloze(item)
    if not stem:
        raise UnreadableError(N_("The question has no text."))
    if quiz.columns:
        return _matrix(item, quiz)
    if quiz.singles or quiz.multis:
        return _choice(item, quiz, entry)
    options = [part.strip() for part in re.split(r"(?<!\\)\|", quiz.answer)]
    if len(options) > 1:
        return replace(item, kind="single", choices=tuple(Choice(_bare(part), part.startswith("(")) for part in options), shuffle=False)
    return replace(item, kind="short", words=(Words((Answer(quiz.answer.strip()),)),))


def _bare(part: str) -> str:
    return part[1:-1].strip() if part.startswith("(") and part.endswith(")") else part


def _choice(item: Item, quiz: _Quiz, entry: Entry) -> Item:
    right = sum(is_right for is_right, _ in quiz.singles)
    if quiz.singles and right > 1:
        entry.change(N_("Several answers were right, each for itself; the question is a multiple choice now."))
    kind = "single" if quiz.singles and right == 1 else "multi"
    options = quiz.singles or quiz.multis
    if not any(is_right for is_right, _ in options):
        raise UnreadableError(N_("No answer is right."))
    return replace(item, kind=kind, scoring="all" if kind == "multi" else "", choices=tuple(Choice(text.strip(), is_right) for is_right, text in options))


def _matrix(item: Item, quiz: _Quiz) -> Item:
    rows = [Row(text.strip(), tuple(at for at, cell in enumerate(_CELL.findall(cells)) if cell in ("x", "X"))) for cells, text in quiz.rows]
    many = any("[" in cells for cells, _ in quiz.rows)
    if not rows or (not many and any(len(row.right) != 1 for row in rows)):
        raise UnreadableError(N_("No answer is right."))
    return replace(item, kind="matrix", columns=tuple(quiz.columns), rows=tuple(rows), many=many)


def _cloze(item: Item) -> Item:
    gaps: list[Gap] = []

    def place(found: re.Match[str]) -> str:
        options = [part.strip() for part in re.split(r"(?<!\\)\|", found[1])]
        right = next((at for at, part in enumerate(options) if part.startswith("(")), -1)
        if len(options) > 1 and right >= 0:
            gaps.append(Gap(options=tuple(_bare(part) for part in options), right=right))
        else:
            gaps.append(Gap(answers=(Answer(found[1].strip()),)))
        return gap(len(gaps))

    return replace(item, kind="cloze", stem=_INLINE.sub(place, item.stem), gaps=tuple(gaps), points=float(len(gaps)))


# --- Out --------------------------------------------------------------------------------------------------------------

def write(items: Sequence[Item], entries: Sequence[Entry], title: str, language: str) -> bytes:
    """The items as a LiaScript course."""
    parts = [f"<!--\nlanguage: {language}\n-->\n\n# {title or 'Lotse'}"]
    for item, entry in zip(items, entries, strict=True):
        try:
            body = _quiz(item, entry)
        except UnreadableError as error:
            entry.drop(error.message, **error.values)
            continue
        parts.append(body if item.kind == TEXT else f"## {item.title or item.id}\n\n{body}")
    return ("\n\n".join(parts) + "\n").encode()


def _quiz(item: Item, entry: Entry) -> str:
    if item.kind == TEXT:
        return item.stem
    _note_losses(item, entry)
    stem, lines = _quiz_lines(item, entry)
    lines = [*lines, *(f"    [[?]] {' '.join(hint.split())}" for hint in item.hints)]
    if item.explanation:
        lines += ["    ****************", "", *("    " + line if line else "" for line in item.explanation.split("\n")), "", "    ****************"]
    return "\n".join([stem, *([""] if item.kind != "cloze" else []), *lines])


def _note_losses(item: Item, entry: Entry) -> None:
    told = [*(choice.feedback for choice in item.choices), *(row.feedback for row in item.rows), *(pair.feedback for pair in item.pairs)]
    if any(told) or any(line.feedback for line in item.words) or any(line.feedback for line in item.numbers):
        entry.change(N_("%(format)s has no feedback for single answers; it was left out."), format="LiaScript")
    if any(choice.weight for choice in item.choices) or any(line.weight != 1 for line in item.words) or any(line.weight != 1 for line in item.numbers):
        entry.change(N_("%(format)s has no weights; only right and wrong are left."), format="LiaScript")
    if item.points != 1:
        entry.change(N_("%(format)s has no points; %(points)s were left out."), format="LiaScript", points=item.points)


def _quiz_lines(item: Item, entry: Entry) -> tuple[str, list[str]]:
    if item.kind == "single":
        return item.stem, [f"    [({'X' if choice.right else ' '})] {choice.text}" for choice in item.choices]
    if item.kind == "multi":
        return item.stem, [f"    [[{'X' if choice.right else ' '}]] {choice.text}" for choice in item.choices]
    if item.kind == "matrix":
        opening, closing = "[]" if item.many else "()"
        head = " ".join(f"{opening}{column}{closing}" for column in item.columns)
        return item.stem, [f"    [{head}]", *(f"    [{' '.join(opening + ('X' if at in row.right else ' ') + closing for at in range(len(item.columns)))}] {row.text}" for row in item.rows)]
    if item.kind == "short":
        text = next((text for words in item.words if words.weight == 1 for answer in words.answers if (text := literal(answer))), None)
        if text is None:
            raise UnreadableError(N_("No answer is left."))
        if sum(len(words.answers) for words in item.words) > 1:
            entry.change(N_("%(format)s takes only one answer; the others were left out."), format="LiaScript")
        return item.stem, [f"    [[{text}]]"]
    if item.kind == "numeric":
        entry.change(N_("%(format)s takes only one answer; the others were left out."), format="LiaScript")
        return item.stem, [f"    [[{item.numbers[0].middle.normalize():f}]]"]
    if item.kind == "cloze":
        return GAP.sub(lambda found: f"[[{_written(item.gaps[int(found[1]) - 1], entry)}]]", item.stem), []
    raise UnreadableError(N_("%(format)s has nothing for the kind “%(kind)s”."), format="LiaScript", kind=item.kind)


def _written(one: Gap, entry: Entry) -> str:
    if one.options:
        return "|".join(f"({option})" if at == one.right else option for at, option in enumerate(one.options))
    text = next((text for answer in one.answers if (text := literal(answer))), None)
    if text is None:
        raise UnreadableError(N_("No answer is left."))
    if len(one.answers) > 1:
        entry.change(N_("%(format)s takes only one answer; the others were left out."), format="LiaScript")
    return text
