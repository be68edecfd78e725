"""Many certificates at once: printing can be stopped and goes on, also after a kill; one archive holds all files."""

import io
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from certificates import bulk, pdf, service
from certificates.models import Certificate, Reason
from certificates.tasks import print_certificate
from core import db
from core.jobs import WorkState
from tests import builders
from tests.certificates.earning import FILES, Holder, earn
from tests.certificates.test_life import teacher


@pytest.fixture
def unprinted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Holder:
    """A class of three whose certificates are due, and nobody prints."""
    with app.app_context():
        monkeypatch.setattr("core.jobs.hint", lambda *_: None)
        holder = earn(app)
        for name in ("Ben ../Bösewicht", "Cem"):
            builders.enrolment(builders.person(name), FILES)
        run_id = holder.enrolment.run_id
        bulk.confirm(run_id, [entry.enrolment_id for entry in bulk.entries(run_id)])
    return holder


def print_all() -> None:
    for number in db.session.scalars(select(Certificate.id).order_by(Certificate.id)).all():
        db.session.commit()
        print_certificate(number)


def test_printing_stops_and_goes_on_where_it_was(app: Flask, unprinted: Holder) -> None:
    with app.app_context(), db.scoped(unprinted.person.organisation_id):
        run_id, lecturer = unprinted.enrolment.run_id, teacher(app, unprinted)
        path = f"/courses/{run_id}/certificates"
        print_certificate(unprinted.certificate().id)
        assert lecturer.open(f"{path}/hold", "POST").status_code == 303
        print_all()
        found = bulk.progress(run_id)
        assert (found.printed, found.printing, found.held, found.whole) == (1, 0, 2, 3)
        assert "hx-trigger" not in lecturer.open(path).text
        assert "Stopped: 2" in lecturer.open(f"{path}/progress").text
        assert lecturer.open(f"{path}/go-on", "POST").status_code == 303
        assert 'hx-trigger="every 2s"' in lecturer.open(f"{path}/progress").text
        print_all()
        assert bulk.progress(run_id).printed == 3
        assert lecturer.open(f"{path}/go-on", "POST").status_code == 303


def test_a_class_shares_a_compiled_page_and_each_file_can_be_printed_again(app: Flask, unprinted: Holder) -> None:
    with app.app_context(), db.scoped(unprinted.person.organisation_id):
        pdf.forget()
        print_all()
        assert len(pdf._shelf._pages) == 1  # Of Ben's and Cem's participation; Ada's achievement is a page of its own.
        pdf.forget()
        rows = db.session.scalars(select(Certificate).order_by(Certificate.id)).all()
        assert [service._print(row).content for row in rows] == [service.pdf_of(row) for row in rows]


def test_what_waits_for_a_name_is_not_let_go_on(app: Flask) -> None:
    with app.app_context():
        holder = earn(app, None)
        bulk.hold(holder.enrolment.run_id)
        bulk.go_on(holder.enrolment.run_id)
        assert holder.certificate().state == WorkState.WAITING
        assert bulk.progress(holder.enrolment.run_id).waiting == 1


def test_the_archive_holds_every_valid_file_under_a_safe_name(app: Flask, unprinted: Holder) -> None:
    with app.app_context(), db.scoped(unprinted.person.organisation_id):
        print_all()
        lecturer, run_id = teacher(app, unprinted), unprinted.enrolment.run_id
        cem = next(entry for entry in bulk.entries(run_id) if entry.holder.name == "Cem")
        service.withdraw_row(cem.certificates[0], Reason.ERROR)
        answer = lecturer.open(f"/courses/{run_id}/certificates.zip")
        assert answer.mimetype == "application/zip"
        with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
            names = packed.namelist()
            assert [name.partition(" ")[2] for name in names] == ["Ada Lovelace.pdf", "Ben .. Bösewicht.pdf"]
            assert packed.read(names[0]) == service.pdf_of(unprinted.certificate())
        answer.close()
        assert unprinted.open(f"/courses/{run_id}/certificates.zip").status_code == 403


def test_files_have_names_that_every_system_takes(app: Flask, unprinted: Holder, tmp_path: Path) -> None:
    given = ["आर्यन् शर्मा", "王" * 200, 'a/b\\c:d*e?"<f>|g. ', "محمد", "王" * 199 + "明"]
    with app.app_context(), db.scoped(unprinted.person.organisation_id):
        for name in given:
            builders.enrolment(builders.person(name), FILES)
        run_id = unprinted.enrolment.run_id
        bulk.confirm(run_id, [entry.enrolment_id for entry in bulk.entries(run_id)])
        print_all()
        with bulk.archive(run_id) as file, zipfile.ZipFile(file) as packed:
            assert packed.testzip() is None
            packed.extractall(tmp_path / "out")
            names = packed.namelist()
        assert len(list((tmp_path / "out").iterdir())) == len(names) == len({name.casefold() for name in names}) == 8
        assert [name.partition(" ")[2] for name in names[3:]] == ["आर्यन् शर्मा.pdf", "王" * 50 + ".pdf", "a b c d e f g.pdf", "محمد.pdf", "王" * 50 + ".pdf"]


def test_a_certificate_that_was_stopped_asks_nobody_for_a_name(app: Flask, unprinted: Holder) -> None:
    with app.app_context(), db.scoped(unprinted.person.organisation_id):
        bulk.hold(unprinted.enrolment.run_id)
        path = f"/certificates/{unprinted.certificate().id}"
        page = unprinted.open(path).text
        assert "Your certificate comes later" in page
        assert "Your name is needed" not in page + unprinted.open("/certificates").text
        assert unprinted.open(f"{path}/name", "POST", {"name": "Somebody Else"}).status_code == 303
        assert unprinted.certificate().snapshot["name"] == "Ada Lovelace"


def test_the_same_archive_twice_has_the_same_bytes(app: Flask, unprinted: Holder) -> None:
    with app.app_context(), db.scoped(unprinted.person.organisation_id):
        print_all()
        with bulk.archive(unprinted.enrolment.run_id) as one, bulk.archive(unprinted.enrolment.run_id) as two:
            assert one.read() == two.read()


def test_confirming_twice_at_once_makes_one_each(app: Flask, unprinted: Holder) -> None:
    with app.app_context(), db.scoped(unprinted.person.organisation_id):
        run_id = unprinted.enrolment.run_id
        assert bulk.confirm(run_id, [entry.enrolment_id for entry in bulk.entries(run_id)]) == 0
        assert db.session.scalar(select(func.count()).select_from(Certificate)) == 3
