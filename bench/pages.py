"""How fast is a module page for somebody who is signed in, against a bare Flask page on the same server?"""

import shutil
import tempfile
import time
from itertools import cycle, repeat
from pathlib import Path

from bench import house, load, server
from bench.report import Figure

ANSWERED = 10


def figures() -> list[Figure]:
    """Page rate, ratio to the yardstick, cold start, memory."""
    with house.house(learners=32) as built:
        _answer_some(built)
        path = f"/courses/{built.run_id}/eins"
        cookies = [built.cookie(person) for person in built.learners]
        cold = _cold_start(built.environ)
        with server.serve("bench.bare:app", {}) as (base, _):
            load.run(base, repeat(load.request(f"{base}/")), seconds=1)
            bare = load.run(base, repeat(load.request(f"{base}/")), seconds=5)
        with server.serve("wsgi:app", built.environ) as (base, pid):
            requests = [load.request(base + path, headers={"Cookie": cookie, "Accept-Language": "de"}) for cookie in cookies]
            for _ in range(3):  # Connections anew: the first ones may all have gone to the worker that was up first.
                load.run(base, cycle(requests), seconds=1)
            page = load.run(base, cycle(requests), seconds=6)
            memory = server.memory_mb(pid)
    return [
        Figure("module page, 15 questions, signed in", page.rate, "1/s"),
        Figure("bare Flask page, same server (yardstick)", bare.rate, "1/s"),
        Figure("ratio of the two", page.rate / bare.rate, "", 1 / 6),
        Figure("p95", page.percentile(0.95), "ms"),
        Figure("answers that were not 200", sum(page.statuses.values()) - page.statuses.get(200, 0), "", 0, at_least=False),
        Figure("first page after a cold start", cold, "s", 5, at_least=False),
        Figure("memory of web and jobs, without the model", memory, "MB", 300, at_least=False),
    ]


def _answer_some(built: house.House) -> None:
    """Ten of the fifteen questions are answered, as in the middle of learning."""
    client = built.app.test_client()
    built.app.config["WTF_CSRF_ENABLED"] = False
    for person in built.learners:
        name, _, value = built.cookie(person).partition("=")
        client.set_cookie(name, value, secure=True)
        page = client.get(f"/courses/{built.run_id}/eins").text
        for number in range(1, ANSWERED + 1):
            section = page.split(f'id="q-frage-{number}"')[1]
            options = [part.split('"')[0] for part in section.split('name="answer" value="')[1:4]]
            client.post(f"/courses/{built.run_id}/eins/frage-{number}/answer", data={"attempt": "1", "answer": options[number % 3]})


def _cold_start(environ: dict[str, str]) -> float:
    """From starting the server on an empty data folder's copy to the first page, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(environ["LOTSE_DATA_DIR"], Path(folder) / "data")
        begin = time.perf_counter()
        with server.serve("wsgi:app", {**environ, "LOTSE_DATA_DIR": str(Path(folder) / "data")}) as (base, _):
            load.run(base, iter([load.request(f"{base}/")]), connections=1)
            return time.perf_counter() - begin
