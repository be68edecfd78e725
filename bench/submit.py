"""How many choice answers can be taken, graded and written durably in a second?"""

from collections.abc import Iterator
from urllib.parse import urlencode

from sqlalchemy import func, select

from assessments.kinds.item import key_of
from assessments.models import Grade
from bench import house, load, server
from bench.report import Figure
from core import db

LEARNERS = 300
RIGHT = "Wahrscheinlichkeiten für das nächste Token"


def figures() -> list[Figure]:
    """Rate, latency, and that each answer was graded exactly once."""
    with house.house(LEARNERS) as built:
        cookies = [built.cookie(person) for person in built.learners]
        token = house.csrf_value(built.app)
        with server.serve("wsgi:app", built.environ) as (base, _):
            pages = [load.request(f"{base}/courses/{built.run_id}/eins", headers={"Cookie": cookie}) for cookie in cookies]
            for _ in range(3):  # Whoever answers has opened the page; connections anew, so that both workers have read the course.
                load.run(base, iter(pages), seconds=3)
            result = load.run(base, _answers(base, built.run_id, cookies, token), seconds=10)
        with db.scoped(built.organisation_id):
            graded = db.session.scalar(select(func.count(Grade.id))) or 0
    return [
        Figure("choice answers taken, graded, written", result.rate, "1/s", 300),
        Figure("p95", result.percentile(0.95), "ms", 100, at_least=False),
        Figure("answers", len(result.latencies), ""),
        Figure("answers without exactly one grade", abs(len(result.latencies) - graded), "", 0, at_least=False),
        Figure("answers that were not 200", len(result.latencies) - result.statuses.get(200, 0), "", 0, at_least=False),
    ]


def _answers(base: str, run_id: int, cookies: list[str], token: str) -> Iterator[bytes]:
    """Each learner answers each question once: every request is another row."""
    for number in range(1, house.QUESTIONS + 1):
        item = f"frage-{number}"
        body = urlencode({"csrf_token": token, "attempt": 1, "answer": key_of(item, RIGHT)}).encode()
        for cookie in cookies:
            headers = {"Cookie": cookie, "HX-Request": "true", "Accept-Language": "de"}
            yield load.request(f"{base}/courses/{run_id}/eins/{item}/answer", method="POST", headers=headers, body=body)
