"""A certificate in the European Learning Model (version 3), as Europass reads it. Not signed.

The Commission accepts only qualified electronic seals (JAdES), which organisations put on in its own issuer; this file is what
they upload there, and what a learner can keep. Required properties and classes follow the Commission's application profile
EDC-generic-no-cv.
"""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from certificates.credentials.badge import Issuer, Validity, eqf_level
from certificates.credentials.instants import instant, midday
from certificates.models import Award
from certificates.snapshot import Snapshot, Texts

CONTEXT = ("https://www.w3.org/2018/credentials/v1", "http://data.europa.eu/snb/model/context/edc-ap")
PROFILE = "http://data.europa.eu/snb/model/ap/edc-generic-no-cv"
_AUTHORITY = "http://publications.europa.eu/resource/authority"
_LISTS = "http://data.europa.eu/snb"
_LANGUAGES = {"de": ("DEU", {"de": "Deutsch", "en": "German"}), "en": ("ENG", {"de": "Englisch", "en": "English"})}
Node = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where the organisation is, and how the state knows it, as the European Learning Model asks."""

    country: str                       # as the Publications Office writes it: DEU
    name: Texts                        # of the country
    legal_identifier: str | None = None


def document(
    snapshot: Snapshot, *, issuer: Issuer, place: Place, validity: Validity, language: str, result: Texts, picture: bytes,
) -> Node:
    """The certificate as an unsigned European Digital Credential.

    `result` says what was reached (the certificate's own line), `picture` is a PNG that stands for it. What the state
    knows the organisation by is missing when nobody has said it; sealing asks for it.
    """
    organisation = _organisation(issuer, place)
    since = instant(validity.since)
    return {
        "@context": list(CONTEXT),
        "id": uuid5(NAMESPACE_URL, snapshot.address).urn.replace("uuid", "credential"),
        "type": ["VerifiableCredential", "EuropeanDigitalCredential"],
        "credentialProfiles": [_listed("credential", "e34929035b", {"de": "Allgemein", "en": "Generic"})],
        "identifier": [_identifier(snapshot.number, issuer.name)],
        "displayParameter": _display(snapshot, language, picture),
        "issuer": organisation,
        "issuanceDate": since, "issued": since, "validFrom": since,
        **({"expirationDate": instant(validity.until), "validUntil": instant(validity.until)} if validity.until else {}),
        "credentialSchema": {"id": PROFILE, "type": "ShaclValidator2017"},
        "credentialSubject": {
            "id": f"{snapshot.address}#holder", "type": "Person",
            **({"fullName": {language: snapshot.name}} if snapshot.name else {}),
            "hasClaim": [_claim(snapshot, organisation, language, result)],
        },
    }


def _claim(snapshot: Snapshot, organisation: Node, language: str, result: Texts) -> Node:
    """What the certificate attests: an achievement with its assessment, or that somebody took part."""
    common = {"title": dict(snapshot.course), "awardedBy": _awarding(snapshot, organisation, "award")}
    if snapshot.award == Award.PARTICIPATION:
        return {
            "id": f"{snapshot.address}#activity", "type": "LearningActivity", **common,
            **({"levelOfCompletion": snapshot.least} if snapshot.least else {}),
            "additionalNote": [_note(result), *_notes(snapshot)],
            "specifiedBy": _activity_specification(snapshot, language),
        }
    assessment = {
        "id": f"{snapshot.address}#assessment", "type": "LearningAssessment", "title": dict(snapshot.assessment or snapshot.course),
        "grade": _note(result), "awardedBy": _awarding(snapshot, organisation, "grading"),
    }
    return {
        "id": f"{snapshot.address}#achievement", "type": "LearningAchievement", **common, **_credits("creditReceived", snapshot),
        "provenBy": [assessment], "specifiedBy": _specification(snapshot, language),
        **_some("additionalNote", list(_notes(snapshot))),
    }


def _specification(snapshot: Snapshot, language: str) -> Node:
    """What everybody learns who achieves it; a qualification where the course names a European level."""
    level = eqf_level(snapshot)
    kind: Node = {"type": "LearningAchievementSpecification"}
    if level:
        kind = {
            "type": "Qualification", "isPartialQualification": True,
            "eqfLevel": _listed("eqf", str(level), {"de": f"EQR-Niveau {level}", "en": f"EQF level {level}"}),
        }
    outcomes = [
        {"id": f"{snapshot.address}#outcome-{number}", "type": "LearningOutcome", "title": dict(title)}
        for number, title in enumerate(snapshot.competences, 1)
    ]
    return {
        "id": f"{snapshot.address}#specification", **kind, "title": dict(snapshot.course), "language": [_language(language)],
        **_hours(snapshot), **_credits("creditPoint", snapshot), **_some("learningOutcome", outcomes),
    }


def _activity_specification(snapshot: Snapshot, language: str) -> Node:
    return {
        "id": f"{snapshot.address}#specification", "type": "LearningActivitySpecification", "title": dict(snapshot.course),
        "language": [_language(language)], **_hours(snapshot),
    }


def _awarding(snapshot: Snapshot, organisation: Node, part: str) -> Node:
    body = {"id": organisation["id"], "type": organisation["type"]}
    return {
        "id": f"{snapshot.address}#{part}", "type": "AwardingProcess", "awardingBody": [body], "awardingDate": midday(snapshot.issued_on),
    }


def _organisation(issuer: Issuer, place: Place) -> Node:
    country = _concept(f"{_AUTHORITY}/country/{place.country}", f"{_AUTHORITY}/country", place.name)
    legal = {"type": "LegalIdentifier", "notation": place.legal_identifier, "spatial": country}
    return {
        "id": issuer.did, "type": "Organisation", "legalName": {"de": issuer.name, "en": issuer.name},
        **({"eIDASIdentifier": legal} if place.legal_identifier else {}),
        "location": [{"type": "Location", "address": [{"type": "Address", "countryCode": country}]}],
        "homepage": [{"type": "WebResource", "contentURL": issuer.address}],
    }


def _display(snapshot: Snapshot, language: str, picture: bytes) -> Node:
    """How readers show the credential: by one picture."""
    image = {
        "type": "MediaObject", "content": base64.b64encode(picture).decode(),
        "contentEncoding": _listed("encoding", "6146cde7dd", {"de": "base64", "en": "base64"}),
        "contentType": _concept(f"{_AUTHORITY}/file-type/PNG", f"{_AUTHORITY}/file-type", {"de": "PNG", "en": "PNG"}),
    }
    shown = {"type": "IndividualDisplay", "language": _language(language), "displayDetail": [{"type": "DisplayDetail", "image": image, "page": 1}]}
    return {
        "type": "DisplayParameter", "title": dict(snapshot.course), "primaryLanguage": _language(language),
        "language": [_language(name) for name in _LANGUAGES], "individualDisplay": [shown],
    }


def _notes(snapshot: Snapshot) -> Iterator[Node]:
    """The elements of a micro-credential for which the model would want codes that a course does not name."""
    for text in (snapshot.participation, snapshot.quality, None if eqf_level(snapshot) else snapshot.level, snapshot.legal):
        if text:
            yield _note(text)


def _hours(snapshot: Snapshot) -> Node:
    if not snapshot.hours:
        return {}
    hours, minutes = divmod(round(snapshot.hours * 60), 60)
    return {"volumeOfLearning": f"PT{hours}H" + (f"{minutes}M" if minutes else "")}


def _credits(name: str, snapshot: Snapshot) -> Node:
    framework = _listed("education-credit", "6fcec5c5af", {"de": "Europäisches System zur Übertragung von Studienleistungen (ECTS)",
                                                            "en": "European Credit Transfer System"})
    return {name: [{"type": "CreditPoint", "framework": framework, "point": f"{snapshot.ects:g}"}]} if snapshot.ects else {}


def _identifier(notation: str, agency: str) -> Node:
    return {"type": "Identifier", "notation": notation, "schemeAgency": {"de": agency}}


def _note(text: Texts) -> Node:
    return {"type": "Note", "noteLiteral": dict(text)}


def _language(language: str) -> Node:
    code, name = _LANGUAGES[language]
    return _concept(f"{_AUTHORITY}/language/{code}", f"{_AUTHORITY}/language", name)


def _listed(list_name: str, code: str, label: Mapping[str, str]) -> Node:
    """An entry of one of the Commission's own lists."""
    return _concept(f"{_LISTS}/{list_name}/{code}", f"{_LISTS}/{list_name}/25831c2", label)


def _concept(address: str, scheme: str, label: Mapping[str, str]) -> Node:
    return {"id": address, "type": "Concept", "inScheme": {"id": scheme, "type": "ConceptScheme"}, "prefLabel": dict(label)}


def _some(name: str, values: list[Node]) -> Node:
    return {name: values} if values else {}
