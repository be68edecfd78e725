import re
import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.blocks import Block
from modules.findings import Severity
from modules.split import MOST_FINDINGS, Prose, Split, split
from tests.modules.folders import rules


def parts(text: str) -> Split:
    return split(text, path="m.md", language="de")


def blocks(text: str) -> list[Block]:
    return [segment for segment in parts(text).segments if isinstance(segment, Block)]


def prose(text: str) -> str:
    return "\n".join(segment.markdown for segment in parts(text).segments if isinstance(segment, Prose))


def test_a_block_keeps_its_lines_exactly_and_knows_where_it_stands() -> None:
    done = parts('# A\n\n::: single {#q1 points=2 title="two words"}\n(x) ja  \n    > gut\n:::\nEnde')
    assert done.segments == (
        Prose("# A\n", 1),
        Block("single", "q1", {"points": "2", "title": "two words"}, "(x) ja  \n    > gut", "m.md", 4, "de"),
        Prose("Ende", 7),
    )
    assert done.findings == ()


def test_slashes_are_an_alias_of_colons() -> None:
    assert [block.kind for block in blocks("/// multi {#a}\n::: not a mark here\n///\n")] == ["multi"]


@pytest.mark.parametrize("fence", ["```", "~~~~"])
def test_a_mark_inside_a_code_fence_is_text_in_prose_and_in_blocks(fence: str) -> None:
    text = f"{fence}\n::: note\n:::\n{fence}\n"
    assert blocks(text) == []
    assert prose(text) == text
    inside = blocks(f"::: prompt {{#p}}\n{fence}system\n:::\n{fence}\n:::\n")
    assert [block.body for block in inside] == [f"{fence}system\n:::\n{fence}"]


def test_a_question_hidden_in_a_code_fence_is_worth_a_warning() -> None:
    done = parts("```\n::: single {#a}\n(x) b\n:::\n```\n")
    assert [(finding.rule, finding.severity, finding.line) for finding in done.findings] == [("block-in-code", Severity.WARNING, 2)]


@pytest.mark.parametrize(("text", "rule", "line"), [
    ("::: single {#a}\n(x) b\n", "block-unclosed", 1),
    ("::: single {#a}\n(x) b\n::: single {#c}\n:::", "block-unclosed", 1),
    ("a\n:::\n", "block-close", 2),
    ("  ::: single {#a}\n", "block-mark", 1),
    ("> ::: single {#a}\n", "block-mark", 1),
    ("- ::: single {#a}\n", "block-mark", 1),
    ("1. ::: single {#a}\n", "block-mark", 1),
    ("\u200b::: single {#a}\n", "block-mark", 1),
    ("\u00a0::: single {#a}\n", "block-mark", 1),
    (":::: single {#a}\n::::", "block-mark", 1),
    ("::: single {#a}\n::::\n:::", "block-mark", 2),
    ("::: Single {#a}\n:::", "block-opening", 1),
    ("::: single #a\n:::", "block-opening", 1),
    ("::: single {#a} x\n:::", "block-opening", 1),
    ("::: single\n:::", "block-id", 1),
    ("::: single {points=1}\n:::", "block-id", 1),
    ("::: single {#ä}\n:::", "block-attributes", 1),
    ("::: single {#a #b}\n:::", "block-attribute-twice", 1),
    ("::: single {#a x=1 x=2}\n:::", "block-attribute-twice", 1),
    ("::: single {#a x}\n:::", "block-attributes", 1),
    ('::: single {#a x="b}\n:::', "block-attributes", 1),
    ("```\n", "fence-unclosed", 1),
    ("::: prompt {#a}\n```system\nx\n:::", "fence-unclosed", 2),
    ("````\n```\n", "fence-unclosed", 1),
])
def test_what_is_almost_a_block_is_an_error_with_its_line(text: str, rule: str, line: int) -> None:
    assert (rule, line) in [(finding.rule, finding.line) for finding in parts(text).findings if finding.severity is Severity.ERROR]


def test_all_mistakes_are_told_at_once() -> None:
    done = parts(":::\n::: A\n:::\n::: single {#a\n:::\n  :::\n::: x {#y}\n")
    assert rules(done.findings) == ["block-close", "block-opening", "block-opening", "block-mark", "block-unclosed"]


KEY = "(x) SOLUTION"
LINE = st.one_of(
    st.sampled_from([
        ":::", "::: single {#a points=1}", "::: multi {#b}", "///", "/// single {#c}", "```", "~~~", "```python", "````",
        "  :::", "> :::", "    ", "", "# Heading", "- item", "[^1]: note", "::::", "\t:::", "`` ` ``", "\u2028", "\x0b:::",
    ]),
    st.text(alphabet=st.characters(exclude_characters="\n"), max_size=20),
)


def prose_lines(segments: Sequence[object]) -> list[tuple[int, str]]:
    return [
        (segment.line + offset, line)
        for segment in segments if isinstance(segment, Prose) for offset, line in enumerate(segment.markdown.split("\n"))
    ]


@given(st.lists(LINE, max_size=40))
def test_no_line_of_prose_is_lost_moved_or_invented(lines: list[str]) -> None:
    done = split("\n".join(lines), path="m.md", language="de")
    placed = prose_lines(done.segments)
    numbers = [number for number, _ in placed]
    assert numbers == sorted(set(numbers))
    assert all(lines[number - 1] == line for number, line in placed)
    if any(finding.severity is Severity.ERROR for finding in done.findings):
        return
    taken = set(numbers)
    for block in (segment for segment in done.segments if isinstance(segment, Block)):
        taken |= set(range(block.line - 1, block.line + block.body.count("\n") + 2)) if block.body or block.line <= len(lines) else set()
    assert not [line for number, line in enumerate(lines, 1) if number not in taken and line.strip()]


@given(st.lists(LINE, max_size=12), st.lists(LINE, max_size=6), st.lists(LINE, max_size=6))
def test_a_key_never_stands_in_the_prose_of_a_text_that_may_be_published(
    before: list[str], inside: list[str], after: list[str]
) -> None:
    lines = [*before, "::: single {#q}", *inside, KEY, ":::", *after]
    done = split("\n".join(lines), path="m.md", language="de")
    if any(finding.rule == "block-in-code" or finding.severity is Severity.ERROR for finding in done.findings):
        return  # It cannot be published, or its author was told that it shows as text.
    prose = [line for _, line in prose_lines(done.segments)]
    if any(re.match(r"[\s>]*(```|~~~)", line) for line in before):  # A fence may make all of it text on purpose.
        return
    assert KEY not in prose


def test_long_runs_of_fences_and_marks_are_split_in_one_pass() -> None:
    start = time.perf_counter()
    for line in ("```a\n", ":::\n", "::: a {#b}\n", "~" * 50 + "\n", "::: a {" + "x=1 " * 50 + "}\n"):
        done = split(line * (200_000 // len(line)), path="m.md", language="de")
        assert len(done.findings) <= MOST_FINDINGS
    assert time.perf_counter() - start < 10
