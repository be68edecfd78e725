"""Numbers as people write them in two languages."""

from decimal import Decimal

import pytest

from assessments.kinds import KINDS, numbers
from tests.assessments.samples import errors, item


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1.234,5", ["1234.5"]), ("1,234.5", ["1234.5"]), ("1234,5", ["1234.5"]), ("1 234,5", ["1234.5"]),
        ("1\u202f234,5", ["1234.5"]), ("1'234.5", ["1234.5"]), ("1.500", ["1500", "1.500"]), ("1,500", ["1.500", "1500"]),
        ("1.5", ["1.5"]), ("1.234.567", ["1234567"]), ("−5", ["-5"]), ("+5", ["5"]), (",5", ["0.5"]), ("1,5e3", ["1.5E+3"]),
        ("2·10^3", ["2E+3"]), ("0.001", ["0.001"]), ("1.2345", ["1.2345"]),
    ],
)
def test_numbers_are_read_in_every_sensible_way(text: str, values: list[str]) -> None:
    assert {Decimal(value) for value in values} == set(numbers.readings(text))


@pytest.mark.parametrize("text", ["", "viele", "1,2,3", "1.23.4", "5.", "--5", "1e", "0x10", "٣", "5 Token", "1/2", "9" * 65])
def test_what_is_no_number_is_not_read(text: str) -> None:
    assert numbers.readings(text) == []


@pytest.mark.parametrize(
    ("written", "language", "low", "high"),
    [
        ("900", "de", "900", "900"), ("900 +- 10%", "de", "810", "990"), ("900 ± 5", "en", "895", "905"), ("1,5 +- 0,1", "de", "1.4", "1.6"),
        ("[39, 45]", "de", "39", "45"), ("[1,5; 2,5]", "de", "1.5", "2.5"), ("[-5, -1.5]", "en", "-5", "-1.5"), ("−3", "de", "-3", "-3"),
        ("0.001", "de", "0.001", "0.001"), ("-10 +- 10%", "en", "-11", "-9"),
    ],
)
def test_authors_write_numbers_tolerances_and_intervals(written: str, language: str, low: str, high: str) -> None:
    accepted = numbers.read_range(written, language)
    assert (accepted.low, accepted.high) == (Decimal(low), Decimal(high))


@pytest.mark.parametrize(
    ("written", "rule"),
    [("1.500", "number-ambiguous"), ("[1,5, 2,5]", "number-ambiguous"), ("viel", "number"), ("[5, 1]", "number"), ("9 +- x", "number")],
)
def test_an_authors_number_that_is_unclear_is_refused(written: str, rule: str) -> None:
    assert errors("numeric", f"Wie viele?\n= {written}") == [(rule, 11)]


def test_an_english_author_must_not_write_a_decimal_comma() -> None:
    assert errors("numeric", "How many?\n= 1,5", language="en") == [("number", 11)]
    assert errors("numeric", "How many?\n= 1,500", language="en") == [("number-ambiguous", 11)]


@pytest.mark.parametrize("text", ["900", "900 Token", "900token", "0,9e3", "900 Tokens", "989.9", "810"])
def test_a_unit_may_follow_the_number(text: str) -> None:
    question = item("numeric", "Wie viele?\n= 900 +- 10%", unit="Token|Tokens")
    assert KINDS["numeric"].grade(question, KINDS["numeric"].read(question, {"answer": [text]})).state == "right"


def test_a_number_counts_in_whichever_way_the_learner_meant_it() -> None:
    for language, text in (("de", "1.5"), ("en", "1,5"), ("de", "1.500"), ("en", "1,500")):
        question = item("numeric", "?\n= 1.5", language=language)
        assert KINDS["numeric"].grade(question, KINDS["numeric"].read(question, {"answer": [text]})).state == "right"
    question = item("numeric", "?\n= 1500", language="de")
    assert KINDS["numeric"].grade(question, KINDS["numeric"].read(question, {"answer": ["1.500"]})).state == "right"


def test_limits_count_as_inside_without_rounding_errors() -> None:
    question = item("numeric", "?\n= 0.3 +- 0.1", language="en")
    assert KINDS["numeric"].grade(question, KINDS["numeric"].read(question, {"answer": ["0.4"]})).state == "right"
    assert KINDS["numeric"].grade(question, KINDS["numeric"].read(question, {"answer": ["0.4001"]})).state == "wrong"


def test_numbers_are_shown_in_the_learners_language() -> None:
    assert numbers.range_as_text(numbers.read_range("[1.50; 2.50]", "de"), "de") == "1,5–2,5"
