"""Badges: what they say, what a check finds, and what of it can be altered."""

import base64
import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import jwt as plain_jwt
import pytest
from PIL import Image

from certificates.credentials import badge, base58, check, did, holder, jsonld, jwt, keys, png, proof, status
from certificates.credentials.check import Outcome
from certificates.credentials.holder import Naming
from tests.certificates import badges
from tests.certificates.badges import LIST, NOW, SNAPSHOT, WITHDRAWN, organisation, stranger


def find(credential: dict[str, object] | str, **world: object) -> Outcome:
    """What a check finds in the world of these tests, of which some may be different."""
    ours = organisation()
    known = {"documents": {ours.did: ours.document}.get, "lists": {LIST: ours.status_list(WITHDRAWN)}.get, "at": NOW, **world}
    text = credential if isinstance(credential, str) else json.dumps(credential)
    return check.check(text, **known).outcome  # type: ignore[arg-type]


@pytest.mark.parametrize("fate", badges.fates())
def test_a_check_tells_the_fates_of_badges_apart(fate: str) -> None:
    assert find(badges.fates()[fate]) == fate.split(":")[0]


def test_the_same_badge_as_token_has_the_same_fate() -> None:
    ours = organisation()
    token = ours.token(ours.unsigned())
    head, _, signature = token.split(".")
    other = ours.token(ours.unsigned(language="en")).split(".")[1]
    assert find(token) == Outcome.VALID
    assert find(f"{head}.{other}.{signature}") == Outcome.TAMPERED
    assert find(ours.token(ours.unsigned(index=WITHDRAWN))) == Outcome.WITHDRAWN
    assert find(ours.token(ours.unsigned(until=NOW - timedelta(days=1)))) == Outcome.EXPIRED
    assert find(stranger().token(stranger().unsigned())) == Outcome.FOREIGN
    assert jwt.verify(token, ours.keys[0].multibase) == ours.unsigned()


def test_badges_of_one_course_are_read_once_and_mean_the_same() -> None:
    ours, before = organisation(), len(jsonld._shapes._kept)
    # The last two: a place in the list that is also a part of the schema's type, and one that is a part of its address.
    for index, code in [(70_001, "A" * 22), (90_002, "b-_" * 7 + "c"), (2019, "D" * 22), (1, "E" * 22)]:
        said = replace(SNAPSHOT, address=f"https://lotse.example/z/{code}", number=f"MUSTERSTADT-2026-{index:06d}")
        unsigned = badge.credential(
            said, issuer=badge.Issuer(ours.did, said.issuer, "https://lotse.example"), validity=badge.Validity(NOW, NOW + timedelta(days=30 + index % 7)),
            status=status.StatusEntry(LIST, index), wording=badge.Wording("de", "Bestanden.", "Punkte"), salt=code[:16],
        )
        differing = badge.differing(unsigned)
        assert jsonld.canonical(unsigned, differing) == jsonld.canonical(unsigned)
        signed = proof.sign(unsigned, key=ours.keys[0], method=did.method(ours.did, ours.keys[0].multibase), created=NOW, differing=differing)
        assert find(signed) == Outcome.VALID
    assert len(jsonld._shapes._kept) <= before + 4  # Those of the first two and of their proofs; and the odd ones.


@pytest.mark.parametrize("text", ["", "{", "[]", "a.b.c", "{}", "null", '{"proof": 1}', "[" * 5000, '{"a":' * 5000, "é" * 300_000])
def test_what_is_no_badge_at_all_is_called_tampered(text: str) -> None:
    assert find(text) == Outcome.TAMPERED
    assert find(text.encode().decode()) == Outcome.TAMPERED


def test_a_badge_whose_list_cannot_be_believed_is_not_called_valid() -> None:
    ours = organisation()
    valid = ours.signed(ours.unsigned())
    unsigned = {name: value for name, value in ours.status_list().items() if name != "proof"}
    not_to_be_believed = [
        None, unsigned, ours.signed(badges.changed(unsigned, '"revocation"', '"suspension"')), ours.status_list(address=f"{LIST}2"),
        ours.status_list(issuer=stranger().did), ours.status_list(until=NOW - timedelta(seconds=1)), stranger().status_list(), {**ours.status_list(), "proof": stranger().status_list()["proof"]},
    ]
    assert {find(valid, lists=lambda _, found=found: found) for found in not_to_be_believed} == {Outcome.UNKNOWN}


@pytest.mark.parametrize("alter", [
    lambda it: it["credentialSubject"]["achievement"]["criteria"].update(grade="1"),
    lambda it: it["credentialSubject"]["achievement"]["type"].append("Doctorate"),
    lambda it: it["credentialSubject"]["achievement"].update(image={"id": "seal.png", "type": "Image"}),
    lambda it: it.update({"@included": [{"id": "urn:x", "name": "x"}]}),
    lambda it: it.update({"https://schema.org/award": "x"}),
    lambda it: it.update({"@grade": "1"}),
    lambda it: it.update({"_:grade": "1"}),
    lambda it: it["proof"][0].pop("cryptosuite"),
    lambda it: it.update({"@context": [*it["@context"], "https://example.org/more.json"]}),
    lambda it: it.update({"@context": [*it["@context"], {"grade": "https://example.org/grade"}], "grade": "1"}),
    lambda it: it.update({"@context": it["@context"][::-1]}),
    lambda it: it.update(proof=[*it["proof"], it["proof"][0]]),
    lambda it: it["proof"][0].update(domain="example.org"),
    lambda it: it["proof"][0].update(proofPurpose="authentication"),
    lambda it: it["proof"][0].update(created="2020-01-01T00:00:00Z"),
    lambda it: it.pop("credentialStatus"),
    lambda it: it.pop("validUntil"),
    lambda it: it["issuer"].update(name="Elbuniversität"),
])
def test_nothing_can_be_added_or_taken_away(alter: Callable[[dict[str, object]], object]) -> None:
    document = json.loads(json.dumps(badges.fates()["valid: with everything"]))
    alter(document)
    assert find(document) == Outcome.TAMPERED


def test_a_status_written_in_another_way_does_not_hide_that_it_was_withdrawn() -> None:
    document = organisation().signed(organisation().unsigned(index=WITHDRAWN))
    assert find({**document, "credentialStatus": [document["credentialStatus"]]}) != Outcome.VALID


def test_a_document_that_would_take_ages_to_check_is_refused_at_once() -> None:
    poison = {"type": ["Alignment"], "targetName": "x"}
    document = organisation().unsigned()
    document["credentialSubject"]["achievement"]["alignment"] = [dict(poison) for _ in range(40)]
    with pytest.raises(jsonld.DocumentError, match="say the same"):
        jsonld.canonical(document)


def test_contexts_are_kept_once_however_many_badges_are_signed() -> None:
    ours = organisation()
    ours.signed(ours.unsigned())
    before = len(jsonld._resolver.resolved)
    for language in ("de", "en") * 5:
        ours.signed(ours.unsigned(language=language))
    assert len(jsonld._resolver.resolved) == before


def test_a_key_that_was_taken_out_of_the_document_signs_no_more() -> None:
    ours = organisation()
    document = did.document(ours.did, ours.keys[0].multibase)
    assert find(badges.fates()["valid: by a former key"], documents=lambda _: document) == Outcome.TAMPERED


def test_a_key_that_is_listed_for_other_ends_signs_no_badges() -> None:
    ours = organisation()
    document = {**ours.document, "assertionMethod": [], "authentication": ours.document["assertionMethod"]}
    assert find(badges.fates()["valid: with everything"], documents=lambda _: document) == Outcome.TAMPERED


def test_a_proof_for_another_end_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as other:
        other.setattr(proof, "_PURPOSE", "authentication")
        document = organisation().signed(organisation().unsigned())
    assert find(document) == Outcome.TAMPERED


def test_a_token_must_not_contradict_its_credential() -> None:
    ours = organisation()
    method = did.method(ours.did, ours.keys[0].multibase)
    for claims in ({"iss": stranger().did, "jti": SNAPSHOT.address}, {"iss": ours.did, "jti": "urn:other"}):
        token = plain_jwt.encode({**ours.unsigned(), **claims}, ours.keys[0].private, "EdDSA", {"typ": "vc+jwt", "kid": method})
        assert find(token) == Outcome.TAMPERED


@pytest.mark.parametrize(("base", "expected", "address"), [
    ("https://lotse.uni.example", "did:web:lotse.uni.example:o:ku", "https://lotse.uni.example/o/ku/did.json"),
    ("http://LOCALHOST:5000/", "did:web:localhost%3A5000:o:ku", "https://localhost:5000/o/ku/did.json"),
    ("https://uni.example/lernen", "did:web:uni.example:lernen:o:ku", "https://uni.example/lernen/o/ku/did.json"),
])
def test_an_identifier_leads_to_its_document(base: str, expected: str, address: str) -> None:
    assert did.identifier(base, "ku") == expected
    assert did.document_address(expected) == address


def test_keys_come_back_from_their_bytes_and_are_written_as_others_do() -> None:
    # The first key pair of RFC 8032, section 7.1.
    key = keys.SigningKey.from_bytes(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    assert keys.SigningKey.from_bytes(key.to_bytes()).multibase == key.multibase
    assert key.multibase.startswith("z6Mk")
    assert keys.jwk(key.multibase) == {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert repr(key) == "SigningKey()"
    for wrong in ("", "z", "z6Mk", "u6Mk", "z0OIl", "z" + "1" * 300):
        with pytest.raises(keys.KeyFormatError):
            keys.public_key(wrong)


@pytest.mark.parametrize("content", [b"", b"\0", b"\0\0\1", b"hello", bytes(range(64))])
def test_base58_comes_back(content: bytes) -> None:
    assert base58.from_multibase(base58.multibase(content)) == content


def test_a_badge_says_the_name_as_it_was_asked_to() -> None:
    ours = organisation()
    said = {naming: ours.unsigned(naming=naming) for naming in Naming}
    assert "Ångström" in json.dumps(said[Naming.PLAIN], ensure_ascii=False)
    for naming in (Naming.HASHED, Naming.NONE):
        assert "Zo" not in json.dumps(said[naming], ensure_ascii=False)
    assert [holder.is_named(said[naming], "Zoë Ångström") for naming in (Naming.PLAIN, Naming.HASHED, Naming.NONE)] == [True, True, False]
    assert not any(holder.is_named(it, "Zoe Angstrom") for it in said.values())
    (identity,) = said[Naming.HASHED]["credentialSubject"]["identifier"]
    assert identity["identityHash"] == "sha256$" + hashlib.sha256("Zoë Ångströmf3a9".encode()).hexdigest()


def test_a_badge_says_what_the_certificate_says() -> None:
    credential = organisation().unsigned()
    subject = credential["credentialSubject"]
    achievement = subject["achievement"]
    assert (credential["name"], achievement["version"], subject["licenseNumber"]) == ("KI-Kompetenz an der Hochschule", "3", "KU-2026-000042")
    assert (achievement["creditsAvailable"], subject["creditsEarned"]) == (2.5, 2.5)
    assert [it["targetName"] for it in achievement["alignment"]] == [*(it["de"] for it in SNAPSHOT.competences), "EQF 6"]
    assert achievement["resultDescription"][0]["requiredValue"] == "60"
    assert achievement["criteria"] == {"narrative": "**60 %** der Punkte"}
    assert "evidence" not in credential
    assert "creditsEarned" not in organisation().unsigned(snapshot=replace(SNAPSHOT, award="participation"))["credentialSubject"]


def test_all_holders_of_an_edition_have_the_same_achievement_and_other_editions_another() -> None:
    ours = organisation()
    achievements = [
        ours.unsigned(snapshot=replace(SNAPSHOT, **change))["credentialSubject"]["achievement"]
        for change in ({}, {"name": "Ada", "number": "KU-2026-000043", "completed_on": "2026-12-01"}, {"edition": 4})
    ]
    assert achievements[0] == achievements[1]
    assert achievements[0]["id"] != achievements[2]["id"]


@pytest.mark.parametrize(("level", "expected"), [("DQR/EQR 6", 6), ("EQF level 7", None), ("EQF 7", 7), ("Bachelor", None), ("EQR 61", None)])
def test_the_european_level_is_read_only_where_it_is_named(level: str, expected: int | None) -> None:
    assert badge.eqf_level(replace(SNAPSHOT, level={"de": level, "en": level})) == expected


def test_a_list_has_exactly_the_bits_of_what_was_withdrawn() -> None:
    marked = {0, 1, 7, 8, WITHDRAWN, status.LENGTH - 1}
    encoded = status.encoded(marked)
    assert [index for index in (*marked, 2, 9, WITHDRAWN - 1, WITHDRAWN + 1) if status.bit(encoded, index)] == list(marked)
    assert encoded == status.encoded(sorted(marked, reverse=True))
    assert gzip.decompress(base64.urlsafe_b64decode(f"{encoded[1:]}==="))[:2] == b"\xc1\x80"
    for index in (-1, status.LENGTH):
        with pytest.raises(status.StatusError):
            status.bit(encoded, index)


def test_a_list_that_unpacks_to_gigabytes_is_not_unpacked() -> None:
    bomb = "u" + base64.urlsafe_b64encode(gzip.compress(bytes(20_000_000))).decode()
    for text in (bomb, "", "u", "uAAAA", "x"):
        with pytest.raises(status.StatusError):
            status.bit(text, 0)


def test_places_are_drawn_until_none_is_free() -> None:
    taken = set(range(status.LENGTH)) - {4711}
    assert status.free_index(taken) == 4711
    with pytest.raises(status.FullError):
        status.free_index(taken | {4711})


def test_a_badge_comes_back_out_of_its_picture() -> None:
    out = BytesIO()
    Image.new("RGB", (40, 40), "navy").save(out, "PNG")
    text = json.dumps(badges.fates()["valid: with everything"], ensure_ascii=False)
    baked = png.bake(out.getvalue(), text)
    assert png.baked(baked) == text
    assert png.baked(png.bake(baked, "other")) == "other"
    assert png.baked(out.getvalue()) is None
    for broken in (b"", b"GIF89a", baked[: len(baked) // 2]):
        with pytest.raises(png.PictureError):
            png.baked(broken)


def test_signing_is_refused_for_what_a_signature_would_not_cover() -> None:
    ours = organisation()
    with pytest.raises(jsonld.DocumentError):
        proof.sign({**ours.unsigned(), "grade": "1"}, key=ours.keys[0], method=did.method(ours.did, ours.keys[0].multibase), created=NOW)
