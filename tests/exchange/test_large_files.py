"""Files of any length are read question by question: no more than one of them is in memory, and none costs another."""

import tracemalloc
from collections.abc import Iterator

import pytest

from exchange import collecting, cutting, xmltext
from exchange.cutting import cut
from modules import gift
from tests.exchange.samples import moodle, notes, question, read

QTI_ITEM = '<item ident="i" title="Q"><presentation><material><mattext>Read this.</mattext></material></presentation></item>\n'


@pytest.fixture
def largest(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many characters each text has that is made into elements."""
    seen: list[int] = []
    tree = xmltext._tree

    def watched(text: str) -> object:
        seen.append(len(text))
        return tree(text)

    monkeypatch.setattr(xmltext, "_tree", watched)
    return seen


@pytest.mark.parametrize(("text", "name", "read_in_all"), [
    (moodle(*[question("description", "", "x")] * 20_000), "bank.xml", 20),
    ("<questestinterop>" + QTI_ITEM * 20_000 + "</questestinterop>", "bank.xml", 20),
    ("".join(f"::Q{number}::What is {number}? {{={number} ~x}}\n\n" for number in range(80_000)), "bank.gift", 20),
    ("What?\nA. x\nB. y\nANSWER: A\n\n" * 90_000, "bank.aiken", 20),
    ("x" * 9_000_000, "line.gift", 0), ("\n" * 700_000, "empty.gift", 0), ("<quiz>" + "<a/>" * 700_000 + "<question/></quiz>", "junk.xml", 0),
], ids=["Moodle XML", "QTI 1.2", "GIFT", "Aiken", "one line", "empty lines", "only tags"])
def test_of_a_large_file_one_question_is_in_memory(largest: list[int], monkeypatch: pytest.MonkeyPatch, text: str, name: str, read_in_all: int) -> None:
    content = text.encode()
    for place in (collecting, gift):
        monkeypatch.setattr(place, "MOST_ITEMS", 20)
    tracemalloc.start()
    try:
        found = read(content, name, "moodle-xml" if name == "junk.xml" else "auto")
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found.items) == read_in_all
    assert peak - kept < 4 << 20, (peak, kept)  # Python's share, whatever the file's length; of elements there are those of one question.
    assert max(largest, default=0) < 1_000


def test_a_question_that_is_not_well_formed_costs_no_other_one() -> None:
    """As recovery reads them, each of these would have taken along what follows."""
    good = question("description", "", "Good")
    for bad in ("<question type=essay><name/></question>", '<question type="essay><name/></question>', "<question><name>", "</text></question>", "<question><name>a < b</name></question>"):
        found = read(f"<quiz>\n{good}{bad}\n{good}</quiz>", "q.xml", "moodle-xml")
        assert [item.stem for item in found.items] == ["Good", "Good"], bad
        assert (found.findings[0].rule, found.findings[0].line) == ("xml", 4 if bad.endswith("<name>") else 3), bad


def test_after_many_mistakes_a_broken_question_is_still_left_out() -> None:
    bad = '<question type="description"><questiontext><text>a < b</text></questiontext></question>\n'
    found = read(f"<quiz>{bad * 200}{question('description', '', 'Good')}</quiz>", "q.xml", "moodle-xml")
    assert [entry.state for entry in found.report].count("dropped") == 200
    assert [item.stem for item in found.items] == ["Good"]


def test_a_question_that_is_too_large_is_left_out_and_the_next_one_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "LONGEST", 2_000)
    monkeypatch.setattr(xmltext, "MOST_TAGS", 100)
    parts = [question("description", "", text) for text in ("x" * 3_000, "Good", "</text><a/>" + "<b/>" * 100 + "<text>")]
    found = read(moodle(*parts, question("description", "", "Good")), "q.xml")
    assert [item.stem for item in found.items] == ["Good", "Good"]
    assert [notes(entry)[0][:12] for entry in found.report if entry.dropped] == ["It has more "] * 2


def test_text_is_cut_in_the_same_places_wherever_its_pieces_end() -> None:
    text = ('<?xml version="1.0"?>\n<q:quiz><!-- <question> -->\n<q:question a="1"><![CDATA[</question> ]]]>x</q:question >\n<question/> <question a="/>"/>'
            "<questions/><question>\n<b>\n<question\n>y</question></quiz>")
    whole = _cuts(iter([text]))
    assert "".join(part for _, _, _, part in whole) == text
    assert [part[:13] for _, _, inside, part in whole if inside] == ["<q:question a", "<question/>", '<question a="', "<question>\n<b", "<question\n>y<"]
    assert [(line, column) for line, column, inside, _ in whole if inside] == [(3, 1), (4, 1), (4, 13), (4, 43), (6, 1)]
    for size in (1, 2, 7, 30):
        assert _cuts(text[at:at + size] for at in range(0, len(text), size)) == whole, size


def _cuts(pieces: Iterator[str]) -> list[tuple[int, int, bool, str]]:
    return [(piece.line, piece.column, piece.inside, piece.text) for piece in cut(pieces, ["question"])]


def test_what_stands_between_the_questions_is_told_with_its_place() -> None:
    found = read(f"<quiz>\n{question('description', '', 'x').strip()}</b>\n</quiz>", "q.xml")
    assert [(finding.rule, finding.line, len(found.items)) for finding in found.findings] == [("xml", 2, 1)]
    assert int(found.findings[0].values["column"]) > 50
    assert [finding.rule for finding in read("<quiz>\n</quiz>", "q.xml", "moodle-xml").findings] == ["empty"]


def test_json_of_too_many_parts_is_refused_before_it_is_read() -> None:
    found = read('{"nbformat": 4, "cells": [' + "{}," * 1_600_000 + "{}]}", "x.ipynb")
    assert [finding.rule for finding in found.findings] == ["file-size"]
