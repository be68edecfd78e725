"""Keys that seal: from a PKCS#12 file, or inside a PKCS#11 device. Each is opened once in a process and kept.

Opening costs: a PKCS#12 file is decrypted (and an RSA key checked, a tenth of a second), a device wants a session and a PIN.
"""

import hashlib
import os
import threading
from pathlib import Path
from typing import Any, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import pkcs12

from certificates.sealing.errors import SealError
from certificates.sealing.settings import Pkcs11, Pkcs12, Sealer

_PROBE = b"Lotse"
_DIGESTS: dict[str, hashes.HashAlgorithm] = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


class Key(Protocol):
    """What seals: its certificate, those that lead from there to a root, and a way to sign."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    def sign(self, content: bytes, digest: str) -> bytes:
        """The signature (PKCS #1 v1.5, or ECDSA in DER). Raises SealError."""


def digest_for(certificate: x509.Certificate) -> str:
    """The digest that is as strong as the key."""
    key = certificate.public_key()
    bits = key.curve.key_size if isinstance(key, EllipticCurvePublicKey) else 256
    return "sha256" if bits <= 256 else "sha384" if bits <= 384 else "sha512"


def key_of(sealer: Sealer) -> Key:
    """The key, opened now or kept from before; a file that has changed meanwhile is opened anew. Raises SealError."""
    place = (sealer.source, sealer.chain)
    with _lock:
        state = _state(sealer)
        kept = _kept.get(place)
        if kept is None or kept[0] != state:
            kept = _kept[place] = (state, _open(sealer))
    return kept[1]


def forget(sealer: Sealer) -> None:
    """Open the key anew the next time: a device that was restarted knows its old sessions no longer."""
    with _lock:
        _kept.pop((sealer.source, sealer.chain), None)


_lock = threading.Lock()
_kept: dict[tuple[Pkcs12 | Pkcs11, Path | None], tuple[object, Key]] = {}
_refused: set[tuple[Pkcs11, bytes]] = set()


def _state(sealer: Sealer) -> object:
    """What a kept key depends on. A forked process must open a device for itself."""
    files = [sealer.source.path if isinstance(sealer.source, Pkcs12) else None, sealer.chain]
    return os.getpid(), [path.stat().st_mtime_ns if path and path.exists() else None for path in files]


def _open(sealer: Sealer) -> Key:
    chain = _certificates(sealer.chain) if sealer.chain else ()
    key: Key = _File(sealer.source, chain) if isinstance(sealer.source, Pkcs12) else _Device(sealer.source, chain)
    if not _fits(key):
        raise SealError(f"the key does not belong to the certificate of {key.certificate.subject.rfc4514_string()}")
    return key


def _fits(key: Key) -> bool:
    """Tried out, as a device tells nothing about its key: is what it signs what the certificate's holder signs?"""
    digest, public = digest_for(key.certificate), key.certificate.public_key()
    signature = key.sign(_PROBE, digest)
    try:
        if isinstance(public, RSAPublicKey):
            public.verify(signature, _PROBE, PKCS1v15(), _DIGESTS[digest])
        elif isinstance(public, EllipticCurvePublicKey):
            public.verify(signature, _PROBE, ECDSA(_DIGESTS[digest]))
    except InvalidSignature:
        return False
    return True


def _certificates(path: Path) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(x509.load_pem_x509_certificates(_bytes(path)))
    except ValueError as error:
        raise SealError(f"{path}: there are no certificates (PEM) in it") from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise SealError(f"{path}: there is no such file") from error
    except OSError as error:
        raise SealError(f"{path} cannot be read: {error.strerror}") from error


# --- In a file --------------------------------------------------------------------------------------------------------

class _File:
    """A key in this process's memory."""

    def __init__(self, source: Pkcs12, chain: tuple[x509.Certificate, ...]) -> None:
        content = _bytes(source.path)
        passphrase = source.passphrase.read().encode() if source.passphrase else None
        try:
            key, certificate, others = pkcs12.load_key_and_certificates(content, passphrase)
        except ValueError as error:
            reason = "the passphrase is wrong, or it" if "password" in str(error).casefold() else "it"
            raise SealError(f"{source.path} cannot be opened: {reason} is no PKCS#12 file") from error
        if key is None or certificate is None:
            raise SealError(f"{source.path}: there must be a private key and its certificate in it")
        if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
            raise SealError(f"{source.path}: the key must be RSA or on an elliptic curve of NIST or Brainpool")
        self._key = key
        self.certificate = certificate
        self.chain = tuple(dict.fromkeys((*others, *chain)))

    def sign(self, content: bytes, digest: str) -> bytes:
        algorithm = _DIGESTS[digest]
        if isinstance(self._key, RSAPrivateKey):
            return self._key.sign(content, PKCS1v15(), algorithm)
        return self._key.sign(content, ECDSA(algorithm))


# --- In a device ------------------------------------------------------------------------------------------------------

class _Device:
    """A key inside a device, used over a session that stays open. Threads take turns (python-pkcs11 sees to that)."""

    def __init__(self, source: Pkcs11, chain: tuple[x509.Certificate, ...]) -> None:
        import pkcs11  # noqa: PLC0415 - only where a device is used
        from pkcs11.util.ec import encode_ecdsa_signature  # noqa: PLC0415

        self._pkcs11 = pkcs11
        self._in_der = encode_ecdsa_signature
        self.chain = chain
        session = self._session(source, source.pin.read())
        try:
            self._key: Any = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=source.key)
        except pkcs11.PKCS11Error as error:
            raise SealError(f"token {source.token}: no single private key with the label {source.key}") from error
        self.certificate = self._certificate(session, source)

    def _session(self, source: Pkcs11, pin: str) -> Any:
        if not source.module.is_file():
            raise SealError(f"{source.module}: there is no such PKCS#11 module")
        # A device locks itself after a few wrong PINs, and background work tries again and again.
        tried = source, hashlib.sha256(pin.encode()).digest()
        if tried in _refused:
            raise SealError(f"token {source.token}: the PIN was refused before and is not tried again; please set the right one")
        try:
            token = self._pkcs11.lib(str(source.module)).get_token(token_label=source.token)
            return self._opened(token, pin)
        except (self._pkcs11.PinIncorrect, self._pkcs11.PinInvalid, self._pkcs11.PinLenRange, self._pkcs11.PinLocked) as error:
            _refused.add(tried)
            raise SealError(f"token {source.token}: the PIN is refused ({type(error).__name__})") from error
        except (self._pkcs11.NoSuchToken, self._pkcs11.MultipleTokensReturned) as error:
            raise SealError(f"{source.module}: no single token with the label {source.token}") from error
        except (self._pkcs11.PKCS11Error, OSError, RuntimeError) as error:
            raise SealError(f"{source.module}: the device does not answer ({type(error).__name__}: {error})") from error

    def _opened(self, token: Any, pin: str) -> Any:
        """A process signs in to a token once, whatever number of sessions and keys it uses there."""
        try:
            return token.open(user_pin=pin)
        except self._pkcs11.UserAlreadyLoggedIn:
            return token.open()

    def _certificate(self, session: Any, source: Pkcs11) -> x509.Certificate:
        attributes = self._pkcs11.Attribute
        wanted = {attributes.CLASS: self._pkcs11.ObjectClass.CERTIFICATE, attributes.LABEL: source.certificate}
        found = [entry[attributes.VALUE] for entry in session.get_objects(wanted)]
        if len(found) != 1:
            raise SealError(f"token {source.token}: no single certificate with the label {source.certificate}")
        return x509.load_der_x509_certificate(found[0])

    def sign(self, content: bytes, digest: str) -> bytes:
        mechanism = self._pkcs11.Mechanism
        try:
            if self._key.key_type is self._pkcs11.KeyType.RSA:
                return bytes(self._key.sign(content, mechanism=mechanism[f"{digest.upper()}_RSA_PKCS"]))
            # Plain ECDSA over our own digest: not every device can do both steps.
            signature = self._key.sign(hashlib.new(digest, content).digest(), mechanism=mechanism.ECDSA)
            return bytes(self._in_der(signature))
        except self._pkcs11.PKCS11Error as error:
            raise SealError(f"the device does not sign ({type(error).__name__}: {error})") from error
