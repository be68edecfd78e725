"""Verifiers that we did not write find in our badges what we find: two for Node.js, two for Python."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openbadgeslib.baking import extract_png
from openbadgeslib.ob3.ldp import OB3LdpVerifier
from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier
from openvc.did.base import DidResolverRegistry
from openvc.did.did_web import DidWebResolver
from openvc.proof.errors import CredentialExpired, ProofError
from openvc.status.status_list import CredentialRevoked
from openvc.verify import VerificationPolicy, verify_credential
from PIL import Image

from certificates.credentials import bundled, jwt, png
from tests.certificates import badges

FOLDER = Path(__file__).parent / "verifiers"
OWN_NODE = Path(__file__).parents[2] / ".lotse" / "node" / "node"


@cache
def verdicts() -> dict[str, dict[str, str]]:
    """What those for Node.js say, in one process: most of its time is loading them."""
    node = shutil.which("node") or (str(OWN_NODE) if OWN_NODE.exists() else None)
    if node is None or not (FOLDER / "node_modules").exists():
        pytest.skip("the verifiers are not there: ./lotse test brings them")
    world = {"documents": badges.documents(), "credentials": badges.fates()}
    done = subprocess.run(
        [node, "verify.mjs"], cwd=FOLDER, input=json.dumps(world), capture_output=True, text=True, timeout=60, check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("fate", badges.fates())
@pytest.mark.parametrize("verifier", ["digitalbazaar", "digitalcredentials"])
def test_verifiers_for_node_find_what_we_find(verifier: str, fate: str) -> None:
    assert verdicts()[fate][verifier] == fate.split(":")[0]


# What was done to the JSON form cannot be done to a token; the token's own alteration is in the next test.
FORMS = [
    (written, fate) for written in ("json", "picture", "jwt") for fate in badges.fates()
    if written != "jwt" or not fate.startswith(("tampered", "valid: by a former key"))
]


@pytest.mark.parametrize(("written", "fate"), FORMS)
def test_a_verifier_for_python_finds_what_we_find(written: str, fate: str) -> None:
    credential = badges.fates()[fate]
    assert verdict(credential if written == "json" else rewritten(credential, written)) == fate.split(":")[0]


def test_a_verifier_for_python_sees_through_an_altered_token() -> None:
    ours = badges.organisation()
    head, _, signature = ours.token(ours.unsigned()).split(".")
    assert verdict(f"{head}.{ours.token(ours.unsigned(language='en')).split('.')[1]}.{signature}") == "tampered"


def rewritten(credential: Mapping[str, Any], written: str) -> Any:
    """The same credential as a token, or as it comes out of a picture."""
    if written == "picture":
        return extract_png(png.bake(picture(), json.dumps(credential)), keyword=b"openbadgecredential")
    issuer = badges.organisation() if credential["issuer"]["id"] == badges.organisation().did else badges.stranger()
    return issuer.token({name: value for name, value in credential.items() if name != "proof"})


def picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    return out.getvalue()


def verdict(credential: Any) -> str:
    """What openbadgeslib says, in our words. It believes lists only as tokens, so that it gets ours as one."""
    ours = badges.organisation()
    known = {address: json.dumps(document).encode() for address, document in badges.documents().items()}
    plain = {name: value for name, value in badges.documents()[badges.LIST].items() if name != "proof"}
    known[badges.LIST] = ours.token(plain).encode()
    token = isinstance(credential, str | bytes) and credential.strip()[:1] not in ("{", b"{")
    try:
        if token:
            issuer = jwt.claimed(credential)["issuer"]["id"]
            OB3Verifier.for_issuer_did(issuer, download=known.__getitem__).verify(credential, check_status=True, download=known.__getitem__)
        else:
            OB3LdpVerifier().verify(credential, check_status=True, download=known.__getitem__)
    except OB3VerificationError as error:
        words = {"Signature|signature|context|term": "tampered", "'revocation' is set": "withdrawn", "expired": "expired", "resolve|fetch": "foreign"}
        return next((name for pattern, name in words.items() if re.search(pattern, str(error))), str(error))
    return "valid"


@pytest.mark.parametrize("fate", badges.fates())
def test_a_second_verifier_for_python_finds_what_we_find(fate: str) -> None:
    """It reads a single proof only when it stands alone, and not in a list, as the schema of Open Badges wants it."""
    issuers = DidResolverRegistry([DidWebResolver(badges.documents().__getitem__)])
    contexts = {address: bundled.load(address, {})["document"] for address in bundled.FILES}

    def alone(credential: Mapping[str, Any]) -> dict[str, Any]:
        (single,) = credential["proof"]
        return {**credential, "proof": single}

    def listed(address: str) -> Any:
        without_status = VerificationPolicy(require_status=False)
        return verify_credential(alone(badges.documents()[address]), resolver=issuers, policy=without_status, extra_contexts=contexts).credential

    found = "valid"
    try:
        verify_credential(alone(badges.fates()[fate]), resolver=issuers, resolve_status_list=listed, extra_contexts=contexts)
    except CredentialRevoked:
        found = "withdrawn"
    except CredentialExpired:
        found = "expired"
    except KeyError:
        found = "foreign"
    except ProofError:
        found = "tampered"
    assert found == fate.split(":")[0]
