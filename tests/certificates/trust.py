"""A certificate authority of the tests: seal certificates, good and bad, and a timestamp authority behind a real HTTP server."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from asn1crypto import core, tsp
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper

PASSPHRASE = "correct horse"
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Pair:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def pkcs12(self, passphrase: str | None = PASSPHRASE, others: tuple[x509.Certificate, ...] = ()) -> bytes:
        """A PKCS#12 file. The strong derivation of the passphrase is tried once; it takes long by design."""
        encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
        return pkcs12.serialize_key_and_certificates(b"seal", self.key, self.certificate, others, encryption)


def usage(**given: bool) -> x509.KeyUsage:
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
        "encipher_only", "decipher_only",
    )
    return x509.KeyUsage(**{name: given.get(name, False) for name in names})


@cache
def rsa_key(number: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """An RSA key, the same one for the same number: making one takes longer than most tests."""
    return rsa.generate_private_key(65537, bits)


def issue(
    name: str, key: PrivateKey, issuer: Pair | None = None, *, key_usage: x509.KeyUsage | None = None,
    purposes: tuple[x509.ObjectIdentifier, ...] = (), since: timedelta = timedelta(days=-1), days: int = 700,
    authority: bool = False,
) -> Pair:
    """A certificate; without an issuer it is a root."""
    subject = x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Universität Musterstadt"),
        x509.NameAttribute(NameOID.COMMON_NAME, name),
    ])
    start = datetime.now(UTC) + since
    builder = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(start + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority or issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key((issuer.key if issuer else key).public_key()), critical=False,
        )
        .add_extension(key_usage or (usage(content_commitment=True) if issuer else usage(key_cert_sign=True, crl_sign=True)), critical=True)
    )
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=True)
    return Pair(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


@cache
def root() -> Pair:
    """The root that the tests trust."""
    return issue("Root", rsa_key(0), days=3000)


@cache
def seal_pair(kind: str = "rsa") -> Pair:
    """A good certificate for seals."""
    key: PrivateKey = rsa_key(1) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    return issue("Siegel", key, root())


@cache
def time_pair() -> Pair:
    """The timestamp authority's certificate."""
    return issue("Zeit", rsa_key(2), root(), key_usage=usage(digital_signature=True), purposes=(ExtendedKeyUsageOID.TIME_STAMPING,))


def _stamper() -> DummyTimeStamper:
    der = time_pair().key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    certificate = asn1.Certificate.load(time_pair().certificate.public_bytes(Encoding.DER))
    return DummyTimeStamper(certificate, asn1_keys.PrivateKeyInfo.load(der))


@dataclass
class TimeServer:
    """A timestamp authority at an address; `mood` says how it answers."""

    url: str
    mood: str = "fine"
    asked: int = 0


@contextmanager
def time_server(mood: str = "fine") -> Iterator[TimeServer]:
    """fine, 500, redirect, rubbish, refuses, old (the answer to another question), forged, or hangs."""
    stamper, closing = _stamper(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            place.asked += 1
            question = self.rfile.read(int(self.headers["Content-Length"]))
            if place.mood == "hangs":
                closing.wait(20)
                return
            status = {"500": 500, "redirect": 302}.get(place.mood, 200)
            content = b"<html>" if place.mood in ("500", "rubbish", "redirect") else _answer(stamper, question, place.mood)
            self.send_response(status)
            if place.mood == "redirect":
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    place = TimeServer(f"http://127.0.0.1:{server.server_port}/tsa", mood)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield place
    finally:
        closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Refusal(core.Sequence):
    _fields = [("status", tsp.PKIStatusInfo)]


def _answer(stamper: DummyTimeStamper, question: bytes, mood: str) -> bytes:
    request = tsp.TimeStampReq.load(question)
    if mood == "refuses":
        return bytes(_Refusal({"status": {"status": "rejection", "status_string": ["not today"]}}).dump())
    if mood == "old":
        request["nonce"] = 1
    content = bytes(stamper.request_tsa_response(request).dump())
    if mood == "forged":  # The last bytes are the signature's.
        content = content[:-1] + bytes([content[-1] ^ 1])
    return content


def write(path: Path, content: bytes | str) -> Path:
    """A file that only its owner may read."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(0o600)
    return path
