"""From LTI 1.1 to 1.3: people, links and what they have earned stay."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, g
from sqlalchemy import select

from accounts import service as accounts
from accounts.models import Identity, Person
from core import db
from core.config import replace_settings
from courses import service as courses
from courses.models import Enrolment, Run
from lti import legacy
from lti.models import Deployment, Participant, Platform, ResourceLink
from lti.service import legacy as consumers
from tests import builders
from tests.conftest import SECRET
from tests.lti.consumer import Consumer, recorded
from tests.lti.lms import LTI, Browser, Lms
from tests.lti.test_recorded import claims_in, launch
from tests.lti.test_scores import right

CLAIMS = {
    "iss": "https://lmsvendor.com", "aud": "PM48OJSfGDTAzAo", "exp": 1551290856, "nonce": "172we8671fd8z",
    "https://purl.imsglobal.org/spec/lti/claim/deployment_id": "689302",
    "https://purl.imsglobal.org/spec/lti/claim/lti1p1": {
        "user_id": "34212", "oauth_consumer_key": "179248902", "oauth_consumer_key_sign": "lWd54kFo5qU7xshAna6v8BwoBm6tmUjc6GTax6+12ps=",
    },
}


# --- Proofs -----------------------------------------------------------------------------------------------------------

def test_the_example_of_the_migration_specification_is_genuine() -> None:
    found = legacy.earlier(CLAIMS)
    assert found is not None
    assert (found.key, found.user_id, found.link_id) == ("179248902", "34212", None)
    assert legacy.signed_by("my-lti11-secret", found, CLAIMS)


@pytest.mark.parametrize("changes", [
    {"iss": "https://evil.example"}, {"aud": "other"}, {"exp": 1551290857}, {"nonce": "n"}, {"exp": None}, {"aud": ["PM48OJSfGDTAzAo", "other"]},
    {"https://purl.imsglobal.org/spec/lti/claim/deployment_id": "1"},
])
def test_a_proof_for_another_launch_is_none(changes: dict[str, object]) -> None:
    found = legacy.earlier(CLAIMS)
    assert found is not None
    assert not legacy.signed_by("my-lti11-secret", found, {**CLAIMS, **changes})
    assert not legacy.signed_by("other secret", found, CLAIMS)


@pytest.mark.parametrize("claim", [
    None, [], "text", {}, {"oauth_consumer_key": "k"}, {"oauth_consumer_key": "k", "oauth_consumer_key_sign": 7},
    {"oauth_consumer_key": "k\0", "oauth_consumer_key_sign": "s"}, {"oauth_consumer_key": "k" * 256, "oauth_consumer_key_sign": "s"},
])
def test_a_migration_claim_without_a_proof_counts_for_nothing(claim: object) -> None:
    assert legacy.earlier({"https://purl.imsglobal.org/spec/lti/claim/lti1p1": claim}) is None


def test_a_sign_that_is_no_ascii_is_simply_wrong() -> None:
    found = legacy.Earlier("k", "ü🦊", None, None, None)
    assert not legacy.signed_by("secret", found, CLAIMS)
    assert not legacy.signed_for_upgrade("secret", "k", "n", "ü🦊\udc80")


def test_moodles_proof_is_the_hash_of_key_secret_and_nonce() -> None:
    sign = hashlib.sha256(b"legacy-key" + b"secret" + b"89qiu9vegmIhwqgSlb").hexdigest()
    assert legacy.signed_for_upgrade("secret", "legacy-key", "89qiu9vegmIhwqgSlb", sign)
    assert not legacy.signed_for_upgrade("other", "legacy-key", "89qiu9vegmIhwqgSlb", sign)
    assert not legacy.signed_for_upgrade("secret", "legacy-key", "another nonce", sign)


# --- Consumers --------------------------------------------------------------------------------------------------------

@pytest.fixture
def consumer(app: Flask) -> Iterator[Platform]:
    with app.app_context():
        builders.organisation()
        with db.transaction():
            made, _ = legacy.add_consumer("Altes Moodle", "https://moodle.example", SECRET)
        yield made


def test_the_secret_is_kept_encrypted_and_can_be_changed(consumer: Platform) -> None:
    first = legacy.secret_of(consumer, SECRET)
    assert consumer.secret is not None
    assert first not in consumer.secret
    with db.transaction():
        second = legacy.new_secret(consumer, SECRET)
    assert second != first
    assert legacy.secret_of(consumer, SECRET) == second
    with pytest.raises(legacy.SecretTroubleError, match="LOTSE_SECRET_KEY"):
        legacy.secret_of(consumer, "another secret key of the house that is long enough")


def test_a_consumer_is_found_by_its_key_and_claimed_by_its_own_organisation_only(consumer: Platform) -> None:
    assert legacy.own_consumer(consumer.client_id) is consumer
    builders.organisation("anderswo")
    assert legacy.own_consumer(consumer.client_id) is None
    found = legacy.consumer_for(consumer.client_id)
    assert found is not None
    assert found.id == consumer.id
    assert legacy.consumer_for("nobody") is None


# --- The way over -----------------------------------------------------------------------------------------------------

def a_platform() -> tuple[Platform, Deployment]:
    platform = Platform(
        issuer="https://moodle.example", client_id="c", name="Moodle", auth_url="https://moodle.example/a", token_url="https://moodle.example/t",
        jwks_url="https://moodle.example/j",
    )
    db.session.add(platform)
    db.session.flush()
    deployment = Deployment(platform_id=platform.id, deployment_id="2", approved=True)
    db.session.add(deployment)
    db.session.flush()
    return platform, deployment


def came_by(platform: Platform, deployment: int, subject: str, link_id: str = "7", context: str = "2") -> Enrolment:
    """Somebody who came through a link, as a launch leaves them."""
    person = accounts.recognise(platform.issuer, subject, name=None, email=None, language=None)
    course = builders.edition().course_id
    run = courses.find_or_add_run(course, f"lti:{deployment}:{context}:kurs")
    enrolment = courses.enrol(run.id, person)
    known = select(ResourceLink).where(ResourceLink.deployment_id == deployment, ResourceLink.resource_link_id == link_id)
    link = db.session.scalars(known).one_or_none()
    if link is None:
        link = ResourceLink(
            platform_id=platform.id, deployment_id=deployment, resource_link_id=link_id, title="T", run_id=run.id, scopes=["s"],
            lineitem="https://moodle.example/outcomes",
        )
        db.session.add(link)
        db.session.flush()
    db.session.add(Participant(link_id=link.id, enrolment_id=enrolment.id, user_id=subject, sourcedid="sourced"))
    db.session.flush()
    return enrolment


def of(consumer: Platform) -> int:
    return db.session.scalars(select(Deployment.id).where(Deployment.platform_id == consumer.id)).one()


def test_all_links_runs_and_people_go_over_and_twice_changes_nothing(consumer: Platform) -> None:
    with db.transaction():
        enrolments = [came_by(consumer, of(consumer), subject) for subject in ("4", "5")]
        platform, deployment = a_platform()
        for _ in range(2):
            legacy.carry_over(consumer, platform, deployment.id)
    link = db.session.scalars(select(ResourceLink)).one()
    assert (link.platform_id, link.deployment_id, link.resource_link_id, link.lineitem, link.scopes) == (platform.id, deployment.id, "7", None, [])
    assert db.session.scalars(select(Run.key)).one() == f"lti:{deployment.id}:2:kurs"
    with db.transaction():
        people = [accounts.recognise(platform.issuer, subject, name=None, email=None, language=None) for subject in ("4", "5")]
        still = accounts.recognise(consumer.issuer, "4", name=None, email=None, language=None)
    assert people == [enrolment.person_id for enrolment in enrolments]
    assert still == people[0]
    assert {row.sourcedid for row in db.session.scalars(select(Participant))} == {None}


def test_who_is_known_by_both_ways_keeps_what_both_have_done(consumer: Platform) -> None:
    with db.transaction():
        platform, deployment = a_platform()
        before, after = came_by(consumer, of(consumer), "4"), came_by(platform, deployment.id, "4", "99", "3")
        assert before.person_id != after.person_id
        legacy.carry_over(consumer, platform, deployment.id)
        assert before.person_id == after.person_id == accounts.recognise(platform.issuer, "4", name=None, email=None, language=None)
    assert set(db.session.scalars(select(Run.key))) == {f"lti:{deployment.id}:2:kurs", f"lti:{deployment.id}:3:kurs"}
    assert len(set(db.session.scalars(select(Identity.person_id)))) == 1


def test_a_link_that_is_in_use_by_both_ways_stays_as_it_is(consumer: Platform) -> None:
    with db.transaction():
        platform, deployment = a_platform()
        came_by(consumer, of(consumer), "4")
        came_by(platform, deployment.id, "4")
        legacy.carry_over(consumer, platform, deployment.id)
    assert {row.platform_id for row in db.session.scalars(select(ResourceLink))} == {consumer.id, platform.id}


def test_a_launch_that_names_its_earlier_ids_goes_on_where_they_were(consumer: Platform) -> None:
    with db.transaction():
        enrolment = came_by(consumer, of(consumer), "old user", "old link", "old:course")
        other = came_by(consumer, of(consumer), "other user", "other link", "old")
        platform, deployment = a_platform()
        found = legacy.Earlier(consumer.client_id, "s", "old user", "old link", "old:course")
        for _ in range(2):
            legacy.carry_launch(consumer, found, platform, deployment.id, subject="new user", link_id="new link", context_id="new course")
        assert accounts.recognise(platform.issuer, "new user", name=None, email=None, language=None) == enrolment.person_id
    link = db.session.scalars(select(ResourceLink).where(ResourceLink.platform_id == platform.id)).one()
    assert (link.resource_link_id, link.run_id) == ("new link", enrolment.run_id)
    assert db.session.get_one(Run, enrolment.run_id).key == f"lti:{deployment.id}:new course:kurs"
    assert db.session.get_one(Run, other.run_id).key == f"lti:{of(consumer)}:old:kurs"


def test_ids_that_have_stayed_need_not_be_named_and_a_course_may_be_missing(consumer: Platform) -> None:
    with db.transaction():
        enrolment = came_by(consumer, of(consumer), "4", "7", "link 7")
        platform, deployment = a_platform()
        legacy.carry_launch(consumer, legacy.Earlier("k", "s", None, None, None), platform, deployment.id, subject="4", link_id="7", context_id=None)
        assert accounts.recognise(platform.issuer, "4", name=None, email=None, language=None) == enrolment.person_id
    assert db.session.get_one(Run, enrolment.run_id).key == f"lti:{deployment.id}:link 7:kurs"


def test_people_of_another_organisation_are_never_touched(consumer: Platform) -> None:
    organisation = db.acting_for() or 0
    with db.transaction():
        came_by(consumer, of(consumer), "4")
    builders.organisation("anderswo")
    with db.transaction():
        platform, deployment = a_platform()
        legacy.carry_over(consumer, platform, deployment.id)
    with db.scoped(organisation):
        assert db.session.scalars(select(ResourceLink.platform_id)).one() == consumer.id


def test_the_sign_is_what_the_specification_computes() -> None:
    text = b"k&1&https://lms.example&c&10&n"
    sign = base64.b64encode(hmac.new(b"secret", text, hashlib.sha256).digest()).decode()
    claims = {"iss": "https://lms.example", "aud": ["c"], "exp": 10, "nonce": "n", "https://purl.imsglobal.org/spec/lti/claim/deployment_id": "1"}
    assert legacy.signed_by("secret", legacy.Earlier("k", sign, None, None, None), claims)


# --- Launches that name their earlier ids -----------------------------------------------------------------------------

def signed_claim(lms: Lms, nonce: str, key: str, secret: str, **more: str) -> dict[str, Any]:
    """A launch with the migration claim, signed as the specification says."""
    said = lms.claims(nonce, sub="new-4", **{LTI + "resource_link": {"id": "new-7"}, LTI + "context": {"id": "new-2", "title": "KI für alle"}})
    text = "&".join([key, lms.deployment_id, lms.issuer, lms.client_id, str(said["exp"]), nonce])
    sign = base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
    claim = {"oauth_consumer_key": key, "oauth_consumer_key_sign": sign, "user_id": "4", "resource_link_id": "7", "context_id": "2", **more}
    return {**said, legacy.LTI1P1: claim}


@pytest.fixture
def old(house: Flask) -> Consumer:
    """A consumer through whose link a learner has come."""
    house.extensions["settings"] = replace_settings(house.extensions["settings"], lti11="on")
    made, secret = consumers.add_consumer(db.acting_for() or 0, "Alt", "https://old.example")
    found = Consumer(house, made.client_id, secret)
    assert found.launch(lis_outcome_service_url=..., lis_result_sourcedid=...).status_code == 303
    return found


def test_a_proven_launch_goes_on_with_the_person_the_link_and_what_was_earned(browser: Browser, lms: Lms, old: Consumer) -> None:
    right("farbe")
    before = db.session.scalars(select(Enrolment)).one()
    for _ in range(2):
        begun = browser.begin()
        assert browser.post(begun["state"], lms.sign(signed_claim(lms, begun["nonce"], old.key, old.secret))).status_code == 303
        g.pop("_login_user", None)
    after = db.session.scalars(select(Enrolment).execution_options(populate_existing=True)).one()
    assert (after.id, after.person_id, after.run_id) == (before.id, before.person_id, before.run_id)
    link = db.session.scalars(select(ResourceLink).execution_options(populate_existing=True)).one()
    assert (link.resource_link_id, link.context_id) == ("new-7", "new-2")
    assert [(score["userId"], score["scoreGiven"]) for score in lms.scores()] == [("new-4", 1)]


@pytest.mark.parametrize("lie", [
    {"oauth_consumer_key_sign": "AAAA"}, {"oauth_consumer_key": "nobody"}, {"oauth_consumer_key_sign": ""},
])
def test_an_unproven_launch_is_somebody_new(browser: Browser, lms: Lms, old: Consumer, lie: dict[str, str]) -> None:
    begun = browser.begin()
    said = signed_claim(lms, begun["nonce"], old.key, old.secret, **lie)
    assert browser.post(begun["state"], lms.sign(said)).status_code == 303
    assert len(db.session.scalars(select(Identity)).all()) == len(db.session.scalars(select(ResourceLink)).all()) == 2


def test_the_proof_of_another_organisations_consumer_takes_nothing(house: Flask, old: Consumer) -> None:
    home = db.acting_for() or 0
    elsewhere = builders.organisation("anderswo")
    builders.edition()
    other = Lms("https://other.example", "c2")
    other.register(elsewhere.id)
    browser = Browser(house, other)
    begun = browser.begin()
    assert browser.post(begun["state"], other.sign(signed_claim(other, begun["nonce"], old.key, old.secret))).status_code == 303
    other.close()
    with db.scoped(home):
        assert db.session.scalars(select(ResourceLink.resource_link_id)).one() == "7"


def test_a_proof_at_a_place_that_nobody_has_approved_is_refused_like_any_launch_from_there(browser: Browser, lms: Lms, old: Consumer) -> None:
    begun = browser.begin()
    lms.deployment_id = "unapproved"
    assert browser.post(begun["state"], lms.sign(signed_claim(lms, begun["nonce"], old.key, old.secret))).status_code == 403
    assert db.session.scalars(select(ResourceLink.resource_link_id)).one() == "7"


# --- Moodle, as it was recorded before and after the upgrade ------------------------------------------------------------

def test_moodles_recorded_launches_before_and_after_the_upgrade_are_one(house: Flask) -> None:
    house.extensions["settings"] = replace_settings(house.extensions["settings"], lti11="on")
    made, secret = consumers.add_consumer(db.acting_for() or 0, "Moodle", "https://moodle.example")
    old = Consumer(house, made.client_id, secret)
    assert old.post(old.sign(recorded("moodle/lti1p1-launch.json"))).status_code == 303
    g.pop("_login_user", None)
    claims = claims_in("moodle/idtoken-resource-link-after-upgrade-from-lti1p1.json")
    moodle = Lms(claims["iss"], claims["aud"])
    moodle.deployment_id = claims[LTI + "deployment_id"]
    moodle.register(db.acting_for() or 0)
    new = db.session.scalars(select(Platform).where(Platform.protocol == "1.3")).one()
    with db.transaction():
        legacy.carry_over(made, new, of(new))
    assert launch(house, moodle, claims).status_code == 303
    moodle.close()
    assert len(db.session.scalars(select(Person)).all()) == len(db.session.scalars(select(Enrolment)).all()) == 1
    link = db.session.scalars(select(ResourceLink).execution_options(populate_existing=True)).one()
    assert (link.platform_id, link.resource_link_id, link.lineitem) == (
        new.id, "7", "https://moodle.example/mod/lti/services.php/2/lineitems/13/lineitem?type_id=2",
    )
