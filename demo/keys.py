"""The platform's signing key: made once, kept in the stand-in's folder, published as JWKS."""

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from jwt.algorithms import RSAAlgorithm


@dataclass(frozen=True)
class Key:
    """An RSA key pair with the name under which it is published."""

    private: RSAPrivateKey
    kid: str

    @classmethod
    def new(cls, bits: int = 2048) -> "Key":
        """A fresh key."""
        return cls._named(generate_private_key(65537, bits))

    @classmethod
    def kept(cls, folder: Path) -> "Key":
        """The key of this folder. Processes that start at once agree: only the first can give the file its name."""
        path = folder / "key.pem"
        if not path.exists():
            _write_once(path, cls.new().pem)
        private = load_pem_private_key(path.read_bytes(), None)
        assert isinstance(private, RSAPrivateKey)
        return cls._named(private)

    @classmethod
    def _named(cls, private: RSAPrivateKey) -> "Key":
        modulus = private.public_key().public_numbers().n
        return cls(private, hashlib.sha256(str(modulus).encode()).hexdigest()[:20])

    @property
    def pem(self) -> bytes:
        """The private key as it is kept."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def jwk(self) -> dict[str, Any]:
        """The public half as a JWKS entry."""
        entry: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(self.private.public_key()))
        return {"kty": entry["kty"], "n": entry["n"], "e": entry["e"], "kid": self.kid, "alg": "RS256", "use": "sig"}

    def sign(self, claims: dict[str, Any]) -> str:
        """An RS256 token over these claims (1EdTech Security Framework 1.0, 5.1.2)."""
        return jwt.encode(claims, self.private, algorithm="RS256", headers={"kid": self.kid})


def _write_once(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    try:
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(name)
