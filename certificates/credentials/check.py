"""Checking a credential without the network: who checks brings the issuers and the lists that they know."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from certificates.credentials import did, instants, jwt, proof, status

CLOCKS_DIFFER = timedelta(minutes=5)
LONGEST = 200_000
"""Characters of a credential that is looked at; ours have about four thousand."""

DidDocuments = Callable[[str], Mapping[str, Any] | None]
"""The DID document of an identifier; None for issuers that are not known here."""
StatusLists = Callable[[str], Mapping[str, Any] | None]
"""The status list credential at an address; None if it cannot be had."""


class Outcome(StrEnum):
    """What a check found. Only VALID is good news."""

    VALID = "valid"
    TAMPERED = "tampered"              # not as the issuer signed it, or no credential at all
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"                # its period is over, or has not begun
    FOREIGN = "foreign"                # of an issuer that is not known here
    UNKNOWN = "unknown"                # genuine, but whether it was withdrawn cannot be said now


@dataclass(frozen=True)
class Finding:
    """What a check found, and the credential where it could be read. It proves nothing unless its issuer signed it."""

    outcome: Outcome
    credential: Mapping[str, Any] | None = None


def check(text: str | bytes, *, documents: DidDocuments, lists: StatusLists, at: datetime) -> Finding:
    """Check a credential, as JSON with its proof inside or as JWT. Anything may come in; nothing is raised."""
    try:
        credential, method, verify = _read(text)
        outcome = _outcome(credential, method, verify, documents, lists, at)
    except _UnreadableError:
        return Finding(Outcome.TAMPERED)
    return Finding(outcome, credential)


class _UnreadableError(ValueError):
    """The text is no credential of a known form."""


_Verify = Callable[[str], None]


def _read(text: str | bytes) -> tuple[Mapping[str, Any], str, _Verify]:
    """The credential, the name of its key, and what checks its signature with that key."""
    if len(text) > LONGEST:
        raise _UnreadableError
    try:
        written = (text.decode() if isinstance(text, bytes) else text).strip()
        if written.startswith("{"):
            credential = json.loads(written)
            return credential, proof.method_of(credential), lambda key: proof.verify(credential, key)
        return jwt.claimed(written), jwt.method_of(written), lambda key: _same(jwt.verify(written, key))
    except (proof.ProofError, jwt.TokenError, ValueError, RecursionError) as error:
        raise _UnreadableError from error


def _same(_credential: Mapping[str, Any]) -> None:
    """What a token bears is what was read before: the same bytes were parsed."""


def _outcome(
    credential: Mapping[str, Any], method: str, verify: _Verify, documents: DidDocuments, lists: StatusLists, at: datetime,
) -> Outcome:
    issuer = issuer_of(credential)
    document = documents(issuer) if issuer else None
    if issuer is None or document is None:
        return Outcome.FOREIGN
    if not _signed(document, issuer, method, verify):
        return Outcome.TAMPERED
    withdrawn = _withdrawn(credential, issuer, document, lists, at)
    if withdrawn:
        return Outcome.WITHDRAWN
    if not _in_period(credential, at):
        return Outcome.EXPIRED
    return Outcome.UNKNOWN if withdrawn is None else Outcome.VALID


def issuer_of(credential: Mapping[str, Any]) -> str | None:
    """The identifier of who is said to have issued a credential."""
    issuer = credential.get("issuer")
    found = issuer.get("id") if isinstance(issuer, Mapping) else issuer
    return found if isinstance(found, str) else None


def _signed(document: Mapping[str, Any], issuer: str, method: str, verify: _Verify) -> bool:
    key = did.key_for_signatures(document, method) if document.get("id") == issuer else None
    if key is None:
        return False
    try:
        verify(key)
    except (proof.ProofError, jwt.TokenError):
        return False
    return True


def _withdrawn(
    credential: Mapping[str, Any], issuer: str, document: Mapping[str, Any], lists: StatusLists, at: datetime,
) -> bool | None:
    """Whether the issuer's list says so; None if no list that can be believed says anything."""
    try:
        place = status.place(credential)
        if place is None:
            return False
        found = lists(place.list_address)
        if found is None or not _list_of(found, place.list_address, issuer) or not _in_period(found, at):
            return None
        if not _signed(document, issuer, proof.method_of(found), lambda key: proof.verify(found, key)):
            return None
        return status.bit(str(found["credentialSubject"].get("encodedList")), place.index)
    except (status.StatusError, proof.ProofError):
        return None


def _list_of(found: Mapping[str, Any], address: str, issuer: str) -> bool:
    """Whether this is the issuer's list of withdrawals at this address; nobody may withdraw others' credentials."""
    subject = found.get("credentialSubject")
    return (
        found.get("id") == address and issuer_of(found) == issuer and "BitstringStatusListCredential" in (found.get("type") or ())
        and isinstance(subject, Mapping) and subject.get("statusPurpose") == status.PURPOSE
    )


def _in_period(credential: Mapping[str, Any], at: datetime) -> bool:
    try:
        since, until = (instants.read(credential[name]) if name in credential else None for name in ("validFrom", "validUntil"))
    except (TypeError, ValueError):
        return False
    return (since is None or since <= at + CLOCKS_DIFFER) and (until is None or at <= until)
