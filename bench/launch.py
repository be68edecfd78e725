"""How many LTI launches can be verified, admitted and led on in a second?"""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from bench import house, load, server
from bench.report import Figure
from core import db
from core.sessions import BROWSER_COOKIE
from lti.claims import LTI
from lti.models import Platform
from lti.registration import PlatformData
from lti.service import add_platform
from lti.service.login import begin, launch_url

LAUNCHES = 3000
LEARNERS = 300
ISSUER = "https://lms.example"
CLIENT = "bench"
BROWSER = "the-browser-of-the-bench"


def figures() -> list[Figure]:
    """Rate and latency of `/lti/launch`, and the rate of `/lti/login` before it."""
    with house.house(learners=1) as built:
        key = _register(built.organisation_id)
        logins = [_begin() for _ in range(LAUNCHES)]
        with server.serve("wsgi:app", built.environ) as (base, _):
            launches = [_launch(base, key, number, *login) for number, login in enumerate(logins)]
            result = load.run(base, iter(launches), seconds=10)
            login = load.run(base, _logins(base), seconds=4)
    return [
        Figure("launches verified, admitted, led on", result.rate, "1/s", 200),
        Figure("p95", result.percentile(0.95), "ms"),
        Figure("launches", len(result.latencies), ""),
        Figure("launches that were not admitted", len(result.latencies) - result.statuses.get(303, 0), "", 0, at_least=False),
        Figure("logins begun", login.rate, "1/s"),
        Figure("logins that did not go on", len(login.latencies) - login.statuses.get(302, 0), "", 0, at_least=False),
    ]


def _register(organisation_id: int) -> rsa.RSAPrivateKey:
    """A platform whose keys are known already, as after its first launch."""
    key = rsa.generate_private_key(65537, 2048)
    platform = add_platform(organisation_id, PlatformData(
        issuer=ISSUER, client_id=CLIENT, auth_url=f"{ISSUER}/auth", token_url=f"{ISSUER}/token", jwks_url=f"{ISSUER}/jwks",
        deployments=("1",),
    ))
    public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    with db.transaction() as tx:
        row = tx.get_one(Platform, platform.id)
        row.jwks, row.jwks_fetched_at = {"keys": [{**public, "kid": "bench"}]}, db.now()
    return key


def _begin() -> tuple[str, str]:
    begun = begin(_initiation(), BROWSER)
    values = parse_qs(urlsplit(begun.url).query)
    return values["state"][0], values["nonce"][0]


def _initiation() -> dict[str, str]:
    return {"iss": ISSUER, "client_id": CLIENT, "login_hint": "1", "target_link_uri": launch_url()}


def _launch(base: str, key: rsa.RSAPrivateKey, number: int, state: str, nonce: str) -> bytes:
    """A launch of one of so many learners: for each the first makes the rows, the others find them."""
    moment = int(db.now().timestamp())
    claims = {
        "iss": ISSUER, "aud": CLIENT, "sub": str(number % LEARNERS), "nonce": nonce, "iat": moment, "exp": moment + 60, "name": "Name",
        LTI + "version": "1.3.0", LTI + "message_type": "LtiResourceLinkRequest", LTI + "deployment_id": "1",
        LTI + "target_link_uri": launch_url(), LTI + "resource_link": {"id": "1"}, LTI + "context": {"id": "1"},
        LTI + "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
    }
    token = jwt.encode(claims, key, algorithm="RS256", headers={"kid": "bench"})
    body = urlencode({"state": state, "id_token": token}).encode()
    return load.request(f"{base}/lti/launch", method="POST", headers={"Cookie": f"{BROWSER_COOKIE}={BROWSER}"}, body=body)


def _logins(base: str) -> Iterator[bytes]:
    body = urlencode(_initiation()).encode()
    while True:
        yield load.request(f"{base}/lti/login", method="POST", headers={"Cookie": f"{BROWSER_COOKIE}={BROWSER}"}, body=body)
