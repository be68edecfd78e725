"""Certificates earned where the organisation has a seal: sealed when they are printed, and printed later when the seal fails."""

from pathlib import Path

from flask import Flask

from certificates import service
from certificates.sealing.check import State, check
from certificates.sealing.settings import FILE
from certificates.tasks import print_certificate
from core import db
from core.jobs import WorkState
from tests.certificates import trust
from tests.certificates.earning import earn, request


def with_seal(data: Path, passphrase: str = trust.PASSPHRASE) -> None:
    """The seal of the organisation of these tests, in the data folder."""
    trust.write(data / "seal.p12", trust.seal_pair().pkcs12())
    trust.write(data / "passphrase", passphrase)
    trust.write(data / FILE, '[musterstadt]\nkind = "pkcs12"\npath = "seal.p12"\npassphrase_file = "passphrase"\n')


def test_an_earned_certificate_is_sealed_and_the_public_page_names_the_seal(app: Flask, tmp_path: Path) -> None:
    with_seal(tmp_path)
    with app.app_context():
        certificate = earn(app).certificate()
        content = service.pdf_of(certificate) or b""
        report = check(content, roots=[trust.root().certificate])
        assert (report.state, report.trusted) == (State.INTACT, True)
        assert report.fingerprint == certificate.seal_fingerprint == trust.seal_pair().fingerprint
        assert trust.seal_pair().fingerprint in request(app.test_client(), f"/z/{certificate.code}").text


def test_a_seal_that_fails_keeps_the_certificate_until_an_operator_has_mended_it(app: Flask, tmp_path: Path) -> None:
    with_seal(tmp_path, "wrong")
    with app.app_context():
        holder = earn(app)
        row = holder.certificate()
        assert (row.state, service.pdf_of(row)) == (WorkState.DUE, None)
        assert "passphrase" in (row.error or "")
        assert trust.PASSPHRASE not in (row.error or "")
        assert request(app.test_client(), f"/z/{row.code}").status_code == 404
        with_seal(tmp_path)
        with db.transaction():
            row.due_at = db.now()
        print_certificate(row.id)
        assert holder.certificate().seal_fingerprint == trust.seal_pair().fingerprint


def test_the_seal_of_another_organisation_is_not_used(app: Flask, tmp_path: Path) -> None:
    with_seal(tmp_path)
    file = tmp_path / FILE
    trust.write(file, file.read_text().replace("[musterstadt]", "[other]"))
    with app.app_context():
        certificate = earn(app).certificate()
        assert certificate.seal_fingerprint is None
        assert check(service.pdf_of(certificate) or b"").state == State.NONE
