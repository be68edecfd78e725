"""Programs that we did not write read what we write, and write what we read."""

import json
import shutil
import subprocess
import warnings
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from text2qti.config import Config
from text2qti.qti import QTI
from text2qti.quiz import Quiz

from exchange.formats import gift
from exchange.model import Entry
from tests.exchange.samples import blocks, read, reading

with warnings.catch_warnings(action="ignore"):  # It was written for an older Python.
    from pygiftparser import parser as pygiftparser

FOLDER = Path(__file__).parent / "readers"
OWN_NODE = Path(__file__).parents[2] / ".lotse" / "node" / "node"
QUIZ = """\
Quiz title: Addition
1. What is 2+3?
a) 6
*b) 5
... five

2. Even?
[ ] 1
[*] 2
[*] 4

3. Who?
*   Alan
*   Al

4. Root of two?
=   1.4142 +- 0.0001

5. Tell.
____
"""


def written() -> str:
    items = reading().items
    return gift.write(items, [Entry(1, "") for _ in items]).decode()


def test_a_parser_for_node_reads_our_gift() -> None:
    node = shutil.which("node") or (str(OWN_NODE) if OWN_NODE.exists() else None)
    if node is None or not (FOLDER / "node_modules").exists():
        pytest.skip("the readers are not there: ./lotse test brings them")
    done = subprocess.run([node, "gift.mjs"], cwd=FOLDER, input=written(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = {question["id"]: question for question in json.loads(done.stdout)}
    assert {id_: question["type"] for id_, question in found.items()} == {
        "capital": "MC", "truth": "TF", "primes": "MC", "weights": "MC", "act": "Short", "half": "Numerical", "roles": "Matching",
    }
    assert [(choice["isCorrect"], choice["weight"]) for choice in found["capital"]["choices"]] == [(True, None), (False, 50), (False, None)]
    assert [choice["weight"] for choice in found["primes"]["choices"]] == [50, 50, -50]
    assert found["truth"]["isTrue"] is False
    assert "Since 1848." in found["capital"]["globalFeedback"]["text"]
    assert [(pair["subquestion"]["text"], pair["subanswer"]) for pair in found["roles"]["matchPairs"]] == [
        ("Role", "tone"), ("Example", "pattern"), ("Format", "shape"), ("", "size")]


def test_a_parser_for_python_reads_our_gift() -> None:
    found = {question.title: question for question in pygiftparser.parseFile(StringIO(written()))}
    assert all(question.valid for question in found.values())
    assert [(answer.answer, answer.fraction) for answer in found["capital"].answers.answers] == [("Bern", 100), ("Zurich", 50), ("Geneva", 0)]
    assert [(answer.answer, answer.fraction) for answer in found["act"].answers.answers] == [("AI Act", 100), ("AI Regulation", 100), ("Act", 50)]


def test_we_read_the_qti_of_a_writer_for_canvas(tmp_path: Path) -> None:
    config = Config()
    QTI(Quiz(QUIZ, config=config, source_name="quiz.txt")).save(tmp_path / "quiz.zip")
    found = read((tmp_path / "quiz.zip").read_bytes(), "quiz.zip")
    assert [entry.state for entry in found.report] == ["read"] * 5
    bodies = [text.partition("\n")[2].removesuffix("\n:::") for text in blocks(found.items).values()]
    assert bodies == ["What is 2+3?\n( ) 6\n(x) 5\n    > five", "Even?\n[ ] 1\n[x] 2\n[x] 4", "Who?\n= Alan | Al", "Root of two?\n= 1.4142 +- 0.0001", "Tell."]
