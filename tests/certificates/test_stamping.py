"""A timestamp that was missing when a certificate was sealed comes later; who has the earlier file still has a genuine one."""

import hashlib
from contextvars import Context
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from certificates import service, stamping
from certificates.models import FormerFile, MissingTimestamp
from certificates.sealing.check import State, check
from certificates.sealing.settings import FILE
from certificates.tasks import add_timestamp
from core import db, jobs
from core.jobs import WorkState
from tests.certificates import trust
from tests.certificates.earning import Holder, earn
from tests.certificates.test_sealed_awards import with_seal


def sealed_without(app: Flask, data: Path, address: str) -> Holder:
    """Somebody whose certificate was sealed while the authority was away."""
    with_seal(data)
    file = data / FILE
    trust.write(file, file.read_text() + f'tsa = "{address}"\ntimestamp = "prefer"\n')
    return earn(app)


def missing() -> MissingTimestamp:
    db.session.rollback()
    return db.session.scalars(select(MissingTimestamp).execution_options(populate_existing=True)).one()


def later(app: Flask) -> None:
    with db.transaction() as tx:
        tx.execute(update(MissingTimestamp).values(due_at=db.now()))
    jobs.sweep()


def same_file(app: Flask, code: str, content: bytes) -> str:
    """What the public page says of a file."""
    return Context().run(  # As it comes from outside, see earning.request.
        app.test_client().post, f"/z/{code}/file", data={"file": (BytesIO(content), "c.pdf")}, headers={"Accept-Language": "en"}, base_url="https://localhost",
    ).text


def test_the_timestamp_is_added_when_the_authority_is_back_and_both_files_are_ours(app: Flask, tmp_path: Path) -> None:
    with trust.time_server("500") as authority, app.app_context():
        ada = sealed_without(app, tmp_path, authority.url)
        row = ada.certificate()
        before, sha256 = service.pdf_of(row) or b"", row.sha256
        assert check(before).timestamp is None
        assert missing().state == WorkState.DUE
        later(app)
        assert (missing().tries, service.pdf_of(row)) == (1, before)
        assert "status 500" in (missing().error or "")
        assert missing().due_at > db.now() + timedelta(minutes=5)
        run = app.test_cli_runner().invoke
        assert "added later 0, waiting 1, given up 0" in run(args=["certificates", "timestamps"]).output
        authority.mood = "fine"
        later(app)
        row = ada.certificate()
        after = service.pdf_of(row) or b""
        report = check(after, roots=[trust.root().certificate])
        assert (report.state, report.trusted, report.timestamp_trusted) == (State.INTACT, True, True)
        assert row.sha256 == hashlib.sha256(after).hexdigest() != sha256
        assert (missing().state, missing().error) == (WorkState.DONE, None)
        assert "added later 1, waiting 0, given up 0" in run(args=["certificates", "timestamps"]).output
        asked = authority.asked
        add_timestamp(missing().id)
        assert authority.asked == asked
        for content in (before, after):
            assert "Yes, the file is unchanged." in same_file(app, row.code, content)
            (tmp_path / "c.pdf").write_bytes(content)
            assert app.test_cli_runner().invoke(args=["certificates", "verify", str(tmp_path / "c.pdf")]).exit_code == 0
        (tmp_path / "c.pdf").write_bytes(before + b" ")
        assert app.test_cli_runner().invoke(args=["certificates", "verify", str(tmp_path / "c.pdf")]).exit_code == 4  # tampered


def test_after_two_weeks_it_is_given_up_with_the_reason_until_an_operator_asks_again(app: Flask, tmp_path: Path) -> None:
    with trust.time_server("500") as authority, app.app_context():
        sealed_without(app, tmp_path, authority.url)
        with db.transaction() as tx:
            tx.execute(update(MissingTimestamp).values(since=db.now() - timedelta(days=14, minutes=1)))
        later(app)
        assert missing().state == WorkState.FAILED
        assert (missing().error or "").startswith("given up after 14 days: the timestamp authority")
        assert "given up 1" in app.test_cli_runner().invoke(args=["certificates", "timestamps"]).output
        authority.mood = "fine"
        assert "1 to be asked for again" in app.test_cli_runner().invoke(args=["certificates", "timestamps", "--retry"]).output
        jobs.sweep()
        assert missing().state == WorkState.DONE


def test_a_certificate_that_was_deleted_meanwhile_gets_no_file_back(app: Flask, tmp_path: Path) -> None:
    with trust.time_server("500") as authority, app.app_context():
        ada = sealed_without(app, tmp_path, authority.url)
        service.erase(ada.certificate())
        authority.mood = "fine"
        later(app)
        assert missing().state == WorkState.DONE
        assert service.pdf_of(ada.certificate()) is None
        assert db.session.scalars(select(FormerFile)).all() == []
        assert authority.asked == 1


def test_of_two_workers_one_adds_the_timestamp(app: Flask, tmp_path: Path) -> None:
    with trust.time_server("500") as authority, app.app_context():
        ada = sealed_without(app, tmp_path, authority.url)
        authority.mood = "fine"
        with db.transaction() as tx:
            tx.execute(update(MissingTimestamp).values(due_at=db.now()))
        slow = jobs.claim(MissingTimestamp, missing().id, lease=timedelta(seconds=-1))
        assert slow is not None
        token = slow.lease
        add_timestamp(slow.id)
        digest = ada.certificate().sha256
        with app.app_context():
            db.act_for(ada.person.organisation_id)
            row = db.session.scalars(select(MissingTimestamp)).one()
            db.session.expunge(row)
            row.lease = token
            with pytest.raises(jobs.LostLeaseError):
                stamping.add_claimed(row)
        assert ada.certificate().sha256 == digest
        assert len(db.session.scalars(select(FormerFile)).all()) == 1


def test_nothing_is_noted_where_no_timestamp_is_missing(app: Flask, tmp_path: Path) -> None:
    with trust.time_server() as authority, app.app_context():
        sealed_without(app, tmp_path, authority.url)
        assert db.session.scalars(select(MissingTimestamp)).all() == []
