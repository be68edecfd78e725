"""GIFT as Moodle and people write it."""

from decimal import Decimal

import pytest

from modules.gift import GiftItem, read_gift


def one(text: str) -> GiftItem:
    gift = read_gift(text, path="x.gift")
    assert not gift.findings, gift.findings
    return gift.items[0]


def test_a_choice_keeps_title_markup_weights_and_feedback() -> None:
    item = one("""// [id:q-7] [tag:basics] [tag:tokens]
::Token 1::[html]What is a <b>token</b>? {
  =A piece of text#Right.
  ~%50%A word # Often.
  ~A currency
  #### Models read tokens.
}""")
    assert (item.kind, item.title, item.markup, item.id, item.tags) == ("single", "Token 1", "html", "q-7", ("basics", "tokens"))
    assert [(a.text, a.weight, a.feedback, a.line) for a in item.answers] == [
        ("A piece of text", 1, "Right.", 3), ("A word", 0.5, "Often.", 4), ("A currency", None, "", 5),
    ]
    assert item.feedback == "Models read tokens."


def test_weights_without_an_equals_sign_are_several_right_answers() -> None:
    item = one("Which? {~%50%a ~%50%b ~%-100%c}")
    assert item.kind == "multi"
    assert [a.weight for a in item.answers] == [0.5, 0.5, -1]


@pytest.mark.parametrize(("written", "right"), [("T", "true"), ("FALSE", "false"), ("true#No!#Yes!", "true")])
def test_true_and_false(written: str, right: str) -> None:
    item = one(f"The sun is a star. {{{written}}}")
    assert item.kind == "truefalse"
    assert [a.text for a in item.answers if a.right] == [right]
    if "#" in written:
        assert {a.text: a.feedback for a in item.answers} == {"true": "Yes!", "false": "No!"}


def test_short_answers_with_and_without_a_sign() -> None:
    assert [a.text for a in one("Two plus two? {=four =4 =%50%vier}").answers] == ["four", "4", "vier"]
    assert one("Capital? {Berlin}").answers[0].text == "Berlin"


@pytest.mark.parametrize(("written", "ends"), [
    ("#3.14:0.02", [("3.12", "3.16")]), ("#1..5", [("1", "5")]), ("#=1822:0 =%50%1822:2", [("1822", "1822"), ("1820", "1824")]), ("# -4", [("-4", "-4")]),
])
def test_numbers_with_tolerances_and_ranges(written: str, ends: list[tuple[str, str]]) -> None:
    item = one(f"When? {{{written}}}")
    assert item.kind == "numeric"
    assert [(a.low, a.high) for a in item.answers] == [(Decimal(low), Decimal(high)) for low, high in ends]


def test_feedback_to_every_other_number_is_kept_apart() -> None:
    item = one("When? {#=1885:0 #Right. =%50%1885:3 #Close. ~#Look it up.}")
    assert len(item.answers) == 2
    assert item.others == "Look it up."


def test_pairs_and_distractors() -> None:
    item = one("Match. {=Germany -> Berlin =France -> Paris = -> Rome}")
    assert item.kind == "match"
    assert [(a.text, a.match) for a in item.answers] == [("Germany", "Berlin"), ("France", "Paris"), ("", "Rome")]


def test_missing_word_essay_and_description() -> None:
    assert (one("A model reads {=tokens ~words} one by one.").tail) == "one by one."
    assert one("Discuss. {}").kind == "essay"
    assert one("::Note::Read this first.").kind == "description"


def test_escapes_comments_categories_and_line_numbers() -> None:
    gift = read_gift("\ufeff$CATEGORY: Basics/Code\r\n\r\n// a comment\r\nWhat is 2 \\= 2\\: \\{x\\}? {\r\n// inside\r\n=a \\~ b\\nc ~d}\r\n\r\n\r\nNext {T}",
                     path="a.gift", first_line=10)
    assert not gift.findings
    first, second = gift.items
    assert (first.text, first.answers[0].text, first.category, first.line) == ("What is 2 = 2: {x}?", "a ~ b\nc", "Basics/Code", 13)
    assert [a.line for a in first.answers] == [15, 15]
    assert second.line == 18


@pytest.mark.parametrize(("written", "rule", "line"), [
    ("Open {=a ~b\n\nNext {T}", "gift-brace", 1),
    ("Closed }", "gift-brace", 1),
    ("Two {=a ~b} and {=c ~d}", "gift-braces", 1),
    ("None {~a ~b}", "gift-no-right", 1),
    ("Empty {=a\n~}", "gift-empty", 2),
    ("Stray {text =a ~b}", "gift-stray", 1),
    ("Pairs {=a -> b}", "gift-pairs", 1),
    ("Pairs {=a -> b =c -> d\n=e}", "gift-pair", 2),
    ("Number {#1,5}", "gift-number", 1),
    ("Number {#}", "gift-no-right", 1),
    ("Weight {=%300%a =b}", "weight", 1),
    ("x" * 50_001, "too-long", 1),
])
def test_what_cannot_be_read_is_reported_with_its_line_and_left_out(written: str, rule: str, line: int) -> None:
    gift = read_gift(f"Before {{T}}\n\n{written}", path="x.gift")
    assert next((f.rule, f.line) for f in gift.findings if f.path == "x.gift") == (rule, line + 2)
    assert gift.items[0].text == "Before"
    assert all(item.text in ("Before", "Next") for item in gift.items)


def test_feedback_on_pairs_is_said_to_be_left_out() -> None:
    gift = read_gift("Match. {=a -> b#why =c -> d}")
    assert [f.rule for f in gift.findings] == ["gift-left-out"]
    assert gift.items[0].answers[0].match == "b"
