"""Secrets that must be read again (keys, shared secrets) are kept encrypted with a key made from LOTSE_SECRET_KEY.

Each purpose has a key of its own, so that what was encrypted for one is worth nothing for another.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class CipherError(ValueError):
    """The text was not encrypted with this key for this purpose."""


def encrypt(data: bytes, secret: str, purpose: str) -> str:
    """The data as text for a column."""
    return _cipher(secret, purpose).encrypt(data).decode()


def decrypt(text: str, secret: str, purpose: str) -> bytes:
    """The data again. Raises CipherError."""
    try:
        return _cipher(secret, purpose).decrypt(text.encode())
    except InvalidToken as error:
        raise CipherError(purpose) from error


@lru_cache(maxsize=8)
def _cipher(secret: str, purpose: str) -> Fernet:
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=purpose.encode()).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
