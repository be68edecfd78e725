"""What authors wait for: a module of 50 questions read and drawn, and the live preview after a key."""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from accounts import service as accounts
from accounts.models import Role
from app import create_app
from bench import house, server
from bench.report import Figure
from core.config import Settings
from modules.render import _kept_render
from setup import system
from studio import preview as drawing
from studio import service as studio

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
LOOPBACK, LOCALHOST = "127.0.0.1", "localhost"  # Browsers keep secure cookies for the name.
IN_A_BROWSER = 46                      # questions of a module of 30 kB


def figures() -> list[Figure]:
    """The processor time that the server takes and, where there is a browser, what an author sees."""
    return [*_of_the_server(), *_in_a_browser()]


def _in_a_browser() -> list[Figure]:
    if system.browser() is None or find_spec("playwright") is None:
        return []
    text = _module(IN_A_BROWSER)
    with house.house(learners=1) as built:
        author = built.learners[0]
        accounts.grant(author.id, Role.TRAINER)
        draft = studio.open_draft("bench")
        assert draft is not None
        studio.put(draft.id, {f"01-eins/module.{language}.md": text.replace("lang: en", f"lang: {language}").encode() for language in ("de", "en")}, author.id)
        with server.serve("wsgi:app", built.environ, workers=1) as (base, _):
            command = [sys.executable, "-m", "bench.content_browser", f"{base.replace(LOOPBACK, LOCALHOST)}/studio/bench/edit/01-eins/module.en.md"]
            cookie = {"BENCH_COOKIE": built.cookie(author)}
            done = subprocess.run(command, cwd=server.ROOT, env={**os.environ, **cookie}, stdout=subprocess.PIPE, text=True, check=True, timeout=120)
    taken, both = (sorted(each) for each in json.loads(done.stdout))
    return [
        Figure("size of the module in the browser", len(text) / 1000, "kB", 30),
        Figure("from key to picture in a browser, median", statistics.median(taken), "ms", 150, at_least=False),
        Figure("the same, slowest of ten", taken[len(taken) * 9 // 10], "ms"),
        Figure("with both languages in the preview, median", statistics.median(both), "ms", 150, at_least=False),
    ]


def _module(questions: int) -> str:
    return HEAD + "".join(QUESTION.format(number=number, filler=FILLER) for number in range(1, questions + 1))


def _of_the_server() -> list[Figure]:
    folder = Path(tempfile.mkdtemp())
    try:
        app = create_app(Settings.from_env({}, database_url=f"sqlite:///{folder}/lotse.sqlite3", data_dir=str(folder), model="none", secret_key="k" * 40))
        with app.test_request_context():
            return _measured()
    finally:
        shutil.rmtree(folder)


def _measured() -> list[Figure]:
    """Of what takes processor time alone the least counts, as Python's timeit advises: a machine that others share only adds to it."""
    text = _module(50)
    _draw(text)  # The templates are compiled, the extensions loaded.
    cold = [_cold(text) for _ in range(ROUNDS)]
    blocks = [_cold(HEAD + "\n".join(re.findall(r"::: single.*?\n:::\n", text, re.DOTALL))) for _ in range(ROUNDS)]
    warm = [_taken(text) for _ in range(ROUNDS)]
    prose = [_taken(text.replace("token or two", f"token or two{'!' * number}", 1)) for number in range(1, ROUNDS)]
    question = [_taken(text.replace("How likely each", f"How likely{'!' * number} each", 1)) for number in range(1, ROUNDS)]
    return [
        Figure("size of the module, 50 blocks", len(text) / 1000, "kB"),
        Figure("its 50 blocks read and drawn, nothing kept", min(blocks), "ms CPU", 50, at_least=False),
        Figure("the whole with its prose, nothing kept", min(cold), "ms CPU"),
        Figure("the same again", min(warm), "ms CPU", 50, at_least=False),
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
