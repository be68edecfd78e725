"""Two previews beside each other: what stands for what, as the page's script works it out."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "static/src/studio-together.js"


def worked_out(expression: str) -> Any:
    """What the script's functions say."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no Node.js here")
    program = f"{SCRIPT.read_text()}\nconsole.log(JSON.stringify([{expression}]));"
    done = subprocess.run([node, "--input-type=module", "-"], input=program, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def test_the_same_question_is_level_and_what_is_between_goes_by_its_place() -> None:
    same, longer, moved, alone, none, at = worked_out(
        'pairs(["", "a", "", "b", ""], ["", "a", "", "b", ""]), pairs(["", "a", "", "b"], ["a", "", "", "b"]), pairs(["a", "b"], ["b", "a"]),'
        'pairs(["a", "new", "b"], ["a", "b"]), pairs([], ["a"]), [0, 50, 100, 150, 300, 400].map((y) => across([[0, 0], [100, 200], [300, 300]], y))',
    )
    assert same == [[0, 0], [1, 1], [2, 2], [3, 3], [4, 4]]
    assert longer == [[1, 0], [3, 3]]
    assert moved == [[0, 1]]
    assert alone == [[0, 0], [2, 1]]
    assert none == []
    assert at == [0, 100, 200, 225, 300, 300]
