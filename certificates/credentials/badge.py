"""A snapshot as Open Badges 3.0 credential, not yet signed.

What all holders of a course edition share stands in the achievement, which bears the same identifier for all of them;
what belongs to one holder stands in the subject.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from certificates.credentials import bundled
from certificates.credentials.holder import Naming, subject
from certificates.credentials.instants import instant, midday
from certificates.credentials.status import StatusEntry
from certificates.models import Award
from certificates.snapshot import Snapshot

SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
CLOCKS_DIFFER = timedelta(minutes=1)
_TYPES = {Award.ACHIEVEMENT: "MicroCredential", Award.PARTICIPATION: "CertificateOfCompletion"}
_EQF = re.compile(r"\b(?:EQF|EQR)\D{0,3}([1-8])\b")


@dataclass(frozen=True)
class Issuer:
    """The organisation that issues, as others see it."""

    did: str
    name: str
    address: str                       # a page about it


@dataclass(frozen=True)
class Validity:
    """From when until when a credential holds; without an end if `until` is None."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Wording:
    """The one language that a badge speaks, and its words that are not in the snapshot."""

    language: str
    criteria: str                      # Markdown: what was asked of everybody who holds it
    measure: str                       # what the threshold is a share of


def credential(
    snapshot: Snapshot, *, issuer: Issuer, validity: Validity, status: StatusEntry | None, wording: Wording,
    naming: Naming = Naming.HASHED, salt: str = "",
) -> dict[str, Any]:
    """The credential that says what the snapshot says, in one language.

    `since` is written a minute earlier: a verifier whose clock is slow would take a fresh credential for one of the future.
    """
    period = {"validFrom": instant(validity.since - CLOCKS_DIFFER)}
    if validity.until:
        period["validUntil"] = instant(validity.until)
    return {
        "@context": [bundled.CREDENTIALS, bundled.OPEN_BADGES, bundled.OPEN_BADGES_EXTENSIONS],
        "id": snapshot.address,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": snapshot.course[wording.language],
        "issuer": {"id": issuer.did, "type": ["Profile"], "name": issuer.name, "url": issuer.address},
        **period,
        "awardedDate": midday(snapshot.issued_on),
        "credentialSubject": {
            **subject(naming, name=snapshot.name, salt=salt, address=snapshot.address),
            **_subject(snapshot, issuer, wording),
        },
        **({"credentialStatus": status.to_json()} if status else {}),
        "credentialSchema": [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
    }


def differing(document: Mapping[str, Any]) -> list[str]:
    """What differs between this credential and those of others for the same achievement; the longest first."""
    subject, status = document["credentialSubject"], document.get("credentialStatus", {})
    identity = subject.get("identifier", [{}])[0]
    found = (
        document["id"].rpartition("/")[2], subject["licenseNumber"], identity.get("identityHash"), identity.get("salt"), document["validFrom"], document.get("validUntil"),
        document["awardedDate"], subject["activityEndDate"], status.get("statusListIndex"),
    )
    return sorted(dict.fromkeys(text for text in found if text), key=len, reverse=True)


def _subject(snapshot: Snapshot, issuer: Issuer, wording: Wording) -> dict[str, Any]:
    achievement = _achievement(snapshot, issuer, wording)
    results = [{"type": ["Result"], "resultDescription": asked["id"], "status": "Completed"} for asked in achievement.get("resultDescription", [])]
    earned = snapshot.ects and snapshot.award == Award.ACHIEVEMENT
    return {
        "type": ["AchievementSubject"],
        "activityEndDate": midday(snapshot.completed_on),
        "licenseNumber": snapshot.number,
        **({"creditsEarned": _number(snapshot.ects)} if earned else {}),
        **({"result": results} if results else {}),
        "achievement": achievement,
    }


def _achievement(snapshot: Snapshot, issuer: Issuer, wording: Wording) -> dict[str, Any]:
    address = _urn(issuer.did, snapshot.award, snapshot.course["en"], str(snapshot.edition))
    language = wording.language
    alignments = list(_alignments(snapshot, issuer, language))
    return {
        "id": address,
        "type": ["Achievement"],
        "achievementType": _TYPES[Award(snapshot.award)],
        "name": snapshot.course[language],
        "description": "; ".join(entry[language] for entry in snapshot.competences) or snapshot.course[language],
        "criteria": {"narrative": wording.criteria},
        "inLanguage": language,
        "version": str(snapshot.edition),
        **({"creditsAvailable": _number(snapshot.ects)} if snapshot.ects else {}),
        **({"alignment": alignments} if alignments else {}),
        **({"resultDescription": [_threshold(snapshot, address, wording)]} if snapshot.least else {}),
    }


def _threshold(snapshot: Snapshot, achievement: str, wording: Wording) -> dict[str, Any]:
    """The threshold, not the score: the certificate is made at the moment when the threshold is reached."""
    return {
        "id": _urn(achievement, "threshold"), "type": ["ResultDescription"], "name": wording.measure,
        "resultType": "Percent", "valueMin": "0", "valueMax": "100", "requiredValue": str(snapshot.least),
    }


def _alignments(snapshot: Snapshot, issuer: Issuer, language: str) -> Iterator[dict[str, Any]]:
    """The competences, which wallets show as skills, and the level of the European Qualifications Framework."""
    for title in dict.fromkeys(entry[language] for entry in snapshot.competences):
        yield {"type": ["Alignment"], "targetName": title, "targetUrl": f"{issuer.address}#competence-{uuid5(NAMESPACE_URL, title)}"}
    if level := eqf_level(snapshot):
        yield {
            "type": ["Alignment"], "targetName": f"EQF {level}", "targetUrl": f"http://data.europa.eu/snb/eqf/{level}",
            "targetFramework": "European Qualifications Framework",
        }


def eqf_level(snapshot: Snapshot) -> int | None:
    """The level of the European Qualifications Framework, where the course names it: as EQF 6 or EQR 6."""
    texts = (snapshot.level or {}).values()
    return next((int(found[1]) for text in texts if (found := _EQF.search(text))), None)


def _number(value: float | None) -> float | int | None:
    """Whole numbers without a point: JSON writers differ in it, and the signed text must not."""
    return int(value) if value is not None and value == int(value) else value


def _urn(*parts: str) -> str:
    return uuid5(NAMESPACE_URL, "\n".join(parts)).urn
