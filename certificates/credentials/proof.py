"""Data Integrity proofs (cryptosuite eddsa-rdfc-2022): a signature that travels inside the JSON document."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from certificates.credentials import base58
from certificates.credentials.instants import instant
from certificates.credentials.jsonld import DocumentError, canonical
from certificates.credentials.keys import SigningKey, signed_by

CRYPTOSUITE = "eddsa-rdfc-2022"
_PURPOSE = "assertionMethod"
_KEYS = {"type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue"}


class ProofError(ValueError):
    """There is no proof in the document, or it proves nothing."""


def sign(
    document: Mapping[str, Any], *, key: SigningKey, method: str, created: datetime, differing: Sequence[str] = (),
) -> dict[str, Any]:
    """The document with a proof. `method` names the key in the issuer's DID document (did.method).

    Many documents that are the same but for the values in `differing` are signed faster; the signature is the same. The proof stands in a list, as the schema of Open Badges wants it. Raises jsonld.DocumentError for a document that
    says more than a signature would cover.
    """
    options = {
        "type": "DataIntegrityProof", "cryptosuite": CRYPTOSUITE, "created": instant(created),
        "verificationMethod": method, "proofPurpose": _PURPOSE,
    }
    signature = key.sign(_digest(document, options, differing))
    return {**document, "proof": [{**options, "proofValue": base58.multibase(signature)}]}


def method_of(document: Mapping[str, Any]) -> str:
    """The name of the key that is said to have signed. Raises ProofError."""
    method = _proof(document)["verificationMethod"]
    if not isinstance(method, str):
        raise ProofError("the proof names no key")
    return method


def verify(document: Mapping[str, Any], multibase: str) -> None:
    """Raises ProofError unless the holder of this public key signed the document as it is."""
    proof = _proof(document)
    if proof["type"] != "DataIntegrityProof" or proof["cryptosuite"] != CRYPTOSUITE or proof["proofPurpose"] != _PURPOSE:
        raise ProofError("the proof is of another kind")
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    try:
        signature = base58.from_multibase(str(proof["proofValue"]))
        genuine = signed_by(multibase, signature, _digest(unsigned, options))
    except (base58.Base58Error, DocumentError) as error:
        raise ProofError(str(error)) from error
    if not genuine:
        raise ProofError("the signature does not belong to the document")


def _proof(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The only proof; a second one could be somebody else's."""
    proof = document.get("proof")
    if isinstance(proof, list) and len(proof) == 1:
        proof = proof[0]
    if not isinstance(proof, Mapping) or set(proof) != _KEYS:
        raise ProofError("there is not exactly one proof of the known form")
    return proof


def _digest(document: Mapping[str, Any], options: Mapping[str, Any], differing: Sequence[str] = ()) -> bytes:
    """What is signed: the hash of the proof's own words, then that of the document's."""
    context = document.get("@context")
    moment = [options["created"]] if differing else []
    meanings = canonical({"@context": context, **options}, moment), canonical(document, differing)
    return b"".join(hashlib.sha256(meaning).digest() for meaning in meanings)
