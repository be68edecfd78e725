"""Credentials as JSON Web Tokens (VC-JWT, media type application/vc+jwt): the credential is the token's payload."""

from collections.abc import Mapping
from typing import Any

import jwt
from jwt.types import Options

from certificates.credentials.instants import read
from certificates.credentials.keys import KeyFormatError, SigningKey, public_key

TYPE = "vc+jwt"
_SIGNATURE_ONLY: Options = {  # The rest is in the credential, and looked at there.
    "verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False, "verify_sub": False, "verify_jti": False,
}
_REGISTERED = {"iss", "jti", "nbf", "exp", "sub"}


class TokenError(ValueError):
    """The text is no such token, or its signature is not right."""


def sign(credential: Mapping[str, Any], *, key: SigningKey, method: str) -> str:
    """The credential as a signed token. The registered claims repeat what it says, for readers that know only JWT."""
    claims: dict[str, Any] = {
        "iss": _issuer(credential), "jti": credential["id"], "nbf": _seconds(credential["validFrom"]),
        "sub": credential["credentialSubject"].get("id"),
        "exp": _seconds(credential["validUntil"]) if "validUntil" in credential else None,
    }
    present = {name: value for name, value in claims.items() if value is not None}
    headers = {"typ": TYPE, "cty": "vc", "kid": method}
    return jwt.encode({**credential, **present}, key.private, algorithm="EdDSA", headers=headers)


def method_of(token: str) -> str:
    """The name of the key that is said to have signed. Raises TokenError."""
    header = _header(token)
    method = header.get("kid")
    if header.get("typ") != TYPE or not isinstance(method, str):
        raise TokenError("the token is of another kind, or names no key")
    return method


def claimed(token: str) -> dict[str, Any]:
    """The credential that a token bears, before anything is known about its signature. Raises TokenError."""
    return _without_claims(_decode(token, None))


def verify(token: str, multibase: str) -> dict[str, Any]:
    """The credential in a token that the holder of this public key signed. Its period is not looked at. Raises TokenError."""
    payload = _decode(token, multibase)
    if payload.get("iss") != _issuer(payload) or payload.get("jti") != payload.get("id"):
        raise TokenError("the token's claims contradict the credential")
    return _without_claims(payload)


def _header(token: str) -> dict[str, Any]:
    try:
        return dict(jwt.get_unverified_header(token))
    except jwt.PyJWTError as error:
        raise TokenError(str(error)) from error


def _decode(token: str, multibase: str | None) -> dict[str, Any]:
    try:
        if multibase is None:
            return dict(jwt.decode(token, options={"verify_signature": False}))
        return dict(jwt.decode(token, public_key(multibase), algorithms=["EdDSA"], options=_SIGNATURE_ONLY))
    except (jwt.PyJWTError, KeyFormatError, ValueError, RecursionError) as error:
        raise TokenError(str(error)) from error


def _without_claims(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in _REGISTERED}


def _issuer(credential: Mapping[str, Any]) -> Any:
    issuer = credential.get("issuer")
    return issuer.get("id") if isinstance(issuer, Mapping) else issuer


def _seconds(text: str) -> int:
    return int(read(text).timestamp())
