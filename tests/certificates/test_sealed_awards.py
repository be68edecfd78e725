"""Certificates earned where the organisation has a seal: sealed when they are printed, and printed later when the seal fails."""

import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from flask import Flask

from certificates import bulk, pdf, service
from certificates.sealing.check import State, check
from certificates.sealing.settings import FILE
from certificates.tasks import print_certificate
from core import db, jobs
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


def _broken_ways(data: Path) -> Iterator[str]:
    """Ways in which a seal does not work, each with words of its message; what was wrong before is right again."""
    device = '[musterstadt]\nkind = "pkcs11"\nmodule = "module.so"\ntoken = "t"\ncertificate = "seal"\npin_file = "passphrase"\n'

    def other(**given: Any) -> bytes:
        return trust.issue("Siegel", trust.rsa_key(1), trust.root(), **given).pkcs12()

    ways: list[tuple[str, dict[str, bytes | str | None]]] = [
        ("passphrase is wrong", {"passphrase": "wrong"}), ("cannot be read", {"passphrase": None}), ("no such file", {"seal.p12": None}),
        ("no PKCS#12 file", {"seal.p12": "rubbish"}), ("expired on", {"seal.p12": other(since=timedelta(days=-9), days=8)}),
        ("not valid before", {"seal.p12": other(since=timedelta(days=1))}),
        ("not made for seals", {"seal.p12": other(key_usage=trust.usage(key_encipherment=True))}),
        ("cannot be read", {FILE: "[musterstadt"}), ("no section [musterstadt] any more", {FILE: None}), ("no such PKCS#11 module", {FILE: device}),
        ("the device does not answer", {FILE: device, "module.so": "no library"}),
    ]
    for words, spoilt in ways:
        with_seal(data)
        for name, content in spoilt.items():
            (data / name).unlink(missing_ok=True)
            if content is not None:
                trust.write(data / name, content)
        yield words


def test_whatever_is_wrong_with_a_seal_nothing_unsealed_gets_out_and_once_mended_it_comes(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_seal(tmp_path)
    with app.app_context():
        earn(app)  # From here on the organisation seals.
        monkeypatch.setattr("core.jobs.hint", lambda *_: None)
        laid_out = Mock(wraps=pdf.write)
        monkeypatch.setattr(pdf, "write", laid_out)
        holder = earn(app, "Grace Hopper")
        path = f"/certificates/{holder.certificate().id}"
        for words in _broken_ways(tmp_path):
            row = holder.certificate()
            with db.transaction():
                row.state, row.due_at, row.tries = WorkState.DUE, db.now(), 9  # Long after others would be given up.
            print_certificate(row.id)
            row = holder.certificate()
            assert words in (row.error or "")
            assert (row.state, row.sha256, service.pdf_of(row), row.seal_fingerprint) == (WorkState.DUE, None, None, None)
            assert row.due_at > db.now() + timedelta(minutes=1)  # No busy retry.
            assert "Your certificate comes later" in holder.open(path).text
            assert holder.open(f"{path}.pdf").status_code == 404
            assert request(app.test_client(), f"/z/{row.code}").status_code == 404
            with bulk.archive(holder.enrolment.run_id) as file, zipfile.ZipFile(file) as packed:
                assert len(packed.namelist()) == 1
        laid_out.assert_not_called()  # The seal is looked at first.
        told = app.test_cli_runner().invoke(args=["certificates", "seal", "musterstadt"]).output
        assert "waiting: 1" in told
        assert "the device does not answer" in told
        with_seal(tmp_path)
        assert "tried again now" in app.test_cli_runner().invoke(args=["certificates", "seal", "musterstadt"]).output
        jobs.sweep()
        assert holder.certificate().seal_fingerprint == trust.seal_pair().fingerprint


def test_who_says_so_seals_no_longer(app: Flask, tmp_path: Path) -> None:
    with_seal(tmp_path)
    with app.app_context():
        assert earn(app).certificate().seal_fingerprint
        trust.write(tmp_path / FILE, '[musterstadt]\nkind = "none"\n')
        row = earn(app, "Grace Hopper").certificate()
        assert (row.state, row.seal_fingerprint) == (WorkState.DONE, None)
