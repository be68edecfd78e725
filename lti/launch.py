"""The launch token: is it genuine, is it meant for this login, and does it say what a launch must say?

Each rule is a small function in a table, with the code of the refusal. The rules are those of the 1EdTech Security
Framework 1.0 (section 5.1.3, authentication response validation) and LTI Core 1.3 (section 5.3 and 5.4).
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from core.sessions import digest
from lti.addresses import origin_of
from lti.claims import DEEP_LINK, DEEP_LINKING, LTI, RESOURCE_LINK, SUBMISSION_REVIEW, Claims
from lti.refusals import Refused

ALGORITHM = "RS256"
LONGEST_TOKEN = 100_000
SKEW = 60
OLDEST = 600
# Headers by which a token would choose its own key (RFC 8725, section 3.10), or ask for rules that we do not know.
REFUSED_HEADERS = ("jwk", "jku", "x5u", "crit")
_RS256 = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)


@dataclass(frozen=True)
class Expected:
    """What the login has fixed, and the present moment in seconds."""

    issuer: str
    client_id: str
    nonce: str                         # the digest of the nonce that was sent
    origin: str                        # Lotse's own scheme, host and port
    now: float


KeyOf = Callable[[str], RSAPublicKey]
"""kid → the platform's key. Raises Refused when there is none."""


def verify(token: str, expected: Expected, key_of: KeyOf) -> Claims:
    """The claims of a token that has passed every check. Raises Refused."""
    kid = _kid(token)
    # Whether the token belongs to this login is looked at before the signature, so that a token from elsewhere does not
    # make Lotse fetch keys. Nothing is believed yet.
    _run(BELONGING, _part(token, 1), expected)
    claims = _signed(token, key_of(kid))
    _run(BELONGING + VALIDITY + MESSAGE, claims, expected)
    _run(OF_TYPE[claims[LTI + "message_type"]], claims, expected)
    return claims


def _run(checks: "tuple[Check, ...]", claims: Claims, expected: Expected) -> None:
    for code, holds in checks:
        if not holds(claims, expected):
            raise Refused(code, address=f"{expected.origin}/lti/launch", came=_came(code, claims, expected))


def _came(code: str, claims: Claims, expected: Expected) -> Any:
    """What the message said in the place that is wrong, to compare. Never anything about a person."""
    if code in ("expired", "issued_ahead", "issued_long_ago"):
        apart = (_seconds(claims, "exp" if code == "expired" else "iat") or 0) - expected.now
        return f"{apart:+.0f} s"
    return claims.get(_SHOWN.get(code, ""))


_SHOWN = {
    "issuer": "iss", "audience": "aud", "authorized_party": "azp", "version": f"{LTI}version", "message_type": f"{LTI}message_type",
    "target_foreign": f"{LTI}target_link_uri",
}


def _kid(token: str) -> str:
    header = _part(token, 0)
    if any(name in header for name in REFUSED_HEADERS):
        raise Refused("header_refused")
    if header.get("alg") != ALGORITHM:
        raise Refused("algorithm")
    if not header.get("kid") or not isinstance(header["kid"], str):
        raise Refused("kid_missing")
    return str(header["kid"])


def _part(token: str, number: int) -> Claims:
    """One part of the token as it says, not yet believed."""
    parts = token.split(".")
    if len(token) > LONGEST_TOKEN or len(parts) != 3:
        raise Refused("token_malformed")
    encoded = parts[number]
    try:
        return _object(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except ValueError as error:
        raise Refused("token_malformed") from error


def _signed(token: str, key: RSAPublicKey) -> Claims:
    """The claims, once the signature over exactly these bytes is right (RFC 7515, section 5.2).

    The parts were taken apart and the header was judged before; the library's own way would do both again for each launch.
    """
    signed, _, signature = token.rpartition(".")
    try:
        genuine = _RS256.verify(signed.encode("ascii"), key, urlsafe_b64decode(signature + "=" * (-len(signature) % 4)))
    except ValueError as error:
        raise Refused("token_malformed") from error
    if not genuine:
        raise Refused("signature")
    return _part(token, 1)


def _object(payload: bytes) -> dict[str, Any]:
    try:
        claims = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise Refused("token_malformed") from error
    if not isinstance(claims, dict):
        raise Refused("token_malformed")
    return claims


# --- The rules --------------------------------------------------------------------------------------------------------

def _audiences(claims: Claims) -> list[Any]:
    audience = claims.get("aud")
    return audience if isinstance(audience, list) else [audience]


def _seconds(claims: Claims, name: str) -> float | None:
    """A point in time as a number of seconds; None for anything else (JSON allows 1e999, which is infinite)."""
    value = claims.get(name)
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e11
    return float(value) if usable else None  # type: ignore[arg-type]


def _issuer(claims: Claims, expected: Expected) -> bool:
    return claims.get("iss") == expected.issuer


def _audience(claims: Claims, expected: Expected) -> bool:
    return expected.client_id in _audiences(claims)


def _authorized_party(claims: Claims, expected: Expected) -> bool:
    """Needed with several audiences, and right wherever it stands (OpenID Connect Core 3.1.3.7)."""
    party = claims.get("azp")
    return party == expected.client_id if party is not None else len(_audiences(claims)) == 1


def _has_nonce(claims: Claims, expected: Expected) -> bool:
    return isinstance(claims.get("nonce"), str) and bool(claims["nonce"])


def _nonce(claims: Claims, expected: Expected) -> bool:
    """The nonce of exactly this login: a nonce of another login, used or not, does not fit."""
    return compare_digest(digest(claims["nonce"].encode("utf-8", "replace").decode()), expected.nonce)


def _has_expiry(claims: Claims, expected: Expected) -> bool:
    return _seconds(claims, "exp") is not None


def _not_expired(claims: Claims, expected: Expected) -> bool:
    return expected.now <= (_seconds(claims, "exp") or 0) + SKEW


def _has_issue_time(claims: Claims, expected: Expected) -> bool:
    return _seconds(claims, "iat") is not None


def _not_ahead(claims: Claims, expected: Expected) -> bool:
    return (_seconds(claims, "iat") or 0) <= expected.now + SKEW


def _not_long_ago(claims: Claims, expected: Expected) -> bool:
    return (_seconds(claims, "iat") or 0) >= expected.now - OLDEST


def _version(claims: Claims, expected: Expected) -> bool:
    return claims.get(LTI + "version") == "1.3.0"


def _message_type(claims: Claims, expected: Expected) -> bool:
    kind = claims.get(LTI + "message_type")
    return isinstance(kind, str) and kind in OF_TYPE


def _deployment(claims: Claims, expected: Expected) -> bool:
    return bool(claims.get(LTI + "deployment_id"))


def _has_target(claims: Claims, expected: Expected) -> bool:
    return isinstance(claims.get(LTI + "target_link_uri"), str) and bool(claims[LTI + "target_link_uri"])


def _own_target(claims: Claims, expected: Expected) -> bool:
    return origin_of(claims[LTI + "target_link_uri"]) == expected.origin


def _resource_link(claims: Claims, expected: Expected) -> bool:
    link = claims.get(LTI + "resource_link")
    return isinstance(link, dict) and bool(link.get("id"))


def _return_url(claims: Claims, expected: Expected) -> bool:
    settings = claims.get(DEEP_LINKING)
    return isinstance(settings, dict) and origin_of(str(settings.get("deep_link_return_url"))) is not None


def _for_user(claims: Claims, expected: Expected) -> bool:
    user = claims.get(LTI + "for_user")
    return isinstance(user, dict) and bool(user.get("user_id"))


def _has_person(claims: Claims, expected: Expected) -> bool:
    return bool(claims.get("sub"))


def _roles(claims: Claims, expected: Expected) -> bool:
    """The claim must be there; an empty list is allowed (LTI Core 5.3.7)."""
    return isinstance(claims.get(LTI + "roles"), list)


Check = tuple[str, Callable[[Claims, Expected], bool]]

BELONGING: tuple[Check, ...] = (
    ("issuer", _issuer),
    ("audience", _audience),
    ("authorized_party", _authorized_party),
    ("nonce_missing", _has_nonce),
    ("nonce_wrong", _nonce),
)
VALIDITY: tuple[Check, ...] = (
    ("expiry_missing", _has_expiry),
    ("expired", _not_expired),
    ("issue_time_missing", _has_issue_time),
    ("issued_ahead", _not_ahead),
    ("issued_long_ago", _not_long_ago),
)
MESSAGE: tuple[Check, ...] = (
    ("version", _version),
    ("message_type", _message_type),
    ("deployment_missing", _deployment),
    ("roles_missing", _roles),
)
_LINK: tuple[Check, ...] = (
    ("target_missing", _has_target),
    ("target_foreign", _own_target),
    ("resource_link_missing", _resource_link),
)
OF_TYPE: dict[str, tuple[Check, ...]] = {
    RESOURCE_LINK: _LINK,
    # No target and no resource link: there is none yet (Deep Linking 2.0, section 3.4).
    DEEP_LINK: (("return_url_missing", _return_url), ("person_missing", _has_person)),
    SUBMISSION_REVIEW: (*_LINK, ("for_user_missing", _for_user), ("person_missing", _has_person)),
}
