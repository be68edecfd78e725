"""A badge of a made-up certificate in all its forms, signed with a key that is thrown away: to look at, and to try wallets with."""

import json
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from certificates.credentials import badge, did, elm, jwt, picture, png, proof, status
from certificates.credentials.badge import Issuer, Validity, Wording
from certificates.credentials.holder import Naming
from certificates.credentials.keys import SigningKey
from certificates.models import Award
from certificates.snapshot import Snapshot

BASE = "https://lotse.example"
SLUG = "musterstadt"
LIST = f"{BASE}/o/{SLUG}/status/revocation"
SNAPSHOT = Snapshot(
    award=Award.ACHIEVEMENT, number="MUSTERSTADT-2026-000001", address=f"{BASE}/z/SampleSampleSampleSamp", issuer="Hochschule Musterstadt",
    unit="Zentrum für Lehre", name="Erika Mustermann", name_by_holder=False,
    course={"de": "KI-Kompetenz an der Hochschule", "en": "AI literacy at university"}, edition=1,
    competences=(
        {"de": "Erklären, wie Sprachmodelle schreiben", "en": "Explain how language models write"},
        {"de": "Antworten von Sprachmodellen prüfen", "en": "Check what language models answer"},
    ),
    hours=30, ects=1, level={"de": "DQR/EQR 6", "en": "DQR/EQF 6"},
    assessment={"de": "Onlineprüfung ohne Aufsicht", "en": "Online examination without supervision"},
    participation={"de": "Online, zeitlich frei", "en": "Online, self-paced"},
    quality={"de": "Fachliche Begutachtung", "en": "Expert review"}, least=60, completed_on="2026-11-20", issued_on="2026-11-20",
    legal=None, signatories=(),
)
RESULT = {"de": "Bestanden: mindestens 60 % der Punkte", "en": "Passed: at least 60% of the points"}
ISSUER = Issuer(did.identifier(BASE, SLUG), SNAPSHOT.issuer, f"{BASE}/o/{SLUG}")


def sample(folder: Path, *, now: datetime | None = None) -> list[Path]:
    """Write badge.json, badge.jwt, badge.png, did.json, status-list.json and elm.json into a folder; returns what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in _files(now or datetime.now(UTC)).items():
        path = folder / name
        path.write_bytes(content)
        written.append(path)
    return written


def signed(now: datetime, key: SigningKey, snapshot: Snapshot = SNAPSHOT) -> tuple[dict[str, Any], str]:
    """The sample badge without its proof, and signed as text."""
    unsigned = badge.credential(
        snapshot, issuer=ISSUER, validity=_validity(now), status=status.StatusEntry(LIST, status.free_index(())),
        wording=Wording("en", criteria=f"{RESULT['en']}.", measure="Points"), naming=Naming.HASHED, salt=secrets.token_urlsafe(12),
    )
    return unsigned, json.dumps(proof.sign(unsigned, key=key, method=_method(key), created=now, differing=badge.differing(unsigned)), ensure_ascii=False)


def _validity(now: datetime) -> Validity:
    return Validity(now, now + timedelta(days=730))


def _method(key: SigningKey) -> str:
    return did.method(ISSUER.did, key.multibase)


def _files(now: datetime) -> dict[str, bytes]:
    key, issuer, validity = SigningKey.generate(), ISSUER, _validity(now)
    method = _method(key)
    unsigned, signed_text = signed(now, key)
    withdrawn = status.list_credential(address=LIST, issuer=issuer.did, withdrawn=(), since=now, until=now + timedelta(days=1))
    seal = picture.draw(
        heading="Certificate", title=SNAPSHOT.course["en"], issuer=SNAPSHOT.issuer, colour="#0b3c6f", accent="#e0a100",
    )
    european = elm.document(
        SNAPSHOT, issuer=issuer, place=elm.Place("DEU", {"de": "Deutschland", "en": "Germany"}), validity=validity, language="en",
        result=RESULT, picture=seal,
    )
    return {
        "badge.json": _json(json.loads(signed_text)),
        "badge.jwt": jwt.sign(unsigned, key=key, method=method).encode(),
        "badge.png": png.bake(seal, signed_text),
        "did.json": _json(did.document(issuer.did, key.multibase)),
        "status-list.json": _json(proof.sign(withdrawn, key=key, method=method, created=now)),
        "elm.json": _json(european),
    }


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2).encode()
