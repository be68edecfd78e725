"""Quotes are looked up by program: what stands word for word in the named source, and what does not."""

import pytest

from exercises.grounding import REFUSED, RIGHT, WRONG, Claim, check, read_claim

SOURCES = ("Bücher leihen Sie\nvier Wochen lang aus. Er sagte: „Nie länger“.", "Gruppenräume sind bis 22 Uhr offen.")


def test_a_true_quote_is_found_whatever_its_case_spacing_and_quotation_marks_and_its_place_is_told() -> None:
    seen = check(Claim(1, 'bücher leihen Sie vier  Wochen lang aus. Er sagte: "Nie länger"', "Vier Wochen."), SOURCES)
    assert (seen.state, seen.before, seen.found[:12], seen.stands_in) == (RIGHT, "", "Bücher leihe", 1)


@pytest.mark.parametrize(("source", "quote", "stands_in"), [
    (1, "Bücher leihen Sie drei Wochen lang aus.", 0),      # changed
    (1, "Gruppenräume sind bis 22 Uhr offen.", 2),          # in another source
    (1, "vier", 0),                                         # supports nothing
    (3, "Gruppenräume sind bis 22 Uhr offen.", 0),          # no such source
    (2, "Gruppenräume sind bis 22 Uhr off", 0),             # ends within a word
    (1, "", 0),
])
def test_a_quote_that_is_changed_short_or_elsewhere_is_wrong(source: int, quote: str, stands_in: int) -> None:
    seen = check(Claim(source, quote, "x"), SOURCES)
    assert (seen.state, seen.stands_in) == (WRONG, stands_in)


def test_not_in_the_sources_is_a_refusal_and_no_json_is_wrong() -> None:
    assert check(Claim(0, "", "Steht nicht da."), SOURCES).state == REFUSED
    assert check(None, SOURCES).state == WRONG


@pytest.mark.parametrize("text", [
    '{"source": 2, "quote": "a b", "answer": "c"}',
    'Gern!\n```json\n{"quelle": "[2]", "zitat": "a b", "antwort": "c"}\n```\nBitte.',
])
def test_a_claim_is_read_with_words_around_it_and_with_german_keys(text: str) -> None:
    assert read_claim(text) == Claim(2, "a b", "c")


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"x": 1}', "{" * 5000, '{"source": 1, "quote": null, "answer": null}'])
def test_what_is_no_claim_is_none(text: str) -> None:
    assert read_claim(text) is None


def test_numbers_that_are_none_of_a_source_never_refuse_by_accident() -> None:
    found = read_claim('{"source": -1, "quote": "Gruppenräume sind bis 22 Uhr offen.", "answer": "x"}')
    assert found is not None
    assert check(found, SOURCES).state == WRONG
