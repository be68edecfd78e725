"""The client against servers that fail: what is tried again, what is told, and what never happens twice."""

import threading
from collections.abc import Iterator

import httpx2
import pytest

from gateway import client
from gateway.client import Endpoint, Outcome, Patience, Question
from gateway.faults import GatewayError
from tests.gateway.faults import WORDS, FaultServer, Reply

USUAL = Patience()
HURRY = Patience(connect=1, silence=0.3, total=1)
QUESTION = Question([{"role": "user", "content": "When does it open?"}], "faulty", 50, 1.0, 4711)


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client(trust_env=False) as connection:
        yield connection


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.wire.wait_of", lambda *_: 0.0)


def ask(http: httpx2.Client, server: FaultServer, *replies: Reply, patience: Patience = USUAL) -> list[str | Outcome]:
    server.replies = list(replies)
    return list(client.chat(http, Endpoint(server.url, "key", patience), QUESTION, lambda: False))


def kind_of_failure(http: httpx2.Client, server: FaultServer, *replies: Reply, patience: Patience = USUAL) -> str:
    with pytest.raises(GatewayError) as failure:
        ask(http, server, *replies, patience=patience)
    return failure.value.kind


def test_an_answer_comes_in_pieces_and_ends_with_what_it_cost(http: httpx2.Client, faults: FaultServer) -> None:
    *pieces, outcome = ask(http, faults, Reply())
    assert pieces == list(WORDS)
    assert outcome == Outcome("stop", "faulty-1", 20, 5)


def test_temperature_seed_and_bounds_are_sent_as_wanted(http: httpx2.Client, faults: FaultServer) -> None:
    ask(http, faults, Reply())
    sent = faults.requests[0]
    assert (sent["temperature"], sent["seed"], sent["max_tokens"], sent["model"]) == (1.0, 4711, 50, "faulty")


def test_without_a_count_the_tokens_are_estimated_and_say_so(http: httpx2.Client, faults: FaultServer) -> None:
    outcome = ask(http, faults, Reply(usage=None))[-1]
    assert isinstance(outcome, Outcome)
    assert outcome.estimated
    assert outcome.completion_tokens == client.tokens_in("".join(WORDS))


@pytest.mark.parametrize("reply", [Reply(cut=True), Reply(reset=True)])
def test_a_stream_that_is_cut_is_a_failure_and_never_asked_again(http: httpx2.Client, faults: FaultServer, reply: Reply) -> None:
    assert kind_of_failure(http, faults, reply, Reply()) == "cut"
    assert len(faults.requests) == 1


@pytest.mark.parametrize(("status", "kind"), [(502, "unreachable"), (503, "busy"), (429, "busy"), (408, "busy")])
def test_a_busy_or_broken_server_is_asked_three_times_in_all(http: httpx2.Client, faults: FaultServer, status: int, kind: str) -> None:
    assert kind_of_failure(http, faults, Reply(status, "<html>Bad Gateway</html>", {"Content-Type": "text/html"})) == kind
    assert len(faults.requests) == 3


def test_a_server_that_recovers_gives_its_answer(http: httpx2.Client, faults: FaultServer) -> None:
    assert ask(http, faults, Reply(502, "<html>"), Reply())[:-1] == list(WORDS)


@pytest.mark.parametrize("body", [
    '{"error": {"type": "rate_limit_error", "code": "user_quota_exceeded", "message": "You exceeded your current quota for this period."}}',
    '{"error": "ExceededBudget: over budget"}',
])
def test_a_quota_that_is_used_up_is_final(http: httpx2.Client, faults: FaultServer, body: str) -> None:
    assert kind_of_failure(http, faults, Reply(429, body)) == "quota"
    assert len(faults.requests) == 1


@pytest.mark.parametrize("body", [
    '{"error": {"message": "Unsupported value: \'temperature\' does not support 0.5 with this model.", "param": "temperature"}}',
    '{"detail": "seed is not supported, temperature neither"}',
])
def test_a_parameter_that_a_model_refuses_is_left_out_once(http: httpx2.Client, faults: FaultServer, body: str) -> None:
    assert ask(http, faults, Reply(400, body), Reply())[:-1] == list(WORDS)
    assert "temperature" in faults.requests[0]
    assert "temperature" not in faults.requests[1]


def test_a_refusal_that_stays_is_told_and_not_repeated_for_ever(http: httpx2.Client, faults: FaultServer) -> None:
    assert kind_of_failure(http, faults, Reply(400, '{"error": "temperature"}')) == "refused"
    assert len(faults.requests) == 2


def test_a_prompt_that_is_too_long_is_told_as_that(http: httpx2.Client, faults: FaultServer) -> None:
    body = '{"error": {"code": 400, "message": "request (18031 tokens) exceeds the available context size", "type": "exceed_context_size_error"}}'
    assert kind_of_failure(http, faults, Reply(400, body)) == "long"


@pytest.mark.parametrize("body", ["no json", '{"error": {"message": "loading"}}', "[]", "null"])
def test_garbage_in_a_stream_is_a_failure(http: httpx2.Client, faults: FaultServer, body: str) -> None:
    assert kind_of_failure(http, faults, Reply(body=body)) in ("unreachable", "cut", "garbled")


def test_silence_ends_the_waiting(http: httpx2.Client, faults: FaultServer) -> None:
    assert kind_of_failure(http, faults, Reply(hang=threading.Event()), patience=HURRY) == "slow"
    assert len(faults.requests) == 1


def test_bytes_that_trickle_do_not_hold_an_answer_for_ever(http: httpx2.Client, faults: FaultServer) -> None:
    patience = Patience(connect=1, silence=5, total=0)
    assert kind_of_failure(http, faults, Reply(), patience=patience) == "slow"


def test_a_server_that_is_not_there_is_unreachable(http: httpx2.Client) -> None:
    with FaultServer() as gone:
        endpoint = Endpoint(gone.url, "key", HURRY)
    with pytest.raises(GatewayError) as failure:
        list(client.chat(http, endpoint, QUESTION, lambda: False))
    assert failure.value.kind == "unreachable"


def test_stopping_keeps_what_has_come(http: httpx2.Client, faults: FaultServer) -> None:
    answers = iter((False, False, False, True))
    *pieces, outcome = client.chat(http, Endpoint(faults.url, "key"), QUESTION, lambda: next(answers, True))
    assert isinstance(outcome, Outcome)
    assert outcome.finish == "stopped"
    assert 0 < len(pieces) < len(WORDS)


def test_an_endless_answer_is_cut_off(http: httpx2.Client, faults: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MOST_CHARACTERS", 8)
    outcome = ask(http, faults, Reply())[-1]
    assert isinstance(outcome, Outcome)
    assert outcome.finish == "length"


def test_the_key_is_in_no_text_that_a_log_could_show() -> None:
    assert "key-of-the-university" not in repr(Endpoint("https://example.org/v1", "key-of-the-university"))


def test_a_model_that_wants_the_newer_name_of_a_bound_gets_it(http: httpx2.Client, faults: FaultServer) -> None:
    body = '{"error": {"message": "Unsupported parameter: \'max_tokens\' is not supported with this model. Use \'max_completion_tokens\' instead."}}'
    assert ask(http, faults, Reply(400, body), Reply())[:-1] == list(WORDS)
    assert "max_tokens" not in faults.requests[1]
    assert faults.requests[1]["max_completion_tokens"] == 50


@pytest.mark.parametrize(("status", "body", "kind"), [
    (404, '{"error": {"message": "The model `gpt-9` does not exist", "code": "model_not_found"}}', "model"),
    (400, '{"error": "Invalid model name passed in model=gpt-9"}', "model"),
    (400, '{"error": {"message": "No connected db.", "type": "no_db_connection"}}', "key"),
    (401, "<html>Unauthorized</html>", "key"),
    (413, "<html>Request Entity Too Large</html>", "long"),
])
def test_what_is_wrong_is_told_apart(http: httpx2.Client, faults: FaultServer, status: int, body: str, kind: str) -> None:
    assert kind_of_failure(http, faults, Reply(status, body)) == kind
    assert len(faults.requests) == 1


def test_what_the_model_thinks_aloud_is_left_out_but_counted(http: httpx2.Client, faults: FaultServer) -> None:
    *pieces, outcome = ask(http, faults, Reply(pieces=("<think>", "eight?", "</think>", "\n\nAt ", "eight."), usage=None))
    assert "".join(map(str, pieces)) == "At eight."
    assert isinstance(outcome, Outcome)
    assert outcome.completion_tokens > client.tokens_in("At eight.")
