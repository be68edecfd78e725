"""The keeper of the embedded models: one for a data folder, what dies is started again, and what cannot run is told."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import numpy
import pytest

from core.config import Settings, replace_settings
from gateway import child, embedded, keeper
from gateway.embedded_texts import MOST_TOKENS, Server
from gateway.keeper import MOST_DEATHS, Keeper, Kept
from gateway.reading import read
from tests.gateway.server import FILE, ROOT, small_model

SLEEPS = "import json, os, sys, time; open(sys.argv[2], 'w').write(json.dumps({'pid': os.getpid(), 'url': 'u', 'key': 'k', 'model': 'm'})); time.sleep(60)"
FALLS = "import sys; sys.exit(1)"


def until(true: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Wait for what other processes do."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return found


def until_seen(keeper_: Keeper, true: Callable[[], Any], what: str) -> Any:
    """The same while the keeper looks."""
    def looked() -> Any:
        keeper_.look()
        return true()

    return until(looked, what)


def serving(data: Path) -> list[dict[str, Any]]:
    return list(read(data / "models" / "server.json").get("models", []))


def kept(path: Path, program: str) -> Kept:
    path.touch()
    return Kept("tiny", "Tiny", path, [sys.executable, "-c", program], {"roles": ["chat"]})


@contextmanager
def keeping(data: Path, one: Kept) -> Iterator[Keeper]:
    (data / "models").mkdir(exist_ok=True)
    found = Keeper(data, [one])
    try:
        yield found
    finally:
        found.stop()


@contextmanager
def process(data: Path, **environ: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A keeper as the launcher starts it."""
    own = {"PYTHONPATH": str(ROOT), "LOTSE_DATA_DIR": str(data), "LOTSE_MODEL": "small", **environ}
    started = subprocess.Popen([sys.executable, "-P", "-m", "gateway.keeper"], env=os.environ | own, stderr=subprocess.DEVNULL)
    try:
        yield started
    finally:
        started.terminate()
        started.wait(20)


@pytest.mark.model
def test_of_two_launchers_one_keeps_the_model_and_the_other_takes_over_when_it_is_killed(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    os.link(small_model(), tmp_path / "models" / FILE)
    with process(tmp_path) as first:
        before = until(lambda: serving(tmp_path), "the first keeper serves")
        with process(tmp_path):
            assert read(tmp_path / "models" / "server.json")["pid"] == first.pid
            os.kill(before[0]["pid"], signal.SIGKILL)
            again = until(lambda: [one for one in serving(tmp_path) if one["pid"] != before[0]["pid"]], "it is started again")
            first.kill()
            after = until(lambda: [one for one in serving(tmp_path) if one["pid"] != again[0]["pid"]], "the second takes over")
            with httpx2.Client(trust_env=False, headers={"Authorization": f"Bearer {after[0]['key']}"}) as http:
                assert http.get(f"{after[0]['url']}/models").status_code == 200
    assert not serving(tmp_path)


def test_a_model_whose_process_ends_again_and_again_is_given_up_for_a_while_and_says_so(tmp_path: Path) -> None:
    one = kept(tmp_path / "tiny.gguf", FALLS)
    with keeping(tmp_path, one) as keeper_:
        for _ in range(MOST_DEATHS):
            one.due = 0.0
            keeper_.look()
            assert one.process
            one.process.wait()
            keeper_.look()
        state = read(tmp_path / "models" / "state.json")["models"][0]
        assert (state["state"], state["fault"]) == ("failed", "deaths")
        keeper_.look()
        assert one.process is None


def test_what_dies_takes_its_address_away_and_gets_a_new_one(tmp_path: Path) -> None:
    one = kept(tmp_path / "tiny.gguf", SLEEPS)
    with keeping(tmp_path, one) as keeper_:
        until_seen(keeper_, lambda: serving(tmp_path), "it serves")
        pid = serving(tmp_path)[0]["pid"]
        os.kill(pid, signal.SIGKILL)
        until_seen(keeper_, lambda: not serving(tmp_path), "its address is gone")
        assert until_seen(keeper_, lambda: serving(tmp_path), "it serves again")[0]["pid"] != pid


def test_a_file_of_ones_own_that_is_no_model_is_told_and_tried_again_only_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "own.gguf"
    path.write_text("no model at all")
    one = keeper._own(path, tmp_path)
    with keeping(tmp_path, one) as keeper_:
        until_seen(keeper_, lambda: one.fault, "it is refused")
        assert one.fault == "file"
        one.due = 0.0
        keeper_.look()
        assert one.process is None
        path.write_text("another one, as wrong as the first")
        keeper_.look()
        assert one.process


def test_a_damaged_model_is_removed_so_that_it_is_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / FILE).write_bytes(b"GGUF and then something else")
    settings = replace_settings(Settings.from_env({"LOTSE_DATA_DIR": str(tmp_path)}), model="small")
    one = keeper.wanted(settings)[0]
    with keeping(tmp_path, one) as keeper_:
        keeper_.look()
    assert one.fault == "file"
    assert not (tmp_path / "models" / FILE).exists()


@pytest.mark.model
def test_a_model_that_wants_more_memory_than_it_may_have_ends_and_not_the_machine(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gateway.embedded", "--model", str(small_model()), "--data", str(tmp_path), "--limit", "200"]
    done = subprocess.run(command, cwd=ROOT, stderr=subprocess.DEVNULL, check=False, timeout=60, env=os.environ | {"GGML_NO_BACKTRACE": "1"})
    assert done.returncode != 0


def test_a_processor_that_is_too_old_is_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("model name : old\nflags\t\t: fpu sse2 fma f16c\n")
    assert child.missing_instructions(cpuinfo) == ["avx2", "bmi2"]
    assert child.missing_instructions(tmp_path / "none") == []
    monkeypatch.setattr(embedded, "missing_instructions", lambda: ["avx2"])
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    with pytest.raises(SystemExit) as ended:
        embedded.check(tmp_path / "model.gguf")
    assert ended.value.code == child.BAD_PROCESSOR
    assert "lacks avx2" in capsys.readouterr().err


def test_on_a_full_disk_what_stands_there_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    one = kept(tmp_path / "tiny.gguf", SLEEPS)
    with keeping(tmp_path, one) as keeper_:
        with monkeypatch.context() as broken:
            broken.setattr(keeper, "announce", full)
            until_seen(keeper_, lambda: one.said, "it has started")
        keeper_.look()
        assert serving(tmp_path)


class Letters:
    """A model that takes each letter for a token."""

    def token_count(self, text: str, _question: bool) -> int:
        return len(text)

    def encode(self, texts: list[str], _question: bool) -> list[list[float]]:
        assert all(0 < len(text) <= MOST_TOKENS and "\0" not in text for text in texts)
        return [[1.0] for _ in texts]


class Packed(Letters):
    """The same with vectors as the library gives them."""

    def encode(self, texts: list[str], _question: bool) -> Any:
        return numpy.ones((len(texts), 2), dtype=numpy.float32)


def test_texts_that_are_too_long_for_the_model_are_cut() -> None:
    server = Server(Letters(), "key")
    try:
        assert server.vectors(["a" * 100_000, "b\0c"], question=True) == ([[1.0], [1.0]], MOST_TOKENS + 3)
    finally:
        server.server_close()


def test_vectors_are_given_only_to_whoever_has_the_key_and_bad_requests_are_told() -> None:
    server = Server(Packed(), "key")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with httpx2.Client(trust_env=False, base_url=f"http://127.0.0.1:{server.server_port}/v1") as http:
            known = {"Authorization": "Bearer key"}
            assert http.post("/embeddings", json={"input": "x"}).status_code == 401
            assert http.get("/models", headers=known).json()["data"][0]["id"] == "multilingual-e5-small"
            assert http.post("/embeddings", json={"input": ["x", "y"]}, headers=known).json()["usage"]["prompt_tokens"] == 2
            bad = [http.post("/embeddings", content=body, headers=known).status_code for body in (b"{", b"[]", b'{"input": []}', b'{"input": [1]}')]
            assert bad == [400, 400, 400, 400]
            assert http.post("/elsewhere", json={}, headers=known).status_code == 404
    finally:
        server.shutdown()
        server.server_close()
