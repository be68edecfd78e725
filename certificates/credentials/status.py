"""Bitstring Status List: one long list of bits by organisation, in which a set bit says that a credential was withdrawn.

The list is long and the places in it are drawn by chance, so that who reads the list for one credential does not tell
the issuer which one it is, and neighbours in the list say nothing about each other.
"""

import base64
import binascii
import gzip
import secrets
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from certificates.credentials.bundled import CREDENTIALS
from certificates.credentials.instants import instant

LENGTH = 131_072
"""Bits; the standard's least length, which keeps an asked credential hidden among enough others."""
PURPOSE = "revocation"
_MOST_BYTES = 8 * LENGTH // 8      # A foreign list may be longer; this one would hold a million credentials.


class StatusError(ValueError):
    """A status list cannot be read."""


class FullError(RuntimeError):
    """All places of a list are taken."""


@dataclass(frozen=True)
class StatusEntry:
    """A credential's place in its organisation's list."""

    list_address: str
    index: int

    def to_json(self) -> dict[str, str]:
        """As the credential says it."""
        return {
            "id": f"{self.list_address}#{self.index}", "type": "BitstringStatusListEntry", "statusPurpose": PURPOSE,
            "statusListIndex": str(self.index), "statusListCredential": self.list_address,
        }


def free_index(taken: Collection[int]) -> int:
    """A place drawn by chance that nobody has. Raises FullError. `taken` should be a set."""
    if len(taken) >= LENGTH:
        raise FullError(f"all {LENGTH} places are taken")
    while (index := secrets.randbelow(LENGTH)) in taken:
        pass
    return index


def list_credential(*, address: str, issuer: str, withdrawn: Iterable[int], since: datetime, until: datetime) -> dict[str, Any]:
    """The list, not yet signed (proof.sign). It says until when it may be believed, so that an old one cannot be passed off."""
    return {
        "@context": [CREDENTIALS],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": instant(since),
        "validUntil": instant(until),
        "credentialSubject": {
            "id": f"{address}#list", "type": "BitstringStatusList", "statusPurpose": PURPOSE, "encodedList": encoded(withdrawn),
        },
    }


def encoded(withdrawn: Iterable[int]) -> str:
    """The bits as the standard writes them: compressed, then base64url behind the multibase letter u."""
    bits = bytearray(LENGTH // 8)
    for index in withdrawn:
        bits[index // 8] |= 0x80 >> index % 8
    return "u" + base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).rstrip(b"=").decode()


def bit(encoded_list: str, index: int) -> bool:
    """One bit of a list. Raises StatusError."""
    bits = _decoded(encoded_list)
    if not 0 <= index < 8 * len(bits):
        raise StatusError(f"the list has no place {index}")
    return bool(bits[index // 8] & 0x80 >> index % 8)


def _decoded(encoded_list: str) -> bytes:
    """The bits, never more than a bounded number of them: a small text can unpack to gigabytes."""
    if not encoded_list.startswith("u"):
        raise StatusError("the list is not base64url")
    try:
        packed = base64.urlsafe_b64decode(encoded_list[1:] + "=" * (-len(encoded_list[1:]) % 4))
        reader = zlib.decompressobj(wbits=31)
        bits = reader.decompress(packed, _MOST_BYTES)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise StatusError(f"the list cannot be unpacked: {error}") from error
    if not reader.eof or len(bits) < LENGTH // 8:
        raise StatusError("the list is longer or shorter than a list may be")
    return bits


def place(credential: Mapping[str, Any]) -> StatusEntry | None:
    """Where a credential's status stands; None if it has none. Raises StatusError for a status of another kind."""
    entry = credential.get("credentialStatus")
    if entry is None:
        return None
    if not isinstance(entry, Mapping) or entry.get("type") != "BitstringStatusListEntry" or entry.get("statusPurpose") != PURPOSE:
        raise StatusError("the status is of another kind")
    address, index = entry.get("statusListCredential"), entry.get("statusListIndex")
    if not isinstance(address, str) or not isinstance(index, str) or not (index.isascii() and index.isdigit() and len(index) < 10):
        raise StatusError("the status names no place in a list")
    return StatusEntry(address, int(index))
