"""The certificate in the European Learning Model, compared with what the Commission's profile asks."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from certificates.credentials import elm
from certificates.credentials.badge import Issuer, Validity
from certificates.snapshot import Snapshot
from tests.certificates.badges import BASE, NOW, SNAPSHOT, both, organisation
from tests.certificates.elm_profile import faults

PLACE = elm.Place("DEU", both("Deutschland", "Germany"), "DE.0001")
BARE: dict[str, Any] = {
    "competences": (), "hours": None, "ects": None, "level": None, "assessment": None, "participation": None, "quality": None, "name": None,
}


def exported(snapshot: Snapshot, place: elm.Place = PLACE) -> dict[str, Any]:
    return elm.document(
        snapshot, issuer=Issuer(organisation().did, "Küstenuniversität", f"{BASE}/o/ku"), place=place,
        validity=Validity(NOW, NOW + timedelta(days=700)), language="de", result=both("Bestanden", "Passed"), picture=b"PNG",
    )


@pytest.mark.parametrize("change", [
    {}, {"award": "participation"}, BARE, {**BARE, "award": "participation", "least": 0}, {"level": both("Bachelor", "Bachelor")},
])
def test_an_export_has_what_the_profile_asks(change: dict[str, Any]) -> None:
    assert faults(exported(replace(SNAPSHOT, **change))) == []


def test_what_is_missing_or_wrong_is_found() -> None:
    document = exported(SNAPSHOT)
    document["credentialSubject"]["hasClaim"][0]["titel"] = document["credentialSubject"]["hasClaim"][0].pop("title")
    document["issuer"]["location"] = []
    document["validFrom"] = "2026-11-20"
    assert faults(document) == [
        "EuropeanDigitalCredential.validFrom: Pattern", "LearningAchievement.titel: Closed", "LearningAchievement.title: MinCount",
        "Organisation.location: MinCount",
    ]


def test_more_than_all_of_an_activity_is_found() -> None:
    assert faults(exported(replace(SNAPSHOT, award="participation", least=101))) == ["LearningActivity.levelOfCompletion: MaxInclusive"]


def test_an_export_says_what_the_certificate_says() -> None:
    (claim,) = exported(SNAPSHOT)["credentialSubject"]["hasClaim"]
    specification = claim["specifiedBy"]
    assert (specification["type"], specification["eqfLevel"]["id"]) == ("Qualification", "http://data.europa.eu/snb/eqf/6")
    assert (specification["volumeOfLearning"], claim["creditReceived"][0]["point"]) == ("PT62H30M", "2.5")
    assert [outcome["title"]["en"] for outcome in specification["learningOutcome"]] == [it["en"] for it in SNAPSHOT.competences]
    assert claim["provenBy"][0]["grade"]["noteLiteral"] == {"de": "Bestanden", "en": "Passed"}
    assert [note["noteLiteral"]["en"] for note in claim["additionalNote"]] == ["Online, self-paced", "Expert review"]


def test_who_only_took_part_is_not_said_to_have_achieved_anything() -> None:
    (claim,) = exported(replace(SNAPSHOT, award="participation"))["credentialSubject"]["hasClaim"]
    assert (claim["type"], claim["levelOfCompletion"]) == ("LearningActivity", 60)
    assert "creditReceived" not in claim


def test_an_organisation_without_a_legal_identifier_is_exported_without_one() -> None:
    document = exported(SNAPSHOT, replace(PLACE, legal_identifier=None))
    assert faults(document) == []
    assert "eIDASIdentifier" not in document["issuer"]
