"""Ed25519 key pairs of issuers, and how public keys are written: as Multikey (z6Mk…) and as JWK."""

import base64
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from certificates.credentials import base58

_ED25519_PUBLIC = b"\xed\x01"  # The multicodec prefix that says which kind of key follows.


class KeyFormatError(ValueError):
    """A text is not an Ed25519 public key in Multikey form."""


@dataclass(frozen=True)
class SigningKey:
    """A private key. It is never printed with its object."""

    private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """A new key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, secret: bytes) -> Self:
        """The key with these 32 secret bytes."""
        return cls(Ed25519PrivateKey.from_private_bytes(secret))

    def to_bytes(self) -> bytes:
        """The 32 secret bytes, to be kept encrypted."""
        return self.private.private_bytes_raw()

    @property
    def multibase(self) -> str:
        """The public half as DID documents write it."""
        return public_multibase(self.private.public_key())

    def sign(self, message: bytes) -> bytes:
        """The signature of a message."""
        return self.private.sign(message)


def public_multibase(key: Ed25519PublicKey) -> str:
    """A public key as Multikey text."""
    return base58.multibase(_ED25519_PUBLIC + key.public_bytes_raw())


def public_key(multibase: str) -> Ed25519PublicKey:
    """The public key that a Multikey text stands for. Raises KeyFormatError."""
    try:
        content = base58.from_multibase(multibase)
        if not content.startswith(_ED25519_PUBLIC):
            raise KeyFormatError(f"{multibase!r} is no Ed25519 key")
        return Ed25519PublicKey.from_public_bytes(content.removeprefix(_ED25519_PUBLIC))
    except base58.Base58Error as error:
        raise KeyFormatError(str(error)) from error
    except ValueError as error:
        raise KeyFormatError(f"{multibase!r} is no Ed25519 key") from error


def jwk(multibase: str) -> dict[str, str]:
    """A public key as JSON Web Key. Raises KeyFormatError."""
    x = base64.urlsafe_b64encode(public_key(multibase).public_bytes_raw()).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": x}


def signed_by(multibase: str, signature: bytes, message: bytes) -> bool:
    """Whether the holder of this public key signed this message."""
    try:
        public_key(multibase).verify(signature, message)
    except (InvalidSignature, KeyFormatError):
        return False
    return True
