"""The commands about certificates: a sample for other tools, and checking files."""

import subprocess
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from flask import Flask
from pypdf import PdfWriter

from app import create_app
from certificates import badges, service
from certificates.models import Reason
from certificates.organisations import issuer_of
from core import db
from tests.certificates.earning import earn
from tests.conftest import settings_for


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
        assert run(app, "verify", str(tmp_path / name)) == (3, said.replace("valid", "foreign", 1))
    changed = tmp_path / "changed.json"
    changed.write_text((tmp_path / "badge.json").read_text().replace("language models write", "language models think"))
    assert run(app, "verify", str(changed), *documents)[1].startswith("badge: tampered")
    assert run(app, "verify", str(changed), *documents)[0] == 4
    code, said = run(app, "verify", str(tmp_path / "certificate.pdf"))
    assert (code, "not with these bytes" in said, "seal: intact" in said, "badge in it: foreign" in said) == (3, True, True, True)
    assert run(app, "verify", str(tmp_path / "certificate.pdf"), *documents)[0] == 0


def test_a_lotse_that_was_never_started_checks_files(tmp_path: Path) -> None:
    app = create_app(settings_for(f"sqlite:///{tmp_path}/none.sqlite3", tmp_path), testing=True)
    assert run(app, "sample", "--out", str(tmp_path))[0] == 0
    documents = ("--did", str(tmp_path / "did.json"), "--status", str(tmp_path / "status-list.json"))
    assert run(app, "verify", str(tmp_path / "certificate.pdf"), *documents)[0] == 0
    assert run(app, "verify", str(tmp_path / "badge.json"))[0] == 3


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
    for path, words in ((file, f"{number}, withdrawn"), (file, "badge in it: withdrawn"), (badge, "badge: withdrawn")):
        code, said = run(app, "verify", str(path))
        assert code == 5
        assert words in said


def test_what_is_no_badge_and_an_unknown_organisation_are_said_so(app: Flask, tmp_path: Path) -> None:
    nothing, picture = tmp_path / "nothing", tmp_path / "no.png"
    nothing.write_bytes(b"\x00\xff")
    picture.write_bytes(b"\x89PNG broken")
    assert run(app, "verify", str(nothing)) == (4, "badge: tampered\n")
    assert run(app, "verify", str(picture))[0] == 1
    assert "no organisation" in run(app, "new-key", "nobody")[1]


def test_a_file_that_was_changed_or_has_expired_and_badges_of_old_keys_are_told_apart(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        holder = earn(app)
        row = holder.certificate()
        badges.rotate(holder.person.organisation_id)
        content, text = service.pdf_of(row) or b"", row.badge or ""
        resaved = PdfWriter(clone_from=BytesIO(content))
        resaved.write(tmp_path / "resaved.pdf")
        two = PdfWriter(clone_from=BytesIO(content))
        two.add_attachment("second.json", text.replace("KI-", "AI-").encode())
        two.write(tmp_path / "two.pdf")
        bare = PdfWriter()
        bare.add_blank_page(100, 100)
        bare.write(tmp_path / "bare.pdf")
        (tmp_path / "whole.pdf").write_bytes(content)
        (tmp_path / "badge.jwt").write_text(badges.as_token(row, issuer_of(row)))
        db.session.commit()
    for name, code, words in (
        ("whole", 0, "badge in it: valid"), ("resaved", 4, "badge in it: valid"), ("two", 4, "badges in it: 2"), ("bare", 3, "badges in it: 0"),
    ):
        assert run(app, "verify", str(tmp_path / f"{name}.pdf"))[0] == code, name
        assert words in run(app, "verify", str(tmp_path / f"{name}.pdf"))[1]
    assert run(app, "verify", str(tmp_path / "badge.jwt"))[0] == 0
    with app.app_context():
        with db.transaction():
            holder.certificate().expires_on = service.today_here() - timedelta(days=1)
        db.session.commit()
    code, said = run(app, "verify", str(tmp_path / "whole.pdf"))
    assert (code, "expired" in said) == (6, True)
