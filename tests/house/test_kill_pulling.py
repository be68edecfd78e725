"""kill -9 amid a pull: no edition is half made, and after a restart the commit is taken once."""

import shutil
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from accounts.models import Role
from core import db, jobs
from core.config import replace_settings
from courses.models import Edition
from studio import following, service
from studio.following import Wanted
from studio.models import DraftRevision, Following, Pull
from tests import builders
from tests.conftest import SECRET
from tests.house.running import Programs, kill
from tests.studio.gitserver import repository, serving

PATH = "01-eins/module.de.md"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_a_worker_killed_when_all_is_written_but_nothing_committed_leaves_nothing_half_done(app: Flask, database_url: str, tmp_path: Path) -> None:
    made = repository(tmp_path / "served" / "kurs")
    made.commit(builders.FILES, "Der Anfang")
    with serving(tmp_path / "served") as server, app.app_context():
        app.extensions["settings"] = replace_settings(app.extensions["settings"], outgoing_hosts=(server.host,))
        builders.organisation()
        builders.edition()
        draft = service.open_draft("kurs")
        assert draft is not None
        row = following.follow(draft.id, Wanted(f"{server.base}/kurs", publishes=True), builders.person(roles=(Role.TRAINER,)).id)
        before, number = _state(), row.id
        commit = made.commit({PATH: builders.GERMAN.replace("# Anfang", "# Neu").encode()}, "Neu")
        with db.transaction() as tx:
            tx.execute(update(Following).values(due_at=db.now()))
        given = {"database_url": database_url, "data_dir": str(tmp_path), "secret_key": SECRET, "model": "none", "outgoing_hosts": server.host}
        with Programs(tmp_path, **given) as programs:
            worker = programs.start("tests.house.puller", str(number), "killed")
            assert worker.wait(60) == -signal.SIGKILL, programs.said
            kill(worker)
            assert _state() == before
            assert _row().state == jobs.WorkState.RUNNING
            with db.transaction() as tx:
                tx.execute(update(Following).values(lease_until=db.now() - timedelta(seconds=1)))
            worker = programs.start("tests.house.puller", str(number), "to the end")
            assert worker.wait(60) == 0, programs.said
            assert "Traceback" not in programs.said
        editions, pulls, revisions = before
        assert _state() == (editions + 1, pulls + 1, revisions + 1)
        assert (_row().state, _row().commit_id) == (jobs.WorkState.DUE, commit)
        assert b"# Neu" in service.read(draft.id, PATH)[0]


def _state() -> tuple[int, ...]:
    """How many editions, reports and states of files there are."""
    db.session.rollback()
    return tuple(db.session.scalar(select(func.count(model.id))) or 0 for model in (Edition, Pull, DraftRevision))


def _row() -> Following:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Following)).one()
