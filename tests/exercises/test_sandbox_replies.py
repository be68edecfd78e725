"""What comes out of the sandbox is read with suspicion, and cleaned of what no database and no page can take."""

import json
import math
from typing import Any

import pytest

from exercises.sandbox import reply
from exercises.sandbox.explain import explain
from exercises.sandbox.job import Call, Job, Limits, Status
from exercises.sandbox.pool import Pool

LIMITS = Limits(fuel=400_000_000)


def test_nul_and_halves_of_pairs_are_replaced_wherever_they_come_out(pool: Pool) -> None:
    code = "import ai\nprint('a\\x00b')\ntry: ai.chat('m\\ud800\\x00')\nexcept ai.AIError: pass\ndef f(): return {'k\\x00': ['\\ud83d', '😀']}"
    result = pool.run(Job(code, call=Call("f")), LIMITS)
    assert result.stdout == "a�b\n"
    assert result.value == {"k�": ["�", "😀"]}
    assert result.exchanges[0].request["messages"][0]["content"] == "m��"


def test_the_words_of_an_error_are_cleaned_too(pool: Pool) -> None:
    problem = pool.run(Job("raise ValueError('a\\x00\\udfffb')"), LIMITS).problem
    assert problem is not None
    assert problem.message == "a��b"
    problem.traceback.encode()


@pytest.mark.parametrize("sign", ["😀", "\x01", "ä", "x"], ids=["four bytes", "control", "two bytes", "letter"])
def test_a_forged_reply_of_a_megabyte_is_the_programs_own_fault(pool: Pool, sign: str) -> None:
    """A worker that seemed to have crashed would give the try back, again and again."""
    result = pool.run(Job(f"import json\njson.dumps.__code__ = (lambda *a, **k: {sign!r} * (1 << 20)).__code__"), LIMITS)
    assert result.status is Status.REPLY
    said = explain(result, LIMITS)
    assert said is not None
    assert said.own_fault


GOOD = {"op": "chat", "messages": [{"role": "user", "content": "x"}]}
REQUESTS: dict[str, Any] = {
    "no object": [1], "no operation": {"messages": GOOD["messages"]}, "no messages": {"op": "chat", "messages": []},
    "another role": {"op": "chat", "messages": [{"role": "tool", "content": "x"}]},
    "content in parts": {"op": "chat", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "http://127.0.0.1"}]}]},
    "more in a message": {"op": "chat", "messages": [{"role": "user", "content": "x", "name": "y"}]},
    "texts that are none": {"op": "embed", "texts": [1]},
    "temperature beyond all floats": {**GOOD, "temperature": 10**400}, "temperature that is no number": {**GOOD, "temperature": math.nan},
    "temperature without end": {**GOOD, "temperature": math.inf}, "temperature as text": {**GOOD, "temperature": "1"},
    "true for a number": {**GOOD, "max_tokens": True}, "no tokens": {**GOOD, "max_tokens": 0}, "half a token": {**GOOD, "max_tokens": 1.5},
    "a model that is none": {**GOOD, "model": ["x"]}, "a model's name of a page": {**GOOD, "model": "x" * 1000},
    "something that the house did not ask for": {**GOOD, "api_key": "x"}, "too deep": {"op": "embed", "texts": json.loads("[" * 80 + "]" * 80)},
}  # fmt: skip


@pytest.mark.parametrize("data", REQUESTS.values(), ids=REQUESTS.keys())
def test_a_forged_request_reaches_no_model(data: Any) -> None:
    assert reply.request(json.dumps(data)) is None


def test_a_right_request_is_passed_on() -> None:
    whole = {**GOOD, "temperature": 0.5, "max_tokens": 10, "model": "small"}
    assert reply.request(json.dumps(whole)) == whole
    assert reply.request(json.dumps({"op": "embed", "texts": ["a"], "more": 1})) == {"op": "embed", "texts": ["a"]}


@pytest.mark.parametrize("text", ["", "{", "[" * 60_000, '{"op": ' + "9" * 5000 + "}", "\x00"])
def test_what_is_no_json_is_no_request(text: str) -> None:
    assert reply.request(text) is None


def test_an_authors_check_sees_data_only(pool: Pool) -> None:
    """The second instance: the learner's program is not there, and what it left behind is not either."""
    learner = pool.run(Job("import builtins\nbuiltins.secret = 1\nprint('out')\ndef f(): return [1, 2]", call=Call("f")), LIMITS)
    data = {"value": learner.value, "stdout": learner.stdout, "exchanges": []}
    checker = "import builtins\ndef check(data):\n    assert not hasattr(builtins, 'secret') and 'f' not in globals()\n    return sum(data['value']) == 3 and data['stdout'] == 'out\\n'"
    assert pool.run(Job(checker, call=Call("check", (data,))), LIMITS).value is True
