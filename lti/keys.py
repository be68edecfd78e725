"""The tool's own key pairs: made, kept encrypted, published at /lti/jwks, exchanged one for the next.

A key is published as `next` long before it signs, and for a while after it is `retired`, because platforms cache the set.
"""

import secrets
from datetime import timedelta
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import or_, select

from core import db
from core.cipher import CipherError, decrypt, encrypt
from lti.models import KeyState, ToolKey

BITS = 2048
PURPOSE = "lotse lti tool key"
SHOWN_AFTERWARDS = timedelta(days=7)
PUBLISHED_BEFORE = timedelta(days=1)


class KeyTroubleError(RuntimeError):
    """The keys cannot be used or exchanged; the text says what to do."""


def make_missing(secret: str) -> None:
    """See to it that there is a key that signs and one that comes next. Call in a transaction."""
    present = set(db.session.scalars(select(ToolKey.state)))
    for state in (KeyState.ACTIVE, KeyState.NEXT):
        if state not in present:
            db.session.add(_new(state, secret))
    db.session.flush()


def rotate(secret: str, *, at_once: bool) -> ToolKey:
    """Let the next key sign from now on, and publish another next one. Call in a transaction.

    Raises KeyTroubleError when the next key has not been public for a day: platforms that have cached the set would
    refuse it. `at_once` does it all the same (the present key became known to others).
    """
    active, coming = _one(KeyState.ACTIVE), _one(KeyState.NEXT)
    if not at_once and db.now() - coming.created_at < PUBLISHED_BEFORE:
        raise KeyTroubleError("The next key has been public for less than a day; platforms may not have fetched it yet.")
    active.state, active.retired_at = KeyState.RETIRED, db.now()
    db.session.flush()  # The unique index allows one active key at any moment.
    coming.state = KeyState.ACTIVE
    db.session.flush()
    db.session.add(_new(KeyState.NEXT, secret))
    return coming


def published() -> list[dict[str, Any]]:
    """The public keys that platforms should know."""
    recently = db.now() - SHOWN_AFTERWARDS
    shown = or_(ToolKey.state != KeyState.RETIRED, ToolKey.retired_at > recently)
    return list(db.session.scalars(select(ToolKey.public_jwk).where(shown).order_by(ToolKey.created_at)))


def sign(claims: dict[str, Any], secret: str) -> str:
    """A JWT signed with the active key. Raises KeyTroubleError when the key cannot be decrypted."""
    row = _one(KeyState.ACTIVE)
    return jwt.encode(claims, _private(row.private_pem, secret), algorithm="RS256", headers={"kid": row.kid})


def _one(state: KeyState) -> ToolKey:
    return db.session.scalars(select(ToolKey).where(ToolKey.state == state)).one()


def new_private_key() -> rsa.RSAPrivateKey:
    """A key of Lotse's own."""
    return rsa.generate_private_key(public_exponent=65537, key_size=BITS)


def _new(state: KeyState, secret: str) -> ToolKey:
    private = new_private_key()
    kid = secrets.token_hex(8)
    public: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    # ILIAS cannot check a signature with a key that does not name its algorithm.
    jwk = {"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": public["n"], "e": public["e"]}
    return ToolKey(kid=kid, state=state, public_jwk=jwk, private_pem=encrypt(pem, secret, PURPOSE))


@lru_cache(maxsize=4)
def _private(encrypted: str, secret: str) -> rsa.RSAPrivateKey:
    try:
        pem = decrypt(encrypted, secret, PURPOSE)
    except CipherError as error:
        raise KeyTroubleError("LOTSE_SECRET_KEY is not the one that encrypted the key. Restore it, or run: ./lotse lti rotate-key --at-once") from error
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KeyTroubleError("the stored key is no RSA key")
    return key
