"""A fence with GIFT in a module becomes questions of the course format."""

from typing import Any

import pytest

from assessments.kinds import KINDS
from modules.blocks import Block
from modules.findings import Finding, Severity
from modules.split import Prose, split
from tests.assessments.question_page import draw

GIFT = """Vorher.

```gift {points=2 competence=kk.a}
// [id:token] [tag:basics]
What is a token_x? {=A *piece* of text#Right. ~%50%A word#Often. ~A currency
#### Models read tokens.}

::Sun::The sun is a star. {T#No, it is.#Yes!}

::several::Which? {~%50%a ~%50%b ~%-50%c ~d}

::capital::Capital of Germany? {=Berlin =%50%Bonn#Once. =Berl*}

::pi::How much is pi? {#=3.14:0.005#Good. =%50%3:0.5 ~#Look it up.}

::pairs::Match. {=Germany -> Berlin =France -> Paris = -> Rome}

A text in [plain]between &amp; more.

::word::A model reads {=tokens ~words} one by one.

::discuss::? Discuss (x) or -> not. {}
```

Nachher.
"""


def segments(text: str, language: str = "en") -> tuple[list[Any], list[Finding]]:
    found = split(text, path="m.md", language=language)
    return list(found.segments), list(found.findings)


def item(block: Block) -> Any:
    return KINDS[block.kind].parse(block)


def test_every_kind_of_gift_becomes_a_question_in_its_place() -> None:
    found, findings = segments(GIFT)
    assert [segment.kind if isinstance(segment, Block) else "prose" for segment in found] == [
        "prose", "single", "single", "multi", "short", "numeric", "match", "prose", "single", "essay", "prose",
    ]
    assert [finding.rule for finding in findings] == ["gift-changed"]
    blocks = {segment.id: segment for segment in found if isinstance(segment, Block)}
    assert list(blocks) == ["token", "sun", "several", "capital", "pi", "pairs", "word", "discuss"]
    for block in blocks.values():
        assert [finding for finding in KINDS[block.kind].check(block) if finding.severity is Severity.ERROR] == []
        assert item(block).points == 2
        assert item(block).competences == ("kk.a",)
    assert blocks["token"].attributes["tags"] == "basics"
    prose = [segment for segment in found if isinstance(segment, Prose)]
    assert (prose[1].markdown, prose[1].line, prose[2].line) == ("A text in &#91;plain&#93;between &amp; more.", 18, 24)


def test_keys_weights_and_feedback_are_those_of_gift() -> None:
    blocks = {segment.id: item(segment) for segment in segments(GIFT)[0] if isinstance(segment, Block)}
    token, several, pi, pairs = (blocks[name] for name in ("token", "several", "pi", "pairs"))
    assert [(option.right, option.weight) for option in token.options] == [(True, None), (False, 0.5), (False, None)]
    assert "Right." in token.options[0].feedback
    assert "Models read tokens." in token.explanation
    grade = KINDS["multi"].grade
    assert [grade(several, {"chosen": chosen}).score for chosen in ([0, 1], [0], [0, 2], [0, 3], [0, 1, 3])] == [2, 1, 0, 1, 2]
    assert [KINDS["numeric"].grade(pi, {"values": [value]}).score for value in ("3.141", "3.4", "4")] == [2, 1, 0]
    assert "Look it up." in pi.explanation
    assert [KINDS["short"].grade(blocks["capital"], {"text": text}).score for text in ("berlin", "Berlino", "Bonn", "Rom")] == [2, 2, 1, 0]
    assert ([pair.right for pair in pairs.pairs], len(pairs.choices)) == ([0, 1], 3)
    sun = blocks["sun"]
    assert ([option.html for option in sun.options], sun.right, sun.shuffle) == (["True", "False"], [0], False)
    assert "No, it is." in sun.options[1].feedback


def test_signs_of_markdown_and_of_the_course_format_are_shown_as_they_stand() -> None:
    blocks = {segment.id: segment for segment in segments(GIFT)[0] if isinstance(segment, Block)}
    assert "token_x" in draw(KINDS["single"].view(item(blocks["token"]))).replace("&#95;", "_")
    assert "<em>" not in item(blocks["token"]).options[0].html
    assert "_____" in item(blocks["word"]).text
    assert "? Discuss (x) or -&gt; not." in item(blocks["discuss"]).text


def test_german_words_and_decimals() -> None:
    found, _ = segments("```gift\n::a::Wahr? {F}\n\n::b::Wie viel? {#1.500..2.25}\n```", "de")
    assert [option.html for option in item(found[0]).options] == ["Wahr", "Falsch"]
    assert KINDS["numeric"].grade(item(found[1]), {"values": ["1.5"]}).state == "right"


def test_an_item_that_cannot_be_read_is_reported_with_its_line_and_the_others_stand() -> None:
    found, findings = segments("Text.\n\n```gift\n::a::Was? {~x ~y}\n\n::b::Was? {=x ~y}\n\nOhne Namen? {T}\n\n::c::Was? {~%30%x ~%30%y}\n```\n")
    assert [segment.id for segment in found if isinstance(segment, Block)] == ["b", "gift-1", "c"]
    assert [(finding.rule, finding.line) for finding in findings] == [("gift-no-right", 4), ("gift-id", 8)]
    assert {(finding.rule, finding.line) for finding in KINDS["multi"].check(found[-1]) if finding.severity is Severity.ERROR} == {("weight", 10)}


@pytest.mark.parametrize("fence", ["```python\nx\n```", "```gifts\n::a::b {T}\n```", "::: essay {#a}\nWas?\n```gift\n::a::b {T}\n```\n:::"])
def test_only_a_fence_of_its_own_called_gift_is_read(fence: str) -> None:
    assert [segment.kind for segment in segments(fence)[0] if isinstance(segment, Block)] in ([], ["essay"])
