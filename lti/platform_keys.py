"""The platform's public keys: found in its key set by `kid`."""

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from lti.refusals import Refused

SMALLEST_BITS = 2048
MOST_KEYS = 100
LONGEST_NUMBER = 4096                  # letters; a modulus of 16384 bits has 2731


def find(key_set: Mapping[str, Any] | None, kid: str) -> RSAPublicKey | None:
    """The key of this name that may sign launches, or None.

    `alg` and `use` may be absent (RFC 7517, section 4); where they stand they must fit. Raises Refused for a weak key.
    """
    for key in (key_set or {}).get("keys", []):
        if key.get("kid") == kid and key.get("kty") == "RSA" and key.get("alg", "RS256") == "RS256" and key.get("use", "sig") == "sig":
            return _public_key(_text(key, "n"), _text(key, "e"))
    return None


def _text(key: Mapping[str, Any], name: str) -> str:
    value = key.get(name)
    if not isinstance(value, str) or len(value) > LONGEST_NUMBER:
        raise Refused("key_weak")
    return value


def acceptable(document: object) -> bool:
    """Whether a fetched document has the shape of a key set."""
    keys = document.get("keys") if isinstance(document, dict) else None
    return isinstance(keys, list) and len(keys) <= MOST_KEYS and all(isinstance(key, dict) for key in keys)


@lru_cache(maxsize=256)
def _public_key(modulus: str, exponent: str) -> RSAPublicKey:
    try:
        key = RSAPublicNumbers(_number(exponent), _number(modulus)).public_key()
    except (ValueError, TypeError, AttributeError) as error:
        raise Refused("key_weak") from error
    if key.key_size < SMALLEST_BITS:
        raise Refused("key_weak")
    return key


def _number(encoded: str) -> int:
    try:
        return int.from_bytes(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)), "big")
    except binascii.Error as error:
        raise ValueError("no base64url") from error
