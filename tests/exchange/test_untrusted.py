"""Files from strangers: nothing leaves its folder, nothing grows without bounds, nothing is fetched, nothing is guessed silently."""

import json
import stat
import time
import zipfile
from io import BytesIO
from typing import Any

import pytest

from exchange import archive, readers, service
from exchange.model import MOST_ITEMS
from tests.exchange.samples import answer, moodle, notes, question, read, zipped

COURSE = {"course.yml": "id: x\n"}


def rules(content: bytes | str, name: str = "x.zip") -> list[str]:
    return [finding.rule for finding in read(content, name).findings]


def test_paths_that_lead_out_and_links_are_left_out() -> None:
    buffer = BytesIO(zipped({"../out.txt": "x", "/etc/x": "x", "a\\..\\..\\b.txt": "x", **COURSE}))
    with zipfile.ZipFile(buffer, "a") as whole:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        whole.writestr(link, "/etc/passwd")
    found = read(buffer.getvalue(), "x.zip")
    assert set(found.files) == {"course.yml"}
    assert [finding.rule for finding in found.findings].count("archive-file") == 4


def test_bombs_are_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rules(zipped({"a.txt": b"\0" * (3 << 20)})) == ["archive"]
    monkeypatch.setattr(archive, "MOST_FILES", 3)
    assert rules(zipped({f"{no}.txt": "x" for no in range(4)})) == ["archive"]
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    assert rules(zipped({"a": "x" * 1001})) == ["archive"]


def test_a_list_of_contents_that_lies_is_not_believed() -> None:
    content = bytearray(zipped({"a.txt": b"x" * 5000}))
    for at in range(len(content) - 4):
        if content[at : at + 4] == (5000).to_bytes(4, "little"):
            content[at : at + 4] = (10).to_bytes(4, "little")
    assert rules(bytes(content)) != []


@pytest.mark.parametrize("prolog", [
    '<!DOCTYPE quiz [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>', '<!DOCTYPE quiz [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "<!--" + "x" * 6000 + '--><!DOCTYPE quiz [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
])
def test_entities_of_ones_own_are_refused(prolog: str) -> None:
    found = read(f"{prolog}<quiz>{question('essay', '', '&x;&b;')}</quiz>", "q.xml", "moodle-xml")
    assert [finding.rule for finding in found.findings] == ["xml-dtd"]
    assert found.items == ()


def test_a_dtd_that_defines_no_entities_does_no_harm() -> None:
    found = read(f'<!DOCTYPE quiz SYSTEM "x.dtd" [<!-- more --><!ELEMENT x (y+)>]><quiz>{question("essay", "")}</quiz>', "q.xml")
    assert (len(found.items), found.findings) == (1, ())


def test_a_dtd_elsewhere_is_not_fetched_and_does_no_harm() -> None:
    found = read(f'<!DOCTYPE quiz SYSTEM "http://127.0.0.1:9/x.dtd"><quiz>{question("essay", "")}</quiz>', "q.xml")
    assert len(found.items) == 1


@pytest.mark.parametrize(("encoding", "expected"), [("utf-8", []), ("utf-8-sig", []), ("utf-16", []), ("utf-16-le", []), ("cp1252", ["encoding"])])
def test_encodings(encoding: str, expected: list[str]) -> None:
    found = read("::T::Größe „für“ Straße? {=ja ~nein}\n".encode(encoding), "x.gift")
    assert found.items[0].stem == "Größe „für“ Straße?"
    assert [finding.rule for finding in found.findings] == expected


@pytest.mark.parametrize(("said", "real", "expected"), [("ISO-8859-1", "latin-1", []), ("UTF-8", "latin-1", ["encoding"]), ("UTF-16", "utf-16", []), ("nonsense", "utf-8", ["encoding"])])
def test_encodings_of_xml(said: str, real: str, expected: list[str]) -> None:
    text = moodle(question("essay", "", "Größe")).replace("UTF-8", said)
    found = read(text.encode(real), "q.xml")
    assert found.items[0].stem == "Größe"
    assert [finding.rule for finding in found.findings] == expected


def test_more_items_than_the_bound_are_told() -> None:
    found = read(moodle(question("description", "", "x") * (MOST_ITEMS + 5)), "q.xml")
    assert len(found.items) == MOST_ITEMS
    assert [finding.rule for finding in found.findings] == ["too-many"]


def test_of_a_bank_that_is_far_too_large_the_first_questions_are_read_in_seconds_and_the_rest_is_told() -> None:
    began = time.process_time()
    found = read("".join(f"::Q{number}::What is {number}? {{={number} ~x}}\n\n" for number in range(60_000)), "bank.gift")
    assert time.process_time() - began < 10
    assert (len(found.items), found.report[MOST_ITEMS - 1].name) == (MOST_ITEMS, f"Q{MOST_ITEMS - 1}")
    assert [finding.rule for finding in found.findings] == ["gift-many"]


def test_files_beyond_the_bound_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MOST_BYTES", 1000)
    assert rules("x" * 1001, "x.gift") == ["file-size"]


@pytest.mark.parametrize("text", [
    "\\(" * 20_000, "<math " * 4_000, "<iframe " * 6_000, "[" * 49_000, "<b>" * 16_000, "*" * 49_000, "$$" * 20_000, "{1:SA:" * 4_000, "&" * 49_000, "<div>" * 9_000 + "x", "<!--" * 12_000,
])
def test_texts_made_to_take_long_do_not(text: str) -> None:
    began = time.process_time()
    read(moodle(question("cloze", "", text.replace("]]>", "")), question("multichoice", answer(text, 100) + answer("b", 0))), "q.xml")
    assert time.process_time() - began < 8


def test_a_text_without_end_is_no_question() -> None:
    found = read(moodle(question("essay", "", "x" * 60_000)), "q.xml")
    assert notes(found.report[0]) == ["A text has more than 50000 characters."]


@pytest.mark.parametrize(("name", "content"), [
    ("x.ipynb", "[" * 100_000), ("x.ipynb", '{"cells": [{"cell_type": 3, "source": 5, "attachments": 7}, 4], "nbformat": 4}'), ("x.bin", "\x00\x01\x02"), ("x.xml", "<"), ("x.zip", "PK\x03\x04broken"), ("x.txt", ""),
])
def test_nonsense_is_a_finding_and_no_traceback(name: str, content: str) -> None:
    found = read(content.encode(), name)
    assert found.findings or all(entry.dropped for entry in found.report)
    assert found.items == ()


def test_h5p_with_the_wrong_shapes_is_no_traceback() -> None:
    shapes: list[Any] = [{"questions": [1, {"library": 3}]}, {"answers": "x"}, []]
    for params in shapes:
        found = read(zipped({"h5p.json": json.dumps({"mainLibrary": "H5P.QuestionSet"}), "content/content.json": json.dumps(params)}), "x.h5p")
        assert found.items == ()


@pytest.mark.parametrize(("name", "content", "word"), [
    ("x.pdf", b"%PDF-1.4\n", "PDF"), ("x.txt", rb"{\rtf1 Question}", "word processor"), ("x.docx", zipped({"word/document.xml": "<x/>"}), "word processor"),
    ("x.mbz", b"\x1f\x8b\x08\x00", "backup"), ("x.mbz", zipped({"moodle_backup.xml": "<x/>"}), "backup"), ("x.xlsx", zipped({"xl/workbook.xml": "<x/>"}), "spreadsheet"),
    ("x.html", b'<html xmlns:o="urn:x"><body><p>1. Who?</p></body></html>', "web page"), ("x.xml", b'<?xml version="1.0"?>\n<rss><channel/></rss>', "begins with <rss>"),
])
def test_files_that_hold_no_questions_are_told_by_what_they_are_and_nothing_else_is_said(name: str, content: bytes, word: str) -> None:
    found = read(content, name)
    assert [(finding.rule, word in finding.message % finding.values) for finding in found.findings] == [("format", True)]
    assert service.checked(found, service.frame_for(found, name, "en")).findings == []


def test_a_single_file_of_questions_in_an_archive_is_read_as_if_it_were_alone() -> None:
    found = read(zipped({"quiz.xml": moodle(question("description", "", "x"))}), "x.zip")
    assert (found.format, [item.stem for item in found.items]) == ("moodle-xml", ["x"])
    assert rules(zipped({"x.zip": zipped({"quiz.xml": moodle(question("description", "", "x"))})})) == ["package"]


def test_pictures_on_the_disk_of_whoever_wrote_in_word_are_noted() -> None:
    text = '<p class=MsoNormal>A <v:imagedata src="file:///C:/x/image000.png"/><img width=10 src="file:///C:/Users/x/image001.png"></p>'
    assert notes(read(moodle(question("description", "", text))).report[0]) == ["The picture “image001.png” is not in the file."]
