"""Mails reach a real mail server: once, in order, whatever breaks on the way; and nobody's address stays longer than needed."""

import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Flask
from sqlalchemy import select, update

from core import db, jobs
from core.config import Settings, SettingsError
from core.jobs import WorkState
from core.post import outbox, relay, sending
from core.post.addresses import UnusableAddressError, mailbox, named
from core.post.letter import Letter, Link
from core.post.models import Mail
from tests import builders
from tests.certificates import trust
from tests.core.mailserver import PASSWORD, MailServer, mail_server, use

TEXT = "Grüße & <b>Küsse</b>. " * 10


@pytest.fixture
def server(app: Flask) -> Iterator[MailServer]:
    """A mail server that the house uses."""
    with mail_server() as place, app.app_context():
        use(app, place)
        builders.organisation()
        yield place


def letter(subject: str = "Ein Betreff mit Ä") -> Letter:
    return Letter(
        language="de", subject=subject, greeting="Guten Tag,", paragraphs=(TEXT,), link=Link("Zum Zertifikat", "https://lotse.uni.example/certificates/7"),
        after=(), sender="Lotse", small=("Warum.",), unsubscribe=Link("Abbestellen", "https://lotse.uni.example/notices/abc"),
    )


def write(key: str = "a", to: str = "ada@uni.example", subject: str = "Ein Betreff mit Ä") -> bool:
    with db.transaction():
        return outbox.write(db.acting_for() or 0, key, f"person:{key}", to, letter(subject))


def rows() -> list[Mail]:
    db.session.rollback()
    return list(db.session.scalars(select(Mail).order_by(Mail.id).execution_options(populate_existing=True)))


def again() -> None:
    """Time passes: all that waits is due, no lease holds any more, and the minute is over."""
    with db.transaction() as tx:
        tx.execute(update(Mail).where(Mail.state == WorkState.DUE).values(due_at=db.now()))
        tx.execute(update(Mail).where(Mail.state == WorkState.RUNNING).values(lease_until=db.now() - timedelta(seconds=1)))
        tx.execute(update(Mail).values(taken_at=None))
    jobs.sweep()


def test_a_mail_arrives_with_text_and_html_and_headers_that_machines_understand(app: Flask, server: MailServer) -> None:
    use(app, server, mail_reply_to="Zentrum für Lehre <zdl@uni.example>")
    assert write()
    [delivered] = server.mails
    mail = delivered.mail
    assert (delivered.sender, delivered.recipients) == ("lotse@uni.example", ["ada@uni.example"])
    assert (mail["From"], mail["To"], mail["Subject"], mail["Reply-To"]) == (
        "Lotse <lotse@uni.example>", "ada@uni.example", "Ein Betreff mit Ä", "Zentrum für Lehre <zdl@uni.example>",
    )
    assert (mail["Auto-Submitted"], mail["Content-Language"]) == ("auto-generated", "de")
    assert mail["List-Unsubscribe"] == "<https://lotse.uni.example/notices/abc>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Message-ID"].endswith("@lotse.uni.example>")
    assert mail.get_content_type() == "multipart/alternative"
    assert "Grüße & <b>Küsse</b>." in delivered.part("plain")
    assert "\nhttps://lotse.uni.example/certificates/7\n" in delivered.part("plain").replace("\r", "")
    assert max(map(len, delivered.part("plain").splitlines())) <= 72
    assert "Grüße &amp; &lt;b&gt;Küsse&lt;/b&gt;." in delivered.part("html")
    assert max(map(len, delivered.content.split(b"\r\n"))) <= 78
    [row] = rows()
    assert (row.state, row.tries, row.error) == (WorkState.DONE, 1, None)
    assert row.sent_at is not None


def test_nothing_is_written_where_no_mail_server_is_configured(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        assert not write()
        assert rows() == []


def test_the_same_thing_is_told_once_and_each_organisation_counts_for_itself(server: MailServer) -> None:
    assert write("a")
    assert not write("a")
    builders.organisation("other")
    assert write("a")
    assert len(server.mails) == 2


def test_what_is_rolled_back_was_never_written(server: MailServer) -> None:
    def written_in_vain() -> None:
        with db.transaction():
            outbox.write(db.acting_for() or 0, "a", "person:1", "ada@uni.example", letter())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        written_in_vain()
    assert (rows(), server.mails) == ([], [])


def test_many_mails_leave_over_one_connection(app: Flask, server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.transaction():
        for number in range(30):
            outbox.write(db.acting_for() or 0, f"key {number}", "person:1", f"ada{number}@uni.example", letter())
    assert [mail.recipients[0] for mail in server.mails] == [f"ada{number}@uni.example" for number in range(30)]
    assert server.sessions == 1


def test_no_more_mails_leave_in_a_minute_than_are_allowed(app: Flask, server: MailServer) -> None:
    use(app, server, mail_per_minute=3)
    with db.transaction():
        for number in range(7):
            outbox.write(db.acting_for() or 0, f"key {number}", "person:1", "ada@uni.example", letter())
    assert len(server.mails) == 3
    jobs.sweep()
    assert len(server.mails) == 3
    again()
    assert len(server.mails) == 6
    again()
    assert len(server.mails) == 7


@pytest.mark.parametrize("answer", ["rcpt 450 try later", "data 451 greylisted, ada@uni.example", "cut", "mail 421 closing", "mail 550 not you", "rcpt 421 too many"])
def test_a_mail_that_cannot_be_taken_now_goes_out_later(server: MailServer, answer: str) -> None:
    server.answers = [answer]
    write()
    [row] = rows()
    assert (row.state, server.mails) == (WorkState.DUE, [])
    assert row.due_at > db.now() + timedelta(seconds=30)
    assert row.error
    assert "ada" not in row.error
    again()
    [row] = rows()
    assert (row.state, row.tries, row.error, len(server.mails)) == (WorkState.DONE, 2, None, 1)


@pytest.mark.parametrize("answer", ["rcpt 550 5.1.1 <ada@uni.example>: no such person", "data 554 looks like spam"])
def test_a_mail_that_is_refused_for_good_says_why_and_is_not_tried_again(server: MailServer, answer: str) -> None:
    server.answers = [answer]
    write("a")
    write("b")
    again()
    refused, other = rows()
    assert (refused.state, refused.tries, other.state, len(server.mails)) == (WorkState.FAILED, 1, WorkState.DONE, 1)
    assert refused.error == answer.partition(" ")[2].replace("ada@uni.example", "…")


def test_one_mail_that_breaks_the_connection_keeps_no_other_from_leaving(app: Flask, server: MailServer) -> None:
    server.answers = ["cut"]
    with db.transaction():
        for key in "abc":
            outbox.write(db.acting_for() or 0, key, "person:1", f"{key}@uni.example", letter())
    jobs.sweep()
    assert [(row.key, row.state, row.tries) for row in rows()] == [("a", WorkState.DUE, 1), ("b", WorkState.DONE, 1), ("c", WorkState.DONE, 1)]


def test_a_server_that_is_away_costs_time_and_after_three_days_the_mail(app: Flask, server: MailServer) -> None:
    port, server_port = server.port, 1
    use(app, server, smtp_port=server_port)
    write("a")
    [row] = rows()
    assert (row.state, row.tries) == (WorkState.DUE, 1)
    assert "127.0.0.1:1 cannot be used" in (row.error or "")
    with db.transaction() as tx:
        tx.execute(update(Mail).values(written_at=db.now() - timedelta(days=3, minutes=1)))
    again()
    [row] = rows()
    assert row.state == WorkState.FAILED
    assert (row.error or "").startswith("given up after 3 days: ")
    use(app, server, smtp_port=port)
    said = app.test_cli_runner().invoke(args=["mail", "status"], catch_exceptions=False).output
    assert "sent 0, waiting 0, refused 1" in said
    assert "1 × given up after 3 days" in said
    assert app.test_cli_runner().invoke(args=["mail", "retry"]).output.strip() == "1 to be tried again"
    assert len(server.mails) == 1


class KilledError(BaseException):
    """What `kill -9` is to the code that runs."""


def test_who_is_killed_between_sending_and_noting_it_leaves_a_mail_that_is_sent_again_byte_by_byte(
    server: MailServer, monkeypatch: pytest.MonkeyPatch,
) -> None:
    def killed(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(sending, "_note", killed)
        with pytest.raises(KilledError):
            write()
    assert rows()[0].state == WorkState.RUNNING
    jobs.sweep()
    assert len(server.mails) == 1  # Its lease still holds.
    again()
    first, second = server.mails
    assert first.mail["Message-ID"] == second.mail["Message-ID"]
    assert first.content == second.content
    assert rows()[0].state == WorkState.DONE


def test_a_connection_that_breaks_after_the_mail_was_taken_repeats_it_with_the_same_id(server: MailServer) -> None:
    server.answers = ["cut after"]
    write()
    again()
    first, second = server.mails
    assert first.content == second.content


def test_two_workers_send_no_mail_twice(app: Flask, server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second worker begins while the first one is at each of its mails."""
    monkeypatch.setattr(sending, "BATCH", 3)
    others: list[str] = []
    told = relay.Relay.hand_over

    def hand_over(self: relay.Relay, recipient: str, content: bytes, *, international: bool = False) -> None:
        if not others:
            others.append(recipient)
            with app.app_context():
                sending.send_mails(0)
        told(self, recipient, content, international=international)

    monkeypatch.setattr(relay.Relay, "hand_over", hand_over)
    with db.transaction():
        for number in range(6):
            outbox.write(db.acting_for() or 0, f"key {number}", "person:1", f"ada{number}@uni.example", letter())
    assert sorted(mail.recipients[0] for mail in server.mails) == [f"ada{number}@uni.example" for number in range(6)]
    assert server.sessions == 2
    assert {row.tries for row in rows()} == {1}


def test_a_worker_that_lost_its_mails_to_another_sends_them_no_more(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = sending._note

    def slow(token: str, mail: Mail, changes: dict[str, object], rest: dict[int, Mail]) -> set[int]:
        with db.transaction() as tx:
            tx.execute(update(Mail).where(Mail.id.in_(list(rest))).values(lease="another's"))
        return noted(token, mail, changes, rest)

    monkeypatch.setattr(sending, "_note", slow)
    with db.transaction():
        for key in "ab":
            outbox.write(db.acting_for() or 0, key, "person:1", "ada@uni.example", letter())
    assert len(server.mails) == 1


# --- What is sent -----------------------------------------------------------------------------------------------------

def test_no_text_becomes_a_header(server: MailServer) -> None:
    assert write("a", subject="Kurs\r\nBcc: eve@evil.example\n\nText")
    [delivered] = server.mails
    assert delivered.recipients == ["ada@uni.example"]
    assert delivered.mail["Bcc"] is None
    assert delivered.mail["Subject"] == "Kurs Bcc: eve@evil.example Text"


@pytest.mark.parametrize("address", [
    "", "ada", "@uni.example", "ada@", "ada@uni", "ada@uni.example\r\nBcc: eve@evil.example", "ada@uni.example, eve@evil.example", "ada eve@uni.example",
    "Ada <ada@uni.example>", '"ada eve"@uni.example', "ada@uni..example", "a" * 65 + "@uni.example", "ada@" + "u" * 64 + ".example", "ada@[127.0.0.1]",
    "ada@eve@uni.example", "ada\0@uni.example", ".ada@uni.example", "ädä,eve@uni.example",
])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UnusableAddressError):
        mailbox(address)


@pytest.mark.parametrize(("address", "spec"), [
    ("ada@uni.example", "ada@uni.example"), (" Ada.Love+x@Uni.Example ", "Ada.Love+x@uni.example"), ("ada@straße.example", "ada@xn--strae-oqa.example"),
    ("ada@münchen.example", "ada@xn--mnchen-3ya.example"), ("ädä@uni.example", "ädä@uni.example"), ("o'hara@uni.example", "o'hara@uni.example"),
])
def test_addresses_are_written_as_mail_servers_take_them(address: str, spec: str) -> None:
    assert mailbox(address).spec == spec


def test_a_sender_may_have_a_name() -> None:
    assert str(named("Universität Musterstadt, Lotse <lotse@uni.example>")) == '"Universität Musterstadt, Lotse" <lotse@uni.example>'
    assert str(named("lotse@uni.example")) == "lotse@uni.example"
    with pytest.raises(UnusableAddressError):
        named("Lotse\r\nBcc: x <lotse@uni.example>")


def test_letters_such_as_ae_before_the_at_go_to_servers_that_take_them(app: Flask, server: MailServer) -> None:
    assert write("a", "ädä@münchen.example")
    assert server.mails[0].recipients == ["ädä@xn--mnchen-3ya.example"]
    assert server.mails[0].mail["To"] == "ädä@xn--mnchen-3ya.example"


def test_and_servers_that_do_not_are_not_asked(app: Flask) -> None:
    with mail_server(smtputf8=False) as server, app.app_context():
        use(app, server)
        builders.organisation()
        write("a", "ädä@uni.example")
        [row] = rows()
        assert (row.state, server.mails) == (WorkState.FAILED, [])
        assert "SMTPUTF8" in (row.error or "")


# --- The connection ---------------------------------------------------------------------------------------------------

def _context(tmp_path: Path) -> ssl.SSLContext:
    root, key = trust.root(), trust.rsa_key(3)
    own = trust.issue("mail", key, root, key_usage=trust.usage(digital_signature=True)).certificate
    named_ = (
        x509.CertificateBuilder().subject_name(own.subject).issuer_name(own.issuer).public_key(key.public_key()).serial_number(own.serial_number)
        .not_valid_before(own.not_valid_before_utc).not_valid_after(own.not_valid_after_utc)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key()), critical=False)
        .sign(root.key, hashes.SHA256())
    )
    (tmp_path / "mail.pem").write_bytes(
        named_.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )
    (tmp_path / "ca.pem").write_bytes(root.pem())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "mail.pem")
    return context


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_connections_are_encrypted_and_the_servers_certificate_is_checked(app: Flask, tmp_path: Path, security: str) -> None:
    with mail_server(_context(tmp_path), implicit=security == "tls") as server, app.app_context():
        builders.organisation()
        use(app, server, smtp_host="localhost", smtp_security=security)
        write()
        assert "certificate verify failed" in (rows()[0].error or "")
        use(app, server, smtp_host="127.0.0.1", smtp_security=security, smtp_ca_file=str(tmp_path / "ca.pem"))
        again()
        assert "127.0.0.1" in (rows()[0].error or "")  # The certificate is not for this name.
        use(app, server, smtp_host="localhost", smtp_security=security, smtp_ca_file=str(tmp_path / "ca.pem"))
        again()
        assert len(server.mails) == 1


def test_a_server_that_offers_no_encryption_gets_neither_mail_nor_password(app: Flask) -> None:
    with mail_server() as server, app.app_context():
        builders.organisation()
        use(app, server, smtp_security="starttls", smtp_user="lotse", smtp_password=PASSWORD)
        write()
        assert (rows()[0].state, server.mails, server.signed_in) == (WorkState.DUE, [], [])
        assert "STARTTLS" in (rows()[0].error or "")


def test_a_password_is_read_from_a_file_and_a_wrong_one_is_a_matter_for_operators(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("wrong")
    with mail_server(_context(tmp_path), auth=True) as server, app.app_context():
        builders.organisation()
        use(
            app, server, smtp_host="localhost", smtp_security="starttls", smtp_ca_file=str(tmp_path / "ca.pem"),
            smtp_user="lotse", smtp_password_file=str(tmp_path / "password"),
        )
        write()
        assert rows()[0].state == WorkState.DUE
        assert "535" in (rows()[0].error or "")
        (tmp_path / "password").write_text(PASSWORD + "\n")
        again()
        assert (server.signed_in, len(server.mails)) == (["lotse"], 1)


@pytest.mark.parametrize(("given", "words"), [
    ({"LOTSE_SMTP_HOST": "mail.uni.example"}, "LOTSE_MAIL_FROM"),
    ({"LOTSE_SMTP_HOST": "mail.uni.example", "LOTSE_MAIL_FROM": "a@b.example", "LOTSE_SMTP_SECURITY": "none"}, "LOTSE_SMTP_SECURITY"),
    ({"LOTSE_SMTP_PASSWORD": "hunter2", "LOTSE_SMTP_PASSWORD_FILE": "file"}, "not both"),
    ({"LOTSE_MAIL_FROM": "nobody"}, "LOTSE_MAIL_FROM=nobody"), ({"LOTSE_REMINDER_DAYS": "0"}, "LOTSE_REMINDER_DAYS=0"),
    ({"LOTSE_REMINDER_DAYS": "14 x"}, "LOTSE_REMINDER_DAYS=14 x"),
])
def test_settings_that_cannot_work_are_refused_at_the_start(given: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as error:
        Settings.from_env({"LOTSE_SECRET_KEY": "k" * 32, **given})
    assert "hunter2" not in str(error.value)


def test_reminders_are_sorted_and_may_be_off() -> None:
    assert Settings.from_env({"LOTSE_SECRET_KEY": "k" * 32, "LOTSE_REMINDER_DAYS": "7, 30 7"}).reminder_days == (30, 7)
    assert Settings.from_env({"LOTSE_SECRET_KEY": "k" * 32, "LOTSE_REMINDER_DAYS": "off"}).reminder_days == ()


def test_operators_try_the_mail_server_out(app: Flask, server: MailServer) -> None:
    run = app.test_cli_runner().invoke
    assert "has taken it" in run(args=["mail", "test", "ops@uni.example"]).output
    assert server.mails[0].mail["Subject"] == "Testnachricht von Lotse"
    server.answers = ["rcpt 550 unknown"]
    result = run(args=["mail", "test", "ops@uni.example"])
    assert (result.exit_code, "not sent: 550 unknown" in result.output) == (1, True)
    assert run(args=["mail", "test", "ops"]).exit_code == 1
    assert rows() == []


# --- What is kept -----------------------------------------------------------------------------------------------------

def test_some_days_later_only_key_and_times_are_left(app: Flask, server: MailServer) -> None:
    write("a")
    write("b")
    server.answers = ["rcpt 550 no"]
    write("c")
    with db.transaction() as tx:
        tx.execute(update(Mail).where(Mail.key != "b").values(sent_at=None, written_at=db.now() - timedelta(days=7, minutes=1)))
    outbox.forget_old()
    old, new, refused = rows()
    assert (old.recipient, old.subject, old.text, old.html, old.unsubscribe, old.key) == (None, "", "", "", "", "a")
    assert refused.recipient is None
    assert new.recipient == "ada@uni.example"
    assert not write("a")
    assert outbox.retry() == 0


def test_what_has_not_left_can_be_called_off(app: Flask, server: MailServer) -> None:
    server.answers = ["rcpt 450 later", "rcpt 450 later"]
    write("certificate:7:ready")
    write("certificate:71:ready")
    with db.transaction():
        outbox.call_off(db.acting_for() or 0, about="certificate:7:")
    again()
    first, second = rows()
    assert (first.recipient, first.error, first.sent_at) == (None, outbox.CALLED_OFF, None)
    assert second.sent_at is not None
    assert len(server.mails) == 1
