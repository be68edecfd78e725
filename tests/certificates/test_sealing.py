"""Seals, read by programs that we did not write; keys in files and in a device; timestamp authorities that fail in every way."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import outloud
import pdfua
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID
from flask import Flask
from pypdf import PdfReader

from app import create_app
from certificates import finish, letterhead, pdf
from certificates.sealing import keys, pades, timestamps
from certificates.sealing.check import Report, State, check
from certificates.sealing.errors import SealError, TimestampError
from certificates.sealing.seal import Sealed, seal, stamp
from certificates.sealing.settings import FILE, sealer_of, slugs
from certificates.sheet import sheet
from certificates.snapshot import Signatory, Snapshot, texts
from core.config import Settings
from core.config import settings as core_settings
from core.i18n import in_language
from setup import system
from tests.certificates import trust
from tests.conftest import settings_for

needs_poppler = pytest.mark.skipif(not all(shutil.which(tool) for tool in ("pdfsig", "qpdf")), reason="apt-get install poppler-utils qpdf")


def _both(text: str) -> Any:
    return texts(text)


SNAPSHOT = Snapshot(
    award="achievement", number="UNI-2026-000001", address="https://lotse.example/z/AAAAAAAAAAAAAAAAAAAAAA", issuer="Universität Musterstadt",
    unit="", name="Ada Lovelace", name_by_holder=False, course=_both("KI-Kompetenz"), edition=1, competences=(_both("Antworten prüfen"),), hours=30,
    ects=1, level=_both("DQR 6"), assessment=None, participation=None, quality=None, least=60, completed_on="2026-11-22", issued_on="2026-11-22",
    legal=None, signatories=(Signatory("Prof. Dr. Grün", _both("Leitung")),),
)
PLAIN = pdf.Look("#112233", "#aabbcc", None, (None,))
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """A house that nobody asks for rows: sealing needs no database."""
    folder = tmp_path_factory.mktemp("house")
    return create_app(settings_for(f"sqlite:///{folder}/none.sqlite3", folder), testing=True)


@pytest.fixture(scope="module")
def printed(house: Flask) -> bytes:
    """A certificate as it is printed."""
    return _print(house, SNAPSHOT, PLAIN)


def _print(house: Flask, snapshot: Snapshot, look: pdf.Look) -> bytes:
    with house.app_context(), in_language("de"):
        return pdf.write(sheet(snapshot, "de"), look, "de", "2026-11-22")


def _example() -> pdf.Look:
    style = letterhead.read(letterhead.DEFAULT.parents[1] / "example" / "letterhead.yml")
    return pdf.Look.of(style)


@dataclass
class Desk:
    """Where an organisation's certificates are sealed."""

    house: Flask
    data: Path
    printed: bytes

    def section(self, text: str = "", *, kind: str = "pkcs12", content: bytes | None = None) -> None:
        """Write the organisation's section; without words of its own it seals with a good key in a file."""
        if kind == "pkcs12":
            trust.write(self.data / "seal.p12", trust.seal_pair().pkcs12() if content is None else content)
            trust.write(self.data / "passphrase", trust.PASSPHRASE + "\n")
            text = f'path = "seal.p12"\npassphrase_file = "passphrase"\n{text}'
        trust.write(self.data / FILE, f'[uni]\nkind = "{kind}"\n{text}\n')

    def seal(self, *, settings: Settings | None = None, content: bytes | None = None, moment: datetime | None = None) -> Sealed:
        """Seal the printed certificate by what the section says."""
        sealer = sealer_of("uni", self.data)
        assert sealer is not None
        with self.house.app_context(), in_language("de"):
            return seal(
                content or self.printed, sealer, settings or settings_for("sqlite://", self.data),
                issuer=SNAPSHOT.issuer, language="de", moment=moment,
            )


@pytest.fixture
def desk(house: Flask, printed: bytes, tmp_path: Path) -> Desk:
    return Desk(house, tmp_path, printed)


def _checked(content: bytes) -> Report:
    return check(content, roots=[trust.root().certificate])


def _pdfsig(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False).stdout


def _flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


# --- What others say of a sealed file ---------------------------------------------------------------------------------

@needs_poppler
@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_poppler_calls_the_seal_valid_and_one_flipped_byte_invalid(desk: Desk, kind: str) -> None:
    desk.section('reason = {de = "Echtheit", en = "Genuine"}', content=trust.seal_pair(kind).pkcs12())
    content = desk.seal().content
    told = _pdfsig(desk.data / "sealed.pdf", content)
    assert "Signature is Valid" in told
    assert "Total document signed" in told
    assert "ETSI.CAdES.detached" in told
    subprocess.run(["qpdf", "--check", desk.data / "sealed.pdf"], check=True, capture_output=True)
    told = _pdfsig(desk.data / "flipped.pdf", _flipped(content, content.index(b"stream") + 40))
    assert "Signature is Valid" not in told
    assert "Digest Mismatch" in told


def _faults(path: Path, content: bytes) -> list[str]:
    """What two checkers of accessible PDF find."""
    path.write_bytes(content)
    result = outloud.check(str(path))
    assert result.error is None
    return [finding.message for finding in result.findings] + [finding.message for finding in pdfua.validate(str(path)).findings]


def test_a_file_declares_and_keeps_both_standards_sealed_or_not(desk: Desk) -> None:
    desk.section()
    full = replace(SNAPSHOT, unit="KI-Stelle", assessment=_both("Onlineprüfung"), legal=_both("Nachweis nach Art. 4"), name_by_holder=True)
    for snapshot, look in ((SNAPSHOT, PLAIN), (full, _example())):
        content = _print(desk.house, snapshot, look)
        sealed = desk.seal(content=content).content
        assert sealed.startswith(content)
        assert _print(desk.house, snapshot, look) == content  # Sealing leaves nothing behind that printing would notice.
        for written in (content, sealed):
            assert _faults(desk.data / "file.pdf", written) == []
            catalogue: Any = PdfReader(BytesIO(written)).trailer["/Root"]
            assert catalogue["/MarkInfo"]["/Marked"]
            [rdf] = ElementTree.fromstring(catalogue["/Metadata"].get_data()).findall(f"{RDF}RDF")
            declared = {name: value for description in rdf for name, value in description.attrib.items()}
            assert declared["{http://www.aiim.org/pdfa/ns/id/}part"] == "3"
            assert declared["{http://www.aiim.org/pdfua/ns/id/}part"] == "1"
            [schema] = rdf.iter("{http://www.aiim.org/pdfa/ns/schema#}namespaceURI")  # PDF/A wants it of what it does not know.
            assert schema.text == "http://www.aiim.org/pdfua/ns/id/"


def test_metadata_of_another_make_are_not_finished_by_guess() -> None:
    with pytest.raises(ValueError, match="another way"):
        finish.declare_accessible(None, SimpleNamespace(catalog={"Metadata": "0 0 R"}, objects=[SimpleNamespace(stream=[b"<x/>"])]))


def test_readers_find_words_beside_the_seal_in_the_certificates_language_and_that_no_change_is_allowed(desk: Desk) -> None:
    desk.section('reason = {de = "Echtheit und Unversehrtheit", en = "Authenticity"}\nlocation = "Musterstadt"')
    catalogue: Any = PdfReader(BytesIO(desk.seal().content)).trailer["/Root"]
    field = catalogue["/AcroForm"]["/Fields"][0].get_object()
    assert field["/TU"] == "Elektronisches Siegel von Universität Musterstadt"
    assert field["/V"]["/Reason"] == "Echtheit und Unversehrtheit"
    assert field["/V"]["/Location"] == "Musterstadt"
    assert catalogue["/Perms"]["/DocMDP"] == field["/V"]
    assert field["/V"]["/Reference"][0]["/TransformParams"]["/P"] == 1  # No changes.


# --- What our own check says ------------------------------------------------------------------------------------------

def test_the_check_names_the_certificate_and_whether_a_given_root_vouches_for_it(desk: Desk) -> None:
    desk.section()
    sealed = desk.seal()
    report = _checked(sealed.content)
    assert (report.state, report.trusted, report.timestamp) == (State.INTACT, True, None)
    assert report.fingerprint == sealed.fingerprint == trust.seal_pair().fingerprint
    assert report.subject == "CN=Siegel,O=Universität Musterstadt,C=DE"
    assert not check(sealed.content).trusted
    assert not check(sealed.content, roots=[trust.issue("Root", trust.rsa_key(3)).certificate]).trusted
    years_later = datetime.now(UTC) + timedelta(days=1000)
    assert not check(sealed.content, roots=[trust.root().certificate], moment=years_later).trusted


def test_wherever_a_byte_is_flipped_the_seal_is_broken(desk: Desk) -> None:
    desk.section()
    content = desk.seal().content
    for place in range(0, len(content), 1511):
        report = _checked(_flipped(content, place))
        assert report.state == State.BROKEN, (place, content[place - 20 : place + 20])
        assert not report.trusted


def test_what_was_added_behind_the_seal_is_told_apart_from_what_was_changed_under_it(desk: Desk) -> None:
    desk.section()
    content = desk.seal().content
    report = _checked(content + b"\n% added\n")
    assert (report.state, report.trusted) == (State.CHANGED, False)
    assert report.fingerprint == trust.seal_pair().fingerprint


@pytest.mark.parametrize("content", [b"", b"rubbish", b"%PDF-1.7\n", b"%PDF-1.7\n" + b"<<" * 20_000], ids=["empty", "rubbish", "head", "deep"])
def test_a_file_without_a_seal_has_none(content: bytes, printed: bytes) -> None:
    assert check(content) == check(printed) == Report(State.NONE)


def test_a_sealed_file_is_not_sealed_again(desk: Desk) -> None:
    desk.section()
    with pytest.raises(SealError, match="the file cannot be sealed"):
        desk.seal(content=desk.seal().content)


# --- Keys in files ----------------------------------------------------------------------------------------------------

def test_a_key_is_opened_once_and_anew_when_its_file_is_replaced(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    load = pkcs12.load_key_and_certificates

    def counted(content: bytes, passphrase: bytes | None) -> Any:
        opened.append(1)
        return load(content, passphrase)

    monkeypatch.setattr(pkcs12, "load_key_and_certificates", counted)
    desk.section()
    desk.seal()
    desk.seal()
    assert len(opened) == 1
    desk.section(content=trust.seal_pair("ec").pkcs12())
    os.utime(desk.data / "seal.p12", (0, 0))  # On a coarse clock both files would be of the same moment.
    assert desk.seal().fingerprint == trust.seal_pair("ec").fingerprint
    assert len(opened) == 2


def test_certificates_on_the_way_to_the_root_go_with_the_seal(desk: Desk) -> None:
    middle = trust.issue("Zwischen", trust.rsa_key(3), trust.root(), key_usage=trust.usage(key_cert_sign=True), authority=True)
    pair = trust.issue("Siegel", trust.rsa_key(1), middle)
    desk.section(content=pair.pkcs12())
    assert not _checked(desk.seal().content).trusted
    trust.write(desk.data / "chain.pem", middle.pem())
    desk.section('chain = "chain.pem"', content=pair.pkcs12())
    assert _checked(desk.seal().content).trusted


def test_a_passphrase_may_come_from_the_environment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.section()
    trust.write(desk.data / FILE, '[uni]\nkind = "pkcs12"\npath = "seal.p12"\npassphrase_env = "SEAL_PASSPHRASE"\n')
    with pytest.raises(SealError, match="environment variable SEAL_PASSPHRASE is not set"):
        desk.seal()
    monkeypatch.setenv("SEAL_PASSPHRASE", trust.PASSPHRASE)
    assert _checked(desk.seal().content).trusted


def test_what_is_wrong_with_a_key_file_is_said_without_the_passphrase(desk: Desk) -> None:
    desk.section()
    trust.write(desk.data / "passphrase", "wrong horse")
    with pytest.raises(SealError, match=r"seal\.p12 cannot be opened: the passphrase is wrong") as told:
        desk.seal()
    assert "horse" not in str(told.value)
    desk.section(content=b"rubbish")
    with pytest.raises(SealError, match=r"seal\.p12 cannot be opened"):
        desk.seal()
    (desk.data / "passphrase").unlink()
    with pytest.raises(SealError, match="passphrase cannot be read: No such file"):
        desk.seal()
    (desk.data / "seal.p12").unlink()
    with pytest.raises(SealError, match=r"seal\.p12: there is no such file"):
        desk.seal()


@pytest.mark.parametrize(("given", "words"), [
    ({"since": timedelta(days=1)}, "is not valid before"),
    ({"since": timedelta(days=-9), "days": 8}, "expired on"),
    ({"key_usage": trust.usage(key_encipherment=True)}, "not made for seals"),
    ({"key_usage": trust.usage(digital_signature=True), "purposes": (ExtendedKeyUsageOID.SERVER_AUTH,)}, "not made for seals"),
])
def test_a_certificate_that_readers_would_refuse_seals_nothing(desk: Desk, given: dict[str, Any], words: str) -> None:
    desk.section(content=trust.issue("Siegel", trust.rsa_key(1), trust.root(), **given).pkcs12())
    with pytest.raises(SealError, match=words):
        desk.seal()


def test_a_key_that_readers_do_not_know_seals_nothing(desk: Desk) -> None:
    desk.section(content=trust.issue("Siegel", ec.generate_private_key(ec.SECP256K1()), trust.root()).pkcs12())
    with pytest.raises(SealError, match="must be RSA of at least 2048 bits"):
        desk.seal()


def test_operators_try_a_seal_out_before_the_first_certificate_needs_it(desk: Desk, sqlite_template: Path) -> None:
    with desk.house.app_context():
        here = replace(desk, data=core_settings().data_dir)
        shutil.copy(sqlite_template, here.data / "none.sqlite3")  # They are told of certificates that wait, too.
        run = desk.house.test_cli_runner()
        assert run.invoke(args=["certificates", "seal", "uni"]).output == "uni: not sealed, there is no section [uni] in seals.toml\n"
        with trust.time_server() as server:
            here.section(f'tsa = "{server.url}"')
            told = run.invoke(args=["certificates", "seal", "uni"]).output
            for words in ("CN=Siegel,O=Universität Musterstadt,C=DE", trust.seal_pair().fingerprint, "valid until 20", "timestamp: 20"):
                assert words in told
            server.mood = "500"
            failed = run.invoke(args=["certificates", "seal", "uni"])
            assert (failed.exit_code, "status 500" in failed.output) == (1, True)
    (here.data / FILE).unlink()


# --- The file of settings ---------------------------------------------------------------------------------------------

def test_who_has_no_section_or_none_is_not_sealed(desk: Desk) -> None:
    assert sealer_of("uni", desk.data) is None
    trust.write(desk.data / FILE, '[uni]\nkind = "none"\n')
    assert sealer_of("uni", desk.data) is None
    assert sealer_of("other", desk.data) is None
    assert slugs(desk.data) == ["uni"]


def test_a_file_that_others_can_read_is_refused(desk: Desk) -> None:
    desk.section()
    (desk.data / FILE).chmod(0o640)
    with pytest.raises(SealError, match=r"chmod 600 .*seals\.toml"):
        sealer_of("uni", desk.data)


GOOD = 'kind = "pkcs12"\npath = "seal.p12"\n'
DEVICE = 'kind = "pkcs11"\nmodule = "/m.so"\ntoken = "t"\ncertificate = "c"\n'


@pytest.mark.parametrize(("section", "words"), [
    ("", "kind must be one of none, pkcs12, pkcs11"),
    ('kind = "paper"', "kind must be one of"),
    ('kind = "pkcs12"', "path is missing"),
    ('kind = "pkcs12"\npath = 3', "path must be a text"),
    (GOOD + 'passphrase = "x"', "passphrase: there is no such entry for pkcs12"),
    (GOOD + 'passphrase_env = "X"\npassphrase_file = "y"', "passphrase_env or passphrase_file, not both"),
    (GOOD + 'passphrase_env = "LOTSE_SEAL"', "kept for Lotse's own settings"),
    (GOOD + 'timestamp = "require"', "needs tsa"),
    (GOOD + 'tsa = "https://tsa.example"\ntimestamp = "perhaps"', "timestamp must be one of require, prefer, off"),
    (GOOD + 'tsa = "ftp://tsa.example"', "tsa must be an address"),
    (GOOD + "reason = {}", "reason must be a text"),
    (DEVICE, "pin_env or pin_file is missing"),
    (DEVICE.replace("token", "slot"), "slot: there is no such entry"),
])
def test_mistakes_in_a_section_are_named_and_leave_the_others_at_work(desk: Desk, section: str, words: str) -> None:
    trust.write(desk.data / FILE, f"[uni]\n{section}\n[other]\n{GOOD}")
    with pytest.raises(SealError, match=words) as told:
        sealer_of("uni", desk.data)
    assert "seals.toml: [uni]" in str(told.value)
    assert sealer_of("other", desk.data) is not None


def test_a_file_that_is_no_toml_is_named(desk: Desk) -> None:
    trust.write(desk.data / FILE, "[uni\n")
    with pytest.raises(SealError, match=r"seals\.toml cannot be read"):
        sealer_of("uni", desk.data)


# --- Beside an event loop ---------------------------------------------------------------------------------------------------

def test_a_thread_that_runs_an_event_loop_seals_and_reads_seals(desk: Desk) -> None:
    async def inside() -> tuple[bytes, State]:
        sealed = desk.seal().content
        return sealed, check(sealed).state

    desk.section()
    with ThreadPoolExecutor(1) as threads:  # A test that drives a browser has left a loop running in this one.
        assert threads.submit(lambda: asyncio.run(inside())).result()[1] is State.INTACT


# --- Timestamps -------------------------------------------------------------------------------------------------------

def _timestamped(desk: Desk, url: str, policy: str) -> None:
    desk.section(f'tsa = "{url}"\ntimestamp = "{policy}"')


def test_a_timestamp_is_in_the_seal(desk: Desk) -> None:
    with trust.time_server() as server:
        _timestamped(desk, server.url, "require")
        sealed = desk.seal()
    report = _checked(sealed.content)
    assert sealed.timestamp_missing is None
    assert (report.state, report.timestamp_trusted) == (State.INTACT, True)
    assert report.timestamp is not None
    assert abs(report.timestamp - datetime.now(UTC)) < timedelta(minutes=1)
    assert not check(sealed.content).timestamp_trusted


MOODS = {
    "500": "status 500", "redirect": "status 302", "rubbish": "no timestamp", "refuses": "refuses .*not today", "old": "another question", "forged": "does not fit",
    "hangs": "no proper answer",
}


@pytest.mark.parametrize("mood", MOODS)
def test_without_a_sound_timestamp_there_is_no_seal_where_it_is_required_and_a_plain_one_where_it_is_preferred(
    desk: Desk, mood: str, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timestamps, "SECONDS", 0.3 if mood == "hangs" else 15)
    with trust.time_server(mood) as server:
        _timestamped(desk, server.url, "require")
        with pytest.raises(TimestampError, match=MOODS[mood]):
            desk.seal()
        _timestamped(desk, server.url, "prefer")
        sealed = desk.seal()
        assert server.asked == 2
    assert re.search(MOODS[mood], sealed.timestamp_missing or "")
    report = _checked(sealed.content)
    assert (report.state, report.trusted, report.timestamp) == (State.INTACT, True, None)


@needs_poppler
def test_a_timestamp_that_was_missing_is_added_later_to_the_same_seal(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with trust.time_server("500") as server:
        _timestamped(desk, server.url, "prefer")
        sealed, sealer = desk.seal(), sealer_of("uni", desk.data)
        assert sealer is not None
        settings = settings_for("sqlite://", desk.data)
        with pytest.raises(TimestampError, match="status 500"):
            stamp(sealed.content, sealer, settings)
        server.mood = "fine"
        stamped = stamp(sealed.content, sealer, settings)
        with pytest.raises(SealError, match="the file cannot be sealed"):
            stamp(desk.printed, sealer, settings)
        monkeypatch.setattr(pades, "ROOM", 1500)
        _timestamped(desk, server.url, "off")
        with pytest.raises(SealError, match="no place was kept free"):
            stamp(desk.seal().content, sealer, settings)
    report = _checked(stamped)
    assert (report.state, report.trusted, report.timestamp_trusted) == (State.INTACT, True, True)
    assert len(stamped) == len(sealed.content)
    assert "Signature is Valid" in _pdfsig(desk.data / "stamped.pdf", stamped)


def test_nobody_is_asked_when_timestamps_are_off(desk: Desk) -> None:
    with trust.time_server() as server:
        _timestamped(desk, server.url, "off")
        assert desk.seal().timestamp_missing is None
        assert server.asked == 0


def test_an_authority_in_the_private_network_is_asked_only_if_it_is_listed(desk: Desk) -> None:
    with trust.time_server() as server:
        _timestamped(desk, server.url, "require")
        with pytest.raises(TimestampError, match="only https is allowed"):
            desk.seal(settings=settings_for("sqlite://", desk.data, outgoing_hosts=""))
        _timestamped(desk, server.url.replace("http:", "https:"), "require")
        with pytest.raises(TimestampError, match="private address"):
            desk.seal(settings=settings_for("sqlite://", desk.data, outgoing_hosts=""))
        assert server.asked == 0


# --- Keys in a device -------------------------------------------------------------------------------------------------

PIN = "4711"


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """SoftHSM with a token that holds an RSA and an EC key; the path of its module."""
    module = system.softhsm()
    if module is None or not shutil.which("softhsm2-util"):
        pytest.skip("apt-get install softhsm2")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
        for token in ("lotse", "locked"):
            subprocess.run(
                ["softhsm2-util", "--init-token", "--free", "--label", token, "--pin", PIN, "--so-pin", "12345678"], check=True, capture_output=True,
            )
        _fill(module)
        yield module


def _fill(module: Path) -> None:
    import pkcs11
    from pkcs11.util.ec import decode_ec_private_key
    from pkcs11.util.rsa import decode_rsa_private_key
    from pkcs11.util.x509 import decode_x509_certificate

    with pkcs11.lib(str(module)).get_token(token_label="lotse").open(rw=True, user_pin=PIN) as session:
        for kind, decode in (("rsa", decode_rsa_private_key), ("ec", decode_ec_private_key)):
            pair = trust.seal_pair(kind)
            der = pair.key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
            stored: dict[pkcs11.Attribute, Any] = {pkcs11.Attribute.TOKEN: True, pkcs11.Attribute.LABEL: kind}
            session.create_object(decode(der) | stored | {pkcs11.Attribute.SIGN: True})
            session.create_object(decode_x509_certificate(pair.certificate.public_bytes(Encoding.DER)) | stored)


def _in_device(desk: Desk, module: Path, label: str = "rsa", *, token: str = "lotse", pin: str = PIN, key: str | None = None) -> None:
    trust.write(desk.data / "pin", pin)
    desk.section(
        f'module = "{module}"\ntoken = "{token}"\ncertificate = "{label}"\nkey = "{key or label}"\npin_file = "pin"', kind="pkcs11",
    )


@needs_poppler
@pytest.mark.parametrize("label", ["rsa", "ec"])
def test_a_key_that_never_leaves_its_device_seals(desk: Desk, device: Path, label: str) -> None:
    _in_device(desk, device, label)
    sealed = desk.seal()
    assert sealed.fingerprint == trust.seal_pair(label).fingerprint
    assert _checked(sealed.content).trusted
    assert "Signature is Valid" in _pdfsig(desk.data / "sealed.pdf", sealed.content)


def test_threads_share_a_device(desk: Desk, device: Path) -> None:
    _in_device(desk, device)
    with ThreadPoolExecutor(4) as threads:
        reports = [_checked(content) for content in threads.map(lambda _: desk.seal().content, range(8))]
    assert [report.trusted for report in reports] == [True] * 8


def test_a_device_that_forgot_its_session_is_opened_anew_the_next_time(desk: Desk, device: Path) -> None:
    _in_device(desk, device)
    desk.seal()
    sealer = sealer_of("uni", desk.data)
    assert sealer is not None
    kept: Any = keys.key_of(sealer)
    kept._key.session.close()
    with pytest.raises(SealError, match="the device does not sign"):
        desk.seal()
    assert _checked(desk.seal().content).trusted


def test_what_is_wrong_with_a_device_is_said(desk: Desk, device: Path) -> None:
    for given, words in (
        ({"module": device.with_name("missing.so")}, "there is no such PKCS#11 module"),
        ({"module": Path(__file__)}, "the device does not answer"),
        ({"token": "nowhere"}, "no single token with the label nowhere"),
        ({"label": "nothing", "key": "rsa"}, "no single certificate with the label nothing"),
        ({"key": "nothing"}, "no single private key with the label nothing"),
        ({"key": "ec"}, "does not belong to the certificate"),
    ):
        _in_device(desk, **{"module": device, **given})  # type: ignore[arg-type]
        with pytest.raises(SealError, match=words):
            desk.seal()


def test_a_wrong_pin_is_tried_once_only_as_devices_lock_themselves(desk: Desk, device: Path) -> None:
    _in_device(desk, device, token="locked", pin="0000")
    with pytest.raises(SealError, match="the PIN is refused") as told:
        desk.seal()
    assert "0000" not in str(told.value)
    with pytest.raises(SealError, match="is not tried again"):
        desk.seal()
    _in_device(desk, device, token="locked", pin=PIN)
    with pytest.raises(SealError, match="no single private key"):  # The right PIN is tried, and the token is empty.
        desk.seal()
