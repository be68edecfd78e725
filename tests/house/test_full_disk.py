"""A full disk and a locked database: nothing is half saved, people are told, and afterwards the same form works."""

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, func, select

from accounts.service import add_local_person
from assessments.models import Attempt, Grade
from core import db
from lti.models import ScorePush
from tests import builders
from tests.house.campus import Campus, campus

SORRY = "What you sent was not counted"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def counted() -> tuple[int, ...]:
    """How many answers, grades and scores there are."""
    db.session.rollback()
    return tuple(db.session.scalar(select(func.count()).select_from(table)) or 0 for table in (Attempt, Grade, ScorePush))


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of 3 MB in memory; where that is not allowed, the test is skipped."""
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("only root may make a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Write until nothing more goes on it."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return filler


@contextmanager
def locked(house: Campus) -> Iterator[None]:
    """Another process holds the write lock for longer than anybody waits."""
    path = house.app.extensions["engine"].url.database
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        yield
        other.execute("rollback")


@pytest.fixture
def impatient(database_url: str, tmp_path: Path) -> Iterator[Campus]:
    """A house that waits a tenth of a second for the lock instead of five seconds."""
    with campus(database_url, tmp_path, 0) as house:
        house.add_learners(1)
        event.listen(house.app.extensions["engine"], "connect", lambda connection, _: connection.execute("pragma busy_timeout=100"))
        db.session.remove()
        house.app.extensions["engine"].dispose()
        db.act_for(house.organisation_id)
        yield house


def test_on_a_full_disk_an_answer_is_refused_whole_and_taken_once_there_is_room(sqlite_template: Path, database_url: str, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        (disk / "lotse.sqlite3").write_bytes(sqlite_template.read_bytes())
        with campus(f"sqlite:///{disk}/lotse.sqlite3", disk, 0) as house:
            house.add_learners(1)
            filler = fill(disk)
            refused = [house.answer_here(house.learners[0], number, "Ja") for number in range(1, 16)]
            assert refused[-1].status_code == 503
            assert SORRY in refused[-1].text
            taken = [reply.status_code for reply in refused].count(200)
            assert counted()[:2] == (taken, taken)
            filler.unlink()
            assert [house.answer_here(house.learners[0], number, "Ja").status_code for number in range(1, 16)] == [200] * 15
            assert counted()[:2] == (15, 15)


def test_while_another_process_holds_the_lock_an_answer_is_refused_and_the_same_form_works_afterwards(impatient: Campus) -> None:
    with locked(impatient):
        refused = impatient.answer_here(impatient.learners[0], 2, "Ja")
    assert (refused.status_code, SORRY in refused.text, refused.headers["Retry-After"]) == (503, True, "30")
    assert counted() == (0, 0, 0)
    assert impatient.answer_here(impatient.learners[0], 2, "Ja").status_code == 200
    assert counted() == (1, 1, 1)


def test_the_pages_before_the_sign_in_are_shown_while_the_database_is_locked(impatient: Campus) -> None:
    impatient.app.config["WTF_CSRF_ENABLED"] = True  # The form's token is what wants to be kept in a session.
    with locked(impatient):
        pages = [impatient.app.test_client().get(path, base_url="https://localhost").status_code for path in ("/", "/sign-in", "/health", "/ready")]
    assert pages == [200, 200, 200, 200]


def test_a_sign_in_that_cannot_be_kept_says_so(impatient: Campus) -> None:
    add_local_person(impatient.organisation_id, "ada", builders.PASSWORD)
    impatient.app.config["PROPAGATE_EXCEPTIONS"] = False  # As it is outside tests.
    form = {"username": "ada", "password": builders.PASSWORD}
    with locked(impatient):
        refused = impatient.app.test_client().post("/sign-in", data=form, base_url="https://localhost", headers={"Accept-Language": "en"})
    assert (refused.status_code, SORRY in refused.text) == (503, True)
    assert impatient.app.test_client().post("/sign-in", data=form, base_url="https://localhost").status_code == 302
