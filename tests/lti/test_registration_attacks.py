"""Registration links in wrong hands, twice at the same moment, of other tenants, and with hostile words."""

import json
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select, update

from core import db
from lti.models import LaunchRecord, Platform, RegistrationLink
from lti.registration import PlatformData, RegistrationError
from lti.service import platforms, registrations
from tests import builders
from tests.lti.lms import Answer
from tests.lti.registering import Administrator, Registering


@pytest.fixture
def moodle(house: Flask) -> Iterator[Registering]:
    platform = Registering()
    yield platform
    platform.close()


@pytest.fixture
def administrator(house: Flask, moodle: Registering) -> Administrator:
    return Administrator(house, moodle)


def platforms_of(organisation_id: int) -> list[Platform]:
    with db.scoped(organisation_id):
        return list(db.session.scalars(select(Platform)))


def test_of_two_confirmations_at_the_same_moment_one_registers(house: Flask, administrator: Administrator, moodle: Registering) -> None:
    gate = threading.Event()
    page = administrator.open(administrator.link())
    moodle.configured.append(Answer(200, b"{}", gate=gate))  # The first one waits at the platform, and then fails.
    statuses: list[int] = []

    def confirm() -> None:
        statuses.append(administrator.confirm(page).status_code)

    first = threading.Thread(target=confirm)
    first.start()
    while moodle.count("openid-configuration") < 2:  # The consent page asked once.
        pass
    assert administrator.confirm(page).status_code == 409
    gate.set()
    first.join()
    assert statuses == [502]
    assert administrator.confirm(page).status_code == 200  # The link is free again.
    assert len(moodle.registrations) == 1


def test_two_confirmations_that_both_go_through_leave_one_platform(house: Flask, administrator: Administrator, moodle: Registering) -> None:
    page = administrator.open(administrator.link())
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(administrator.confirm(page).status_code)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()  # See what the others have written.
    assert 200 in answers
    assert set(answers) <= {200, 409}
    assert len(db.session.scalars(select(Platform)).all()) == 1


def test_a_try_that_lost_its_turn_leaves_nothing_behind(house: Flask, administrator: Administrator, moodle: Registering) -> None:
    """As when a process hung for longer than BUSY, and another try has taken the link meanwhile."""
    page = administrator.open(administrator.link())
    gate = threading.Event()
    moodle.configured.append(Answer(200, administrator_json(moodle), gate=gate))
    statuses: list[int] = []
    slow = threading.Thread(target=lambda: statuses.append(administrator.confirm(page).status_code))
    slow.start()
    while moodle.count("openid-configuration") < 2:
        pass
    with db.transaction() as tx:
        tx.execute(update(RegistrationLink).values(used_at=db.now() - 2 * registrations.BUSY))
    assert administrator.confirm(administrator.open(page_secret(page.text), registration_token=moodle.token(jti="another"))).status_code == 200
    gate.set()
    slow.join()
    db.session.rollback()
    assert statuses == [410]
    assert len(db.session.scalars(select(Platform)).all()) == 1


def administrator_json(moodle: Registering) -> bytes:
    return json.dumps(moodle.configuration).encode()


def page_secret(text: str) -> str:
    return text.split('name="t" value="')[1].split('"')[0]


def test_another_tenants_platform_is_not_taken_over(house: Flask, administrator: Administrator, moodle: Registering) -> None:
    first = db.acting_for() or 0
    administrator.register()
    client_id = moodle.client_id
    second = builders.organisation("anderswo").id
    moodle.prepared.append(Answer(200, f'{{"client_id": "{client_id}"}}'.encode()))
    page = administrator.register()
    assert (page.status_code, "Another organisation" in page.text) == (409, True)
    assert [platform.client_id for platform in platforms_of(first)] == [client_id]
    assert platforms_of(second) == []


def test_nobody_gets_a_signature_as_the_client_of_another_tenant(house: Flask, administrator: Administrator, moodle: Registering) -> None:
    """Moodle does not look at the audience of an assertion, so one for the attacker's token endpoint would open the other's gradebooks."""
    administrator.register()
    client_id = moodle.client_id
    second = builders.organisation("anderswo").id
    evil = Registering()
    evil.prepared.append(Answer(200, f'{{"client_id": "{client_id}"}}'.encode()))
    page = Administrator(house, evil).register()
    assert (page.status_code, evil.issuer == moodle.issuer) == (409, False)
    by_hand = PlatformData("https://evil.example", client_id, "https://evil.example/a", f"{evil.url}/token", f"{evil.url}/jwks")
    with pytest.raises(RegistrationError):
        platforms.add_platform(second, by_hand)
    assert platforms_of(second) == []
    evil.close()


def test_a_platform_that_registers_itself_does_not_take_the_client_id_of_another(house: Flask, administrator: Administrator, moodle: Registering) -> None:
    administrator.register()
    evil = Registering()
    evil.prepared.append(Answer(200, f'{{"client_id": "{moodle.client_id}"}}'.encode()))
    assert Administrator(house, evil).register().status_code == 409
    evil.close()


def test_several_canvas_may_count_their_clients_from_the_same_number_on(house: Flask) -> None:
    for slug in ("hier", "dort"):
        with db.scoped(builders.organisation(slug).id):
            platforms.add_platform(db.acting_for() or 0, PlatformData(
                f"https://canvas.{slug}.example", "10000000000001", f"https://canvas.{slug}.example/a", f"https://canvas.{slug}.example/t", f"https://canvas.{slug}.example/j",
            ))
            assert len(platforms_of(db.acting_for() or 0)) == 1


def test_an_update_of_another_tenants_platform_is_refused_before_anything_is_changed_there(house: Flask, administrator: Administrator, moodle: Registering) -> None:
    administrator.register()
    builders.organisation("anderswo")
    moodle.prepared.append(Answer(200, f'{{"client_id": "{moodle.client_id}"}}'.encode()))
    page = administrator.register(registration_token=moodle.token(scope="reg-update"))
    assert page.status_code == 409
    assert moodle.asked[-1].method == "GET"


def test_a_link_registers_for_its_own_organisation_only(house: Flask, administrator: Administrator) -> None:
    first = db.acting_for() or 0
    secret = administrator.link()
    second = builders.organisation("anderswo").id
    page = administrator.open(secret)
    assert "Universität Musterstadt" in page.text
    administrator.confirm(page)
    assert (len(platforms_of(first)), len(platforms_of(second))) == (1, 0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("changes", [
    {"proof": ""}, {"proof": "forged"}, {"openid_configuration": "https://evil.example/config"}, {"registration_token": "another"},
])
def test_only_what_the_page_has_shown_can_be_confirmed(administrator: Administrator, moodle: Registering, changes: dict[str, str]) -> None:
    page = administrator.confirm(administrator.open(administrator.link()), **changes)
    assert (page.status_code, moodle.registrations) == (400, [])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_proof_of_one_link_does_not_confirm_another(administrator: Administrator, moodle: Registering) -> None:
    page, other = administrator.open(administrator.link()), administrator.link()
    assert administrator.confirm(page, t=other).status_code == 400
    assert administrator.confirm(page, t="guessed").status_code == 404
    assert moodle.registrations == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_used_link_does_not_tell_strangers_what_came_of_it(administrator: Administrator, moodle: Registering) -> None:
    page = administrator.open(administrator.link())
    administrator.confirm(page)
    again = administrator.confirm(page, proof="forged")
    assert (again.status_code, moodle.client_id in again.text) == (410, False)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_hostile_names_stay_text(administrator: Administrator, moodle: Registering) -> None:
    evil = "<script>alert(1)</script>\u0000\u202e"
    product = moodle.configuration["https://purl.imsglobal.org/spec/lti-platform-configuration"]
    product["product_family_code"], product["version"] = evil, [evil]
    product["messages_supported"] = [{"type": {"a": 1}}, "x", {"type": "LtiDeepLinkingRequest", "placements": [7]}]
    page = administrator.open(administrator.link(name=evil))
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    end = administrator.confirm(page)
    assert end.status_code == 200
    moodle.prepared.append(Answer(400, f"{evil}{'x' * 5000}".encode()))
    refused = administrator.register()
    assert "<script>alert" not in refused.text
    assert "x" * 300 not in refused.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_tokens_and_secrets_stay_out_of_the_database(administrator: Administrator, moodle: Registering) -> None:
    secret, token = administrator.link(), moodle.token()
    administrator.register(secret, registration_token=token)
    kept = "".join(str(vars(row)) for table in (Platform, RegistrationLink, LaunchRecord) for row in db.session.scalars(select(table)))
    assert secret not in kept
    assert token not in kept


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_token_goes_to_the_platforms_own_site_only(administrator: Administrator, moodle: Registering) -> None:
    moodle.prepared.append(Answer(307, b"", {"Location": "https://evil.example/"}))
    assert administrator.register().status_code == 502
    assert moodle.asked[-1].path.endswith("openid-registration.php")
