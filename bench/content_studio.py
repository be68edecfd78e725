"""What authors wait for: a module of 50 questions read and drawn, and the live preview after a key."""

import re
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from app import create_app
from bench.report import Figure
from core.config import Settings
from modules.render import _kept_render
from studio import preview as drawing

QUESTION = """
# Part {number}

A language model takes the *likeliest* next token, not the true one; see the [source](https://example.org/{number}). {filler}

- It has read much.
- It knows no sources.

::: single {{#question-{number} points=1}}
What does a language model reckon in step {number}?
( ) Whether a sentence is true
    > Truth was no goal of its training.
(x) How likely each next token is
    > Yes, and one of them is drawn.
( ) A search on the internet
    > It has no access to the internet here.
? Think of the suggestions of your telephone.
! So wrong answers sound fluent, too.
:::
"""
HEAD = "---\nid: eins\ntitle: {de: Eins, en: One}\nlang: en\nminutes: 5\naudience: [students]\ncompetencies: []\npass: 60\n---\n"
FILLER = "Every word costs a token or two, and the sum is what the model has in view while it writes the next one."
ROUNDS = 15


def figures() -> list[Figure]:
    """All figures: the processor time that the server takes."""
    folder = Path(tempfile.mkdtemp())
    try:
        app = create_app(Settings.from_env({}, database_url=f"sqlite:///{folder}/lotse.sqlite3", data_dir=str(folder), model="none", secret_key="k" * 40))
        with app.test_request_context():
            return _measured()
    finally:
        shutil.rmtree(folder)


def _measured() -> list[Figure]:
    text = HEAD + "".join(QUESTION.format(number=number, filler=FILLER) for number in range(1, 51))
    _draw(text)  # The templates are compiled, the extensions loaded.
    cold = [_cold(text) for _ in range(5)]
    blocks = [_cold(HEAD + "\n".join(re.findall(r"::: single.*?\n:::\n", text, re.DOTALL))) for _ in range(5)]
    warm = [_taken(text) for _ in range(ROUNDS)]
    prose = [_taken(text.replace("token or two", f"token or two{'!' * number}", 1)) for number in range(1, ROUNDS)]
    question = [_taken(text.replace("How likely each", f"How likely{'!' * number} each", 1)) for number in range(1, ROUNDS)]
    return [
        Figure("size of the module, 50 blocks", len(text) / 1000, "kB"),
        Figure("its 50 blocks read and drawn, nothing kept", statistics.median(blocks), "ms", 50, at_least=False),
        Figure("the whole with its prose, nothing kept", statistics.median(cold), "ms"),
        Figure("the same again", statistics.median(warm), "ms", 50, at_least=False),
        Figure("preview after a key in the prose, median", statistics.median(prose), "ms", 150, at_least=False),
        Figure("preview after a key in a question, median", statistics.median(question), "ms", 150, at_least=False),
    ]


def _draw(text: str) -> None:
    drawing.preview(text, "01-eins/module.en.md", "en", "/studio/kurs").news(())


def _taken(text: str) -> float:
    began = time.process_time()
    _draw(text)
    return 1000 * (time.process_time() - began)


def _cold(text: str) -> float:
    for kept in (_kept_render, drawing._chapter, drawing._whole, drawing._drawn):
        kept.cache_clear()
    return _taken(text)
