"""Moodle XML that a program wrote which we did not write: each of its kinds is read, and what changes is said."""

from pathlib import Path

import pytest
from moodle_tools.make_questions import generate_moodle_questions

from exchange.model import TEXT
from tests.exchange.samples import blocks, notes, read

QUESTIONS = """\
type: multiple_choice
title: Hauptstadt
question: <p>Was ist die Hauptstadt der <b>Schweiz</b>?</p>
general_feedback: Bern ist die Bundesstadt.
answers: [{answer: Bern, points: 100, feedback: Genau.}, {answer: Zürich, points: 0, feedback: Nur die größte Stadt.}]
---
type: true_false
title: Wahr
question: Ein Sprachmodell sagt Wörter voraus.
correct_answer: true
---
type: numerical
title: Zahl
question: Wie viel ist 6 mal 7?
answers: [{answer: 42, tolerance: 0.5, points: 100, feedback: gut}]
---
type: shortanswer
title: Wort
question: Wie heißt die Stadt?
answers: [{answer: Bern, points: 100}]
---
type: matching
title: Paare
question: Was gehört zusammen?
options: [{question: Schweiz, answer: Bern}, {question: Peru, answer: Lima}]
---
type: essay
title: Aufsatz
question: Was tut ein Sprachmodell?
response_format: editor
---
type: cloze
title: Feld
question: <p>Bern liegt in der {1:SHORTANSWER:=Schweiz}.</p>
---
type: description
title: Text
question: Nur ein Text.
---
type: ordering
title: Reihe
question: Ordnen Sie.
answers: [eins, zwei, drei]
---
type: missing_words
title: Fehlt
question: Bern liegt in der [[1]] und Lima in [[2]].
options: [{answer: Schweiz, group: 1}, {answer: Peru, group: 1}]
---
type: multiple_true_false
title: Viele
question: Was stimmt?
choices: [Ja, Nein]
answers: [{answer: Zwei ist gerade., choice: Ja}, {answer: Drei ist gerade., choice: Nein}]
"""


@pytest.fixture
def written(tmp_path: Path) -> str:
    source = tmp_path / "questions.yml"
    source.write_text(QUESTIONS, encoding="utf-8")
    return generate_moodle_questions(paths=iter([source]), skip_validation=True)


def test_each_kind_of_a_writer_of_others_is_read(written: str) -> None:
    found = read(written, "q.xml")
    assert found.format == "moodle-xml"
    assert found.findings == ()
    assert [(entry.name, item.kind) for entry, item in zip(found.report, found.items, strict=True)] == [
        ("Hauptstadt", "single"), ("Wahr", "single"), ("Zahl", "numeric"), ("Wort", "short"), ("Paare", "match"), ("Aufsatz", "essay"), ("Feld", "cloze"), ("Text", TEXT),
        ("Reihe", "order"), ("Fehlt", "cloze"), ("Viele", "matrix"),
    ]
    assert {entry.name: notes(entry) for entry in found.report if entry.state != "read"} == {
        "Wort": ["Capital and small letters no longer matter."], "Reihe": ["All entries are shown, not only some of them."],
    }
    text = "\n".join(blocks(found.items).values())
    for words in ("(x) Bern\n    > Genau.", "= 42 +- 0.5", "Schweiz -> Bern", "in der [[Schweiz]].", "[[(Schweiz)|Peru]] und Lima in [[Schweiz|(Peru)]]", "| Drei ist gerade. | ( ) | (x) |", "1. eins\n2. zwei"):
        assert words in text
