"""The commands about certificates: a sample for other tools, and checking files."""

import subprocess
from pathlib import Path

from flask import Flask

from certificates import service
from certificates.models import Reason
from core import db
from tests.certificates.earning import earn


def run(app: Flask, *words: str) -> tuple[int, str]:
    """A command as an operator gives it."""
    done = app.test_cli_runner().invoke(args=["certificates", *words])
    return done.exit_code, done.output


def test_a_sample_has_every_form_and_can_be_checked_with_its_own_documents(app: Flask, tmp_path: Path) -> None:
    code, said = run(app, "sample", "--out", str(tmp_path))
    assert (code, said.count("\n")) == (0, 7)
    assert b"Signature is Valid" in subprocess.run(["pdfsig", tmp_path / "certificate.pdf"], capture_output=True, check=False).stdout
    documents = ("--did", str(tmp_path / "did.json"), "--status", str(tmp_path / "status-list.json"))
    for name in ("badge.json", "badge.jwt", "badge.png"):
        code, said = run(app, "verify", str(tmp_path / name), *documents)
        assert (code, said.splitlines()[0]) == (0, "badge: valid")
        assert run(app, "verify", str(tmp_path / name)) == (1, said.replace("valid", "foreign", 1))
    changed = tmp_path / "changed.json"
    changed.write_text((tmp_path / "badge.json").read_text().replace("language models write", "language models think"))
    assert run(app, "verify", str(changed), *documents)[1].startswith("badge: tampered")
    assert "not with these bytes" in run(app, "verify", str(tmp_path / "certificate.pdf"))[1]
    assert "seal: intact" in run(app, "verify", str(tmp_path / "certificate.pdf"))[1]


def test_what_was_issued_here_is_known_until_it_is_withdrawn(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        holder = earn(app)
        row, file, badge = holder.certificate(), tmp_path / "c.pdf", tmp_path / "b.json"
        file.write_bytes(service.pdf_of(row) or b"")
        badge.write_text(row.badge or "")
        number = row.snapshot["number"]
        db.session.commit()
    for path, words in ((file, f"{number}, valid"), (badge, "badge: valid")):
        code, said = run(app, "verify", str(path))
        assert code == 0
        assert words in said
    with app.app_context():
        service.withdraw_row(holder.certificate(), Reason.ERROR)
        db.session.commit()
    assert run(app, "verify", str(file))[1].endswith(f"{number}, withdrawn\n")
    assert run(app, "verify", str(badge))[1].startswith("badge: withdrawn")


def test_what_is_no_badge_and_an_unknown_organisation_are_said_so(app: Flask, tmp_path: Path) -> None:
    nothing, picture = tmp_path / "nothing", tmp_path / "no.png"
    nothing.write_bytes(b"\x00\xff")
    picture.write_bytes(b"\x89PNG broken")
    assert run(app, "verify", str(nothing)) == (1, "badge: tampered\n")
    assert run(app, "verify", str(picture))[0] == 1
    assert "no organisation" in run(app, "new-key", "nobody")[1]
