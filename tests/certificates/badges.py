"""Credentials of every fate, issued by an organisation that exists in these tests alone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from certificates.credentials import badge, did, jwt, proof, status
from certificates.credentials.badge import Issuer, Validity, Wording
from certificates.credentials.holder import Naming
from certificates.credentials.keys import SigningKey
from certificates.credentials.status import StatusEntry
from certificates.snapshot import Snapshot, Texts

BASE = "https://lotse.test"
LIST = f"{BASE}/o/ku/status/revocation"
NOW = datetime.now(UTC).replace(microsecond=0)
WITHDRAWN = 94_567


def both(de: str, en: str) -> Texts:
    """A text in both languages."""
    return {"de": de, "en": en}


SNAPSHOT = Snapshot(
    award="achievement", number="KU-2026-000042", address=f"{BASE}/z/Qm9uam91ciBsZSBtb25kZQ", issuer="Küstenuniversität", unit="Zentrum für Lehre",
    name="Zoë Ångström", name_by_holder=False, course=both("KI-Kompetenz an der Hochschule", "AI literacy at university"), edition=3,
    competences=(
        both("Erklären, wie Sprachmodelle schreiben", "Explain how language models write"), both("Antworten prüfen", "Check answers"),
        both("Fragen so stellen, dass sie <b>&amp;</b> „gut“ sind", "Ask so that questions are <b>&amp;</b> “good”"),
    ),
    hours=62.5, ects=2.5, level=both("DQR/EQR 6", "DQR/EQF 6"), assessment=both("Onlineprüfung ohne Aufsicht", "Online examination without supervision"),
    participation=both("Online, zeitlich frei", "Online, self-paced"), quality=both("Fachliche Begutachtung", "Expert review"), least=60,
    completed_on="2026-11-20", issued_on="2026-11-21", legal=None, signatories=(),
)


@dataclass(frozen=True)
class Organisation:
    """Who issues: its identifier and its keys, of which the first is in use."""

    slug: str
    keys: tuple[SigningKey, ...]

    @property
    def did(self) -> str:
        return did.identifier(BASE, self.slug)

    @property
    def document(self) -> dict[str, Any]:
        present, *former = (key.multibase for key in self.keys)
        return did.document(self.did, present, former)

    def signed(self, document: Mapping[str, Any], key: SigningKey | None = None) -> dict[str, Any]:
        key = key or self.keys[0]
        return proof.sign(document, key=key, method=did.method(self.did, key.multibase), created=NOW)

    def token(self, document: Mapping[str, Any]) -> str:
        return jwt.sign(document, key=self.keys[0], method=did.method(self.did, self.keys[0].multibase))

    def status_list(self, *withdrawn: int, **other: Any) -> dict[str, Any]:
        """The list, signed."""
        values = {"address": LIST, "issuer": self.did, "since": NOW - timedelta(minutes=5), "until": NOW + timedelta(days=1), **other}
        return self.signed(status.list_credential(withdrawn=withdrawn, **values))

    def unsigned(self, *, index: int = 7, until: datetime | None = NOW + timedelta(days=700), language: str = "de", **other: Any) -> dict[str, Any]:
        """A badge of this organisation that nobody has signed."""
        values = {
            "snapshot": SNAPSHOT, "issuer": Issuer(self.did, "Küstenuniversität", f"{BASE}/o/{self.slug}"),
            "validity": Validity(NOW - timedelta(days=1), until), "status": StatusEntry(LIST, index), "wording": Wording(language, "**60 %** der Punkte", "Punkte"),
            "naming": Naming.HASHED, "salt": "f3a9", **other,
        }
        return badge.credential(values.pop("snapshot"), **values)


@cache
def organisation() -> Organisation:
    """The one that issues, with a key in use and a former one."""
    return Organisation("ku", (SigningKey.generate(), SigningKey.generate()))


@cache
def stranger() -> Organisation:
    """One that nobody here knows."""
    return Organisation("fremd", (SigningKey.generate(),))


def fates() -> dict[str, dict[str, Any]]:
    """A credential for each thing that can happen to one, by what a check must find, and after the colon why."""
    ours = organisation()
    valid = ours.signed(ours.unsigned())
    return {
        "valid: with everything": valid,
        "valid: with little": ours.signed(ours.unsigned(snapshot=replace(
            SNAPSHOT, award="participation", competences=(), hours=None, ects=None, level=None, assessment=None, participation=None, quality=None,
            least=0,
        ), until=None, naming=Naming.NONE)),
        "valid: with whole credits, in English, with the name": ours.signed(ours.unsigned(
            snapshot=replace(SNAPSHOT, ects=2.0), language="en", naming=Naming.PLAIN)),
        "valid: by a former key": ours.signed(ours.unsigned(), ours.keys[1]),
        "tampered: another course": changed(valid, "KI-Kompetenz", "Raumfahrt"),
        "tampered: more credits": changed(valid, "2.5", "25"),
        "tampered: something added that no context knows": {**valid, "grade": "1,0"},
        "tampered: signed with a key that is not the issuer's": proof.sign(
            ours.unsigned(), key=stranger().keys[0], method=did.method(ours.did, ours.keys[0].multibase), created=NOW),
        "withdrawn: its bit is set": ours.signed(ours.unsigned(index=WITHDRAWN)),
        "expired: yesterday": ours.signed(ours.unsigned(until=NOW - timedelta(days=1))),
        "foreign: an issuer that nobody knows": stranger().signed(stranger().unsigned()),
    }


def changed(document: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """The document with a text in it replaced."""
    text = json.dumps(document, ensure_ascii=False)
    assert old in text
    return dict(json.loads(text.replace(old, new)))


def documents() -> dict[str, dict[str, Any]]:
    """What can be fetched in these tests, by address."""
    ours = organisation()
    return {did.document_address(ours.did): ours.document, LIST: ours.status_list(WITHDRAWN)}
