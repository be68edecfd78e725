"""What an author is told about a block that cannot be published, or could be better."""

import time

import pytest

from assessments.kinds import KINDS
from modules.blocks import Block, BlockKind
from modules.findings import FormatError, Severity
from tests.assessments.samples import ANSWERED, BODIES, block, errors, findings, item, sample

SINGLE = "Was?\n(x) Ja\n( ) Nein"


def advice(kind: str, body: str) -> list[str]:
    """The rules that a readable block is warned by."""
    assert errors(kind, body) == []
    return [finding.rule for finding in findings(kind, body) if finding.severity is Severity.WARNING]


@pytest.mark.parametrize("kind", ANSWERED)
def test_every_sample_can_be_published(kind: str) -> None:
    registered: BlockKind = KINDS[kind]
    assert [finding for finding in registered.check(sample(kind)) if finding.severity is Severity.ERROR] == []
    assert registered.points(sample(kind, points="2,5")) == 2.5


@pytest.mark.parametrize(
    ("kind", "body", "found"),
    [
        ("single", "Was?\n( ) Ja\n( ) Nein", [("single-one-right", 9)]),
        ("single", "Was?\n(x) Ja\n(x) Nein", [("single-one-right", 9)]),
        ("single", "Was?\n[x] Ja\n[ ] Nein", [("option-brackets", 11)]),
        ("single", "Was?\n(x) Ja", [("options-few", 9)]),
        ("single", "Was?\n(x) Ja\n( ) Ja", [("option-double", 12)]),
        ("single", "Was?\n(x) Ja\n( )", [("option-empty", 12)]),
        ("single", "Was?\n(x) %50% Ja\n( ) Nein", [("weight", 11)]),
        ("single", "Was?\n(x) Ja\n( ) %150% Nein", [("weight", 12)]),
        ("single", "(x) Ja\n( ) Nein", [("no-text", 9)]),
        ("single", "Was?\n(x) Ja\nverloren\n( ) Nein", [("stray-line", 12)]),
        ("single", "Was?\n```python\nx = 1\n(x) Ja\n( ) Nein", [("options-few", 9), ("single-one-right", 9), ("fence-open", 11)]),
        ("multi", "Was?\n[ ] Ja\n[ ] Nein", [("multi-none-right", 9)]),
        ("multi", "Was?\n[x] %50% Ja\n[x] %20% Nein\n[ ] c", [("weight", 9)]),
        ("multi", "Was?\n[x] %100% Ja\n[ ] %10% Nein", [("weight", 12)]),
        ("cloze", "Kein Platz.", [("cloze-no-gap", 9)]),
        ("cloze", "Ein [[]] hier.", [("cloze-empty", 9)]),
        ("cloze", "Ein [[a|b]] hier.", [("cloze-right", 9)]),
        ("cloze", "Ein [[(a)|(b)]] hier.", [("cloze-right", 9)]),
        ("cloze", "Ein [[a|(b)|a]] hier.", [("option-double", 9)]),
        ("cloze", "Ein [[/a+/]] hier.", [("pattern-only", 9)]),
        ("cloze", "Ein [Verweis](https://example.org/[[a]]) hier.", [("cloze-place", 9)]),
        ("numeric", "Wie viele?", [("no-answer", 9)]),
        ("numeric", "Wie viele?\n=", [("answer-empty", 11)]),
        ("numeric", "Wie viele?\n= %50% 9", [("no-answer", 9)]),
        ("short", "Was?\n= /(?=a)/", [("pattern", 11)]),
        ("short", "Was?\n= /(a/", [("pattern", 11)]),
        ("short", "Was?\n= /\\bÜbung/", [("pattern", 11)]),
        ("short", f"Was?\n= /{'a' * 301}/", [("pattern", 11)]),
        ("short", "Was?\n= /((a{100}){100}){100}/", [("pattern", 11)]),
        ("matrix", "Was?", [("matrix-rows", 9)]),
        ("matrix", "Was?\n| | a | b |\n|-|-|-|\n| 1 | (x) |", [("matrix-row", 13)]),
        ("matrix", "Was?\n| | a | b |\n|-|-|-|\n| 1 | (x) | (x) |", [("matrix-one-right", 13)]),
        ("matrix", "Was?\n| | a | b |\n|-|-|-|\n| 1 | (x) | [ ] |", [("matrix-row", 13)]),
        ("matrix", "Was?\n| | a |\n|-|-|\n| 1 | (x) |", [("matrix-columns", 11)]),
        ("matrix", "Was?\n| | a | b |\n|-|-|-|\n| 1 | (x) | ( ) |\n| 1 | (x) | ( ) |", [("matrix-double", 13)]),
        ("match", "Was?\na -> b", [("match-pairs", 9)]),
        ("match", "Was?\na -> b\na -> c", [("match-double", 12)]),
        ("match", "Was?\na -> b\nc -> d\n-> b", [("match-distractor", 13)]),
        ("match", "Was?\na ->\nb -> c\nd -> e", []),
        ("order", "Was?\n1. a\n2. b", [("order-entries", 9)]),
        ("order", "Was?\n1. a\n2. b\n4. c\n5. d", [("order-numbers", 13)]),
        ("order", "Was?\n1. a\n2. b\n3. a", [("order-double", 13)]),
        ("essay", "Was?\n- [1] a\n- [2] b\n- [-1] c", [("stray-line", 13)]),
        ("essay", "Was?\n- [600] a\n- [600] b", [("rubric-size", 9)]),
        ("likert", "Was?", [("likert-statements", 9)]),
        ("likert", "Was?\n- a\n- a", [("likert-double", 11)]),
        ("likert", "Was?\n- a\n    > b", [("stray-line", 12)]),
        ("survey", "Was?\n(x) a\n( ) b", [("survey-key", 11)]),
        ("survey", "Was?\n[ ] a\n( ) b", [("survey-brackets", 11)]),
        ("survey", "Was?\n[ ] a", [("survey-options", 11)]),
        ("prompt", "Was?\n```checks\n- ask: a\n  must_be: x\n```", [("checks-value", 12)]),
        ("prompt", "Was?\n```checks\n- ask: a\n```\n```recorded\nx\n---\ny\n```", [("recorded-count", 15)]),
        ("prompt", "Was?\n```system\na\n```\n```system\nb\n```", [("fence-double", 15)]),
        ("prompt", "Was?\n```context\na\n```", [("context-name", 12)]),
    ],
)
def test_an_error_names_its_rule_and_line(kind: str, body: str, found: list[tuple[str, int]]) -> None:
    assert sorted(errors(kind, body)) == sorted(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("points", "-1"), ("points", "viele"), ("points", "1e9"), ("attempts", "-1"), ("attempts", "1.5"), ("attempts", "x" * 5000),
        ("scoring", "some"), ("shuffle", "maybe"), ("show", "later"),
    ],
)
def test_an_attribute_outside_its_bounds_is_refused(name: str, value: str) -> None:
    assert errors("single", SINGLE, **{name: value}) == [("attribute-value", 9)]


@pytest.mark.parametrize(("name", "value"), [("temperature", "0..3"), ("temperature", "1..0"), ("compare", "9"), ("feedback", "points")])
def test_an_exercise_has_bounds(name: str, value: str) -> None:
    assert errors("prompt", "Schreiben Sie.", **{name: value}) == [("attribute-value", 9)]


@pytest.mark.parametrize("name", ["points", "attempts", "scoring", "show", "competence"])
@pytest.mark.parametrize("kind", ["likert", "survey"])
def test_a_survey_has_no_points_and_one_answer(kind: str, name: str) -> None:
    values = {"points": "2", "attempts": "2", "scoring": "all", "show": "now", "competence": "kk.a"}
    assert errors(kind, BODIES[kind], **{name: values[name]}) == [("unknown-attribute", 9)]
    assert KINDS[kind].points(block(kind, BODIES[kind])) == 0


@pytest.mark.parametrize(("scale", "steps"), [("often", 5), ("nein|vielleicht|ja", 3), ("nein", 0), ("a|a", 0)])
def test_a_scale_has_a_name_or_steps(scale: str, steps: int) -> None:
    if not steps:
        assert errors("likert", BODIES["likert"], scale=scale) == [("likert-scale", 9)]
    else:
        assert len(item("likert", BODIES["likert"], scale=scale).scale) == steps


def test_an_unknown_attribute_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(FormatError) as refused:
        KINDS["single"].parse(block("single", SINGLE, point="2"))
    (finding,) = refused.value.findings
    assert finding.rule == "unknown-attribute"
    assert "points" in str(finding.values["known"])


def test_all_errors_of_a_block_are_told_at_once() -> None:
    assert len(errors("single", "Was?\n( ) Ja\n( ) Ja\nx", point="2", show="x")) == 5


def test_every_message_can_be_filled_with_its_values() -> None:
    for kind, body in (("single", "( ) a\nx"), ("multi", "? x"), ("matrix", "Was?\n| | a |\n|-|-|\n| 1 | (x) |"), ("numeric", "?\n= x")):
        for finding in findings(kind, body, foo="1", points="x"):
            assert "%(" not in finding.message % finding.values + finding.mend % finding.values


@pytest.mark.parametrize(
    ("kind", "body", "rules"),
    [
        ("single", "Was?\n(x) Eine sehr lange und sehr genaue richtige Antwort\n( ) Kurz\n! g", ["right-is-longest"]),
        ("single", "Was?\n(x) a\n( ) Alle genannten\n! g", ["all-of-the-above"]),
        ("single", "What?\n(x) a\n( ) None of the above\n! g", ["all-of-the-above"]),
        ("single", "Was ist nicht wahr?\n(x) a\n( ) b\n! g", ["negation"]),
        ("single", "Was ist **nicht** wahr?\n(x) a\n( ) b\n! g", []),
        ("single", "Das ist nicht neu. Was ist wahr?\n(x) a\n( ) b\n! g", []),
        ("single", "Was?\n(x) a\n( ) b", ["no-feedback"]),
        ("single", "Was?\n(x) a\n( ) b\n    > Weil.", []),
        ("multi", "Was?\n[x] a\n[ ] b\n! g", ["multi-one-right"]),
        ("short", "Was?\n= a", ["no-feedback"]),
        ("short", "Was?\n= /a+/\n! g", ["pattern-only"]),
        ("match", "Was?\na -> b\nc -> d\n! g", ["match-last"]),
        ("match", "Was?\na -> b\nc -> b\n! g", []),
        ("order", "Was?\n1. a\n2. b\n3. c", ["no-feedback"]),
        ("essay", "Was?", ["no-rubric"]),
        ("essay", "Was?\n- [1] a", []),
        ("prompt", "Was?", ["no-recorded-answer", "no-checks"]),
        ("short", "Was? <script>x</script>\n= a\n! g", ["html-dropped"]),
    ],
)
def test_weak_questions_get_advice(kind: str, body: str, rules: list[str]) -> None:
    assert advice(kind, body) == rules


def test_text_feedback_hints_and_explanation_find_their_places() -> None:
    question = item(
        "single",
        "Erster Absatz.\n\n```python\n(x) = 1\n```\n\n(x) Ja\n    weiter\n    > Gut,\n    > sehr gut.\n( ) Nein\n? Eins\n  noch eins\n\n? Zwei\n! Darum.\n! Und darum.",
    )
    assert "Erster Absatz" in question.text
    assert "<code" in question.text
    assert [hint.count("<p>") for hint in question.hints] == [1, 1]
    assert "noch eins" in question.hints[0]
    assert "Darum.\nUnd darum." in question.explanation
    assert question.options[0].html == "Ja weiter"
    assert "sehr gut" in question.options[0].feedback


def test_a_picture_is_no_explanation() -> None:
    assert "media/bild.svg" in item("short", "![Ein Bild](media/bild.svg)\nWas?\n= a").text


def test_pictures_get_their_address_from_the_page() -> None:
    question = KINDS["short"].parse(block("short", "![Ein Bild](media/bild.svg)\n= a"), lambda path: f"/files/{path}")
    assert 'src="/files/media/bild.svg"' in question.text


def test_languages_share_a_fingerprint_when_their_keys_agree() -> None:
    kind = KINDS["single"]
    german, english = block("single", "Was?\n(x) Ja\n( ) Nein"), block("single", "What?\n(x) Yes\n( ) No", language="en")
    assert kind.fingerprint(german) == kind.fingerprint(english)
    assert kind.fingerprint(german) != kind.fingerprint(block("single", "What?\n( ) No\n(x) Yes", language="en"))
    assert kind.fingerprint(german) != kind.fingerprint(block("single", "What?\n(x) Yes\n( ) No", language="en", points="2"))


@pytest.mark.parametrize("kind", KINDS)
def test_another_key_changes_the_revision(kind: str) -> None:
    one, other = sample(kind), block(kind, BODIES[kind] + "\n! anders")
    assert KINDS[kind].parse(one).revision != KINDS[kind].parse(other).revision
    assert KINDS[kind].parse(one).revision == KINDS[kind].parse(Block(**{**vars(one), "line": 99})).revision


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "body",
    [
        "Was?\n" + "[[" * 49_000, "Was?\n" + "(x) a\n" * 20_000, "Was?\n" + "? a\n" * 20_000, "Was?\n= " + "1 +- " * 15_000,
        "Was?\n= " + "a|" * 45_000, "Was?\n" + "```\n" * 24_000, "Was?\n|" + "a|" * 45_000 + "\n|a|", "Was" * 30_000, "?\n= " + "/" * 90_000,
        "Was?\n" + "[x] a\n    > b\n" * 99, "Was?\na" + " " * 90_000, "Was?\n" + "a " * 45_000, "Was?\n" + "a ->" * 22_000, "Was?\n" + "1. a\n" * 9_000, "x" * 200_000, "Was?\n```checks\n" + "- judge: a\n" * 8000 + "```",
    ],
)
def test_no_block_holds_a_worker(kind: str, body: str) -> None:
    before = time.process_time()
    assert findings(kind, body)
    assert time.process_time() - before < 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", ["", "\n\n", "?", "? ", "!", "```", "|", "= ", "( )", "[[", "[[]]", "```checks\n```", "    > x", "(x) a\n" * 150])
def test_no_body_makes_a_kind_stumble(kind: str, body: str) -> None:
    assert all(finding.mend for finding in findings(kind, body))
