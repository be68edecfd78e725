"""For tests only: a stand-in that misbehaves, as broken or hostile platforms do.

`forge` gives the next id_tokens to a forger; `trouble` answers the next requests to a service wrongly.
"""

import base64
import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask, Response, jsonify, request

from demo.claims import LTI
from demo.keys import Key
from demo.parts import EXTENSION, Parts, Signer

Claims = dict[str, Any]


@dataclass(frozen=True)
class Trouble:
    """A wrong answer of a service: another status, or a body that is no JSON; `seconds` makes it slow."""

    status: int = 500
    body: str = "<h1>Fatal error</h1>"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0


class Attacks:
    """The switches that a test has in its hand: `app.extensions["attacks"]`."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.weak = Key.new(1024)
        self._troubles: dict[str, deque[Trouble]] = {}
        self._woken = threading.Event()

    def forge(self, name: str | None) -> None:
        """Make all further id_tokens wrong in the named way (FORGERIES), or right again with None."""
        self.parts.signer = self._signer(FORGERIES[name]) if name else Key.sign

    def _signer(self, forger: "Forger") -> Signer:
        return lambda key, claims: forger(self, key, claims)

    def trouble(self, ending: str, *troubles: Trouble) -> None:
        """Answer the next requests whose path ends so (`token`, `scores`, `lineitems`, `certs`) with these troubles, in order."""
        self._troubles.setdefault(ending, deque()).extend(troubles)

    def rotate(self) -> None:
        """Use a new signing key from now on; the old one is no longer published."""
        self.parts.key = Key.new()

    def wake(self) -> None:
        """End all slow answers at once."""
        self._woken.set()

    def answer(self) -> Response | None:
        """The wrong answer for the present request, if one is due."""
        for ending, waiting in self._troubles.items():
            if request.path.endswith(ending) and waiting:
                trouble = waiting.popleft()
                self._woken.wait(trouble.seconds)
                return Response(trouble.body, trouble.status, trouble.headers)
        return None


def connect(app: Flask) -> None:
    """Put the switches into the app."""
    parts: Parts = app.extensions[EXTENSION]
    attacks = app.extensions["attacks"] = Attacks(parts)
    app.before_request(attacks.answer)
    # The weak key must be published, or its tokens would be refused for an unknown kid.
    app.view_functions["oidc.keys"] = lambda: jsonify({"keys": [parts.key.jwk(), attacks.weak.jwk()]})


# --- Forgeries ----------------------------------------------------------------------------------------------------------

Forger = Callable[[Attacks, Key, Claims], str]


def _claims(change: Callable[[Claims], object]) -> Forger:
    """Properly signed, but with other claims."""

    def forger(attacks: Attacks, key: Key, claims: Claims) -> str:
        changed = dict(claims)
        change(changed)
        return key.sign(changed)

    return forger


def _header(**header: Any) -> Forger:
    """Properly signed, but with a header that must not be followed."""
    return lambda attacks, key, claims: jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": key.kid, **header})


def _set(name: str, value: Any) -> Forger:
    return _claims(lambda claims: claims.update({name: value}))


def _without(name: str) -> Forger:
    return _claims(lambda claims: claims.pop(name))


def _unsigned(attacks: Attacks, key: Key, claims: Claims) -> str:
    return jwt.encode(claims, "", algorithm="none", headers={"kid": key.kid})


def _with_public_key(attacks: Attacks, key: Key, claims: Claims) -> str:
    """HS256 with the public key as the shared secret: the classic algorithm confusion."""
    return _by_hand("HS256", key.kid, claims, key.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _weak(attacks: Attacks, key: Key, claims: Claims) -> str:
    return _by_hand("RS256", attacks.weak.kid, claims, attacks.weak.private)


def _by_hand(algorithm: str, kid: str, claims: Claims, secret: Any) -> str:
    """PyJWT refuses to sign with keys like these."""
    signed = ".".join(_base64(json.dumps(part).encode()) for part in ({"alg": algorithm, "typ": "JWT", "kid": kid}, claims))
    return f"{signed}.{_base64(jwt.get_algorithm_by_name(algorithm).sign(signed.encode(), secret))}"


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _damaged(attacks: Attacks, key: Key, claims: Claims) -> str:
    signed, signature = key.sign(claims).rsplit(".", 1)
    return f"{signed}.{signature[:-8]}{'A' * 8}"


def _foreign_key(attacks: Attacks, key: Key, claims: Claims) -> str:
    return jwt.encode(claims, Key.new().private, algorithm="RS256", headers={"kid": key.kid})


def _later(claims: Claims, seconds: int) -> None:
    claims.update(iat=claims["iat"] + seconds, exp=claims["exp"] + seconds)


FORGERIES: dict[str, Forger] = {
    "alg none": _unsigned,
    "HS256 with the public key": _with_public_key,
    "damaged signature": _damaged,
    "foreign key": _foreign_key,
    "weak RSA key": _weak,
    "unknown kid": lambda attacks, key, claims: jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": "nobody-knows"}),
    "no kid": lambda attacks, key, claims: jwt.encode(claims, key.private, algorithm="RS256"),
    "jwk in the header": lambda attacks, key, claims: _header(jwk=key.jwk())(attacks, key, claims),
    "jku in the header": _header(jku="https://evil.example/keys"),
    "x5u in the header": _header(x5u="https://evil.example/chain"),
    "crit in the header": _header(crit=["exp"]),
    "no token at all": lambda attacks, key, claims: "no.token.atall",
    "wrong iss": _set("iss", "https://evil.example"),
    "wrong aud": _set("aud", "somebody-else"),
    "two aud without azp": _claims(lambda claims: claims.update(aud=[claims["aud"], "somebody-else"])),
    "azp of somebody else": _set("azp", "somebody-else"),
    "foreign nonce": _set("nonce", "never-given-out"),
    "no nonce": _without("nonce"),
    "expired": _claims(lambda claims: _later(claims, -300)),
    "from the future": _claims(lambda claims: _later(claims, 600)),
    "old iat": _set("iat", 1_600_000_000),
    "no exp": _without("exp"),
    "no iat": _without("iat"),
    "wrong version": _set(f"{LTI}version", "1.1"),
    "unknown message type": _set(f"{LTI}message_type", "LtiSomethingRequest"),
    "unknown deployment": _set(f"{LTI}deployment_id", "4711"),
    "no deployment": _without(f"{LTI}deployment_id"),
    "no resource link": _without(f"{LTI}resource_link"),
    "no roles": _without(f"{LTI}roles"),
    "no target": _without(f"{LTI}target_link_uri"),
    "foreign target": _set(f"{LTI}target_link_uri", "https://evil.example/launch"),
}
