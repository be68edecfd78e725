"""How fast does the outbox drain, and does every score arrive whatever happens to the platform and to Lotse?"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from assessments.models import Attempt, Grade
from bench import house, server
from bench.report import Figure
from core import db, direct
from core.jobs import WorkState
from courses.models import Enrolment
from lti.grades import LINE_ITEMS, SCORES
from lti.models import Deployment, Participant, ResourceLink, ScorePush
from lti.registration import PlatformData
from lti.service import add_platform, scores

LEARNERS = 2000
PATIENCE = 60
SOME = 250                             # scores between two misfortunes


def figures() -> list[Figure]:
    """Rate against a fast platform; then errors, silence and a kill of the platform, and a kill of Lotse."""
    with tempfile.TemporaryDirectory(prefix="lotse-bench-") as folder, house.house(LEARNERS) as built:
        port = server.free_port()
        gradebook = Gradebook(port, Path(folder) / "book")
        _link(built, gradebook.base)
        environ = {**built.environ, "LOTSE_OUTGOING_HOSTS": "127.0.0.1"}
        with gradebook.running():
            rate = _drain(built, gradebook, environ)
            _misfortunes(built, gradebook, {**environ, "LOTSE_SWEEP_SECONDS": "1"})
            book = gradebook.book()
        right = [points for _, _, points in book["grades"] if points == 2]
        return [
            Figure("scores sent", rate, "1/s", 200),
            Figure("scores taken by the gradebook", book["taken"], ""),
            Figure("sent again, and refused as known", book["late"], ""),
            Figure("scores lost", LEARNERS - len(right) + _waiting(), "", 0, at_least=False),
            Figure("scores that overtook a later one", book["fell"], "", 0, at_least=False),
            Figure("columns and grades that are there twice", book["columns"] - 1 + len(book["grades"]) - LEARNERS, "", 0, at_least=False),
        ]


def _drain(built: house.House, gradebook: "Gradebook", environ: dict[str, str]) -> float:
    """All learners have a score when Lotse starts. Scores per second."""
    _grade_all(1)
    with server.serve("wsgi:app", environ):
        _await(lambda: gradebook.book()["taken"] >= LEARNERS, "all scores are sent")
    return LEARNERS / float(gradebook.book()["seconds"])


def _misfortunes(built: house.House, gradebook: "Gradebook", environ: dict[str, str]) -> None:
    """Everybody's score changes, and on its way everything happens once."""
    _grade_all(2)
    gradebook.mood("broken")
    with server.serve("wsgi:app", environ) as (_, pid):
        _await(lambda: _postponed("score_later 500"), "the platform has answered 500")
        gradebook.mood("well")
        gradebook.await_more(SOME)
        gradebook.kill()
        _await(lambda: _postponed("unreachable"), "Lotse has noticed that the platform is gone")
        gradebook.start()
        gradebook.await_more(SOME)
        gradebook.mood("hanging")
        before = _postponed("unreachable")
        _await(lambda: _postponed("unreachable") > before, "Lotse has noticed that the platform is silent")
        gradebook.mood("well")
        gradebook.await_more(SOME)
        os.killpg(pid, signal.SIGKILL)
    _let_leases_run_out()
    with server.serve("wsgi:app", environ):
        _await(lambda: not _waiting(), "all scores are sent")


@dataclass
class Gradebook:
    """The platform's process, which may be killed, and its book, which stays."""

    port: int
    path: Path
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def base(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Until the block ends."""
        self.start()
        try:
            yield
        finally:
            self.kill()

    def start(self) -> None:
        """Start it; it goes on where the book ends."""
        self.process = subprocess.Popen([sys.executable, "-m", "bench.gradebook", str(self.port), str(self.path)], cwd=server.ROOT)
        server.wait_for(f"{self.base}/book", self.process)

    def kill(self) -> None:
        """Kill -9."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def mood(self, name: str) -> None:
        """well, broken or hanging."""
        urllib.request.urlopen(f"{self.base}/mood", data=name.encode(), timeout=10).close()  # noqa: S310 - our own server on loopback

    def book(self) -> dict[str, Any]:
        """What it has."""
        with urllib.request.urlopen(f"{self.base}/book", timeout=10) as answer:  # noqa: S310 - our own server on loopback
            found: dict[str, Any] = json.load(answer)
        return found

    def await_more(self, count: int) -> None:
        """Wait until it has taken so many more scores."""
        enough = self.book()["taken"] + count
        _await(lambda: self.book()["taken"] >= enough, f"{count} more scores are sent")


def _link(built: house.House, base: str) -> None:
    """A platform, a link without a line item (Lotse makes it), and all learners behind it."""
    platform = add_platform(built.organisation_id, PlatformData(
        issuer=base, client_id="bench", auth_url=f"{base}/auth", token_url=f"{base}/token", jwks_url=f"{base}/jwks", deployments=("1",),
    ))
    with db.transaction() as tx:
        link = direct.add(
            ResourceLink, platform_id=platform.id, deployment_id=tx.scalars(select(Deployment.id)).one(), resource_link_id="1", title="Bench",
            run_id=built.run_id, kind="module", module="eins", lineitems=f"{base}/lineitems", scopes=[SCORES, LINE_ITEMS],
        )
        for enrolment_id in tx.scalars(select(Enrolment.id)).all():
            direct.add(Participant, link_id=link, enrolment_id=enrolment_id, user_id=str(enrolment_id))


def _grade_all(question: int) -> None:
    """Everybody has answered one more question; as submitting it does, but without a server that could send it already."""
    with db.transaction() as tx:
        for part in tx.scalars(select(Enrolment)).all():
            attempt = direct.add(
                Attempt, enrolment_id=part.id, edition_id=part.edition_id, module="eins", item=f"frage-{question}", number=1, language="de",
                response={}, state=WorkState.DONE,
            )
            direct.add(Grade, attempt_id=attempt, edition_id=part.edition_id, item_revision="1", score=1.0, score_maximum=1.0, verdict={})
            scores.note_grade(part.id, "eins")


def _waiting() -> int:
    return _count(ScorePush.state != WorkState.DONE)


def _postponed(error: str) -> int:
    return _count(ScorePush.error == error)


def _count(which: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(ScorePush.id)).where(which)) or 0


def _let_leases_run_out() -> None:
    """As three minutes later: nothing is measured by waiting for them."""
    with db.transaction() as tx:
        tx.execute(update(ScorePush).where(ScorePush.state == WorkState.RUNNING).values(lease_until=db.now()))


def _await(done: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        with suppress(OSError):
            if done():
                return
        if time.monotonic() > end:
            raise TimeoutError(f"not within {PATIENCE} s: {what}")
        time.sleep(0.1)
