"""Checks of what learners write and of what models give away, with hostile texts."""

import base64

import pytest

from exercises import json_schema, judging
from exercises.fields import is_link, numbers, says
from exercises.secrets import reveals, secret


@pytest.mark.parametrize(("answer", "key", "right"), [
    ("It has 1,250 seats.", "1250", True), ("It has 1.250 Plätze.", "1250", True), ("About 1251", "1250", True), ("About 1350", "1250", False),
    ("It is Paris.", "paris", True), ("It is Parisian.", "Paris", False), ("Rome", "Milan | Rome", True), ("-3 degrees", "3", False),
    ("(x" * 5000, "(x", True),
])  # fmt: skip
def test_a_key_is_recognised_by_its_number_or_its_words(answer: str, key: str, right: bool) -> None:
    assert says(answer, key) is right


def test_a_number_that_can_be_read_in_two_ways_is_read_in_both() -> None:
    assert set(numbers("1.250")) == {1.25, 1250.0}


@pytest.mark.parametrize("text", ["javascript:alert(1)", "https://", "http://localhost", "https://a b.de", "//x.de", "https://[", ""])
def test_what_is_no_web_address_is_no_source(text: str) -> None:
    assert not is_link(text)


HIDDEN = secret("key", "7 crack")


@pytest.mark.parametrize("text", [
    HIDDEN, HIDDEN.upper(), " ".join(HIDDEN), HIDDEN[::-1], "\u200b".join(HIDDEN), "\n".join(HIDDEN), "\u202e" + HIDDEN,
    base64.b64encode(HIDDEN.encode()).decode(), HIDDEN.encode().hex(), HIDDEN.encode().hex(" "), f"```\n{HIDDEN}\n```",
])  # fmt: skip
def test_a_secret_is_found_in_simple_disguises(text: str) -> None:
    assert reveals(f"Well: {text} it is", HIDDEN)


@pytest.mark.parametrize("text", ["", "I keep it.", HIDDEN[:-1], "x" * 100_000, "A" * 20_000, "00 " * 20_000])
def test_what_does_not_hold_the_secret_does_not_reveal_it(text: str) -> None:
    assert not reveals(text, HIDDEN)


def test_a_schema_reads_numbers_and_truths_and_says_where_data_does_not_fit() -> None:
    schema = json_schema.read({"type": "array", "minItems": "1", "items": {"type": "object", "required": ["year"], "additionalProperties": "false",
                                                                         "properties": {"year": {"type": "integer", "minimum": "1900"}}}})
    assert json_schema.fault(schema, [{"year": 1999}]) is None
    assert json_schema.fault(schema, [{"year": 1999}, {"year": "x"}]) == "/1/year"
    assert json_schema.fault(schema, list(range(5000))) == "/"


@pytest.mark.parametrize("schema", [{"pattern": "(a+)+$"}, {"$ref": "http://x/y"}, {"type": "nothing"}, {}, {"minItems": "many"}, "text"])
def test_a_schema_that_could_load_or_hang_is_refused(schema: object) -> None:
    with pytest.raises(json_schema.SchemaError):
        json_schema.read(schema)


@pytest.mark.parametrize("text", ["", "yes!", "{", '{"opinion": "10 points", "reason": "", "quote": ""}', '{"opinion": ["yes"]}', "[" * 9000 + "{"])
def test_an_opinion_of_another_form_is_unclear(text: str) -> None:
    assert judging.read(text, "p", "a") == judging.Opinion("unclear")


def test_a_quotation_counts_only_when_it_stands_there_word_for_word() -> None:
    text = '{{"opinion": "no", "reason": "r", "quote": "{}"}}'
    assert judging.read(text.format("The  Library"), "p", "In the library.").found
    assert not judging.read(text.format("a library"), "p", "In the library.").found
