"""Out of a frame into a window of its own, and out of Lotse."""

import re
import threading
from datetime import timedelta

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from core import db, jobs, sessions
from core.sessions import BROWSER_COOKIE, BrowserSession
from lti.models import Ticket
from tests import builders
from tests.lti.lms import Browser

SAME = {"Sec-Fetch-Site": "same-origin"}
ENGLISH = {"Accept-Language": "en"}


def root_of(response: TestResponse) -> str:
    """`/l/<launch id>` of the launch that a response leads to."""
    return "/".join(response.location.split("/")[:3])


def ticket_from(browser: Browser, root: str, path: str = "/courses") -> str:
    answer = browser.client.post(f"{root}/lti/window", data={"path": path}, headers={"Accept": "application/json"})
    assert answer.status_code == 200
    return str((answer.json or {})["ticket"])


def seen(client: FlaskClient, launch: TestResponse) -> int:
    """What a browser gets of a launch, in a request that knows nothing of the test's other requests."""
    for name in ("_login_user", "frame_ancestors"):
        g.pop(name, None)  # The test acts in one application context, and these would outlive the request.
    return client.get(launch.location).status_code


def opened(client: FlaskClient, ticket: str, **headers: str) -> TestResponse:
    return client.post("/lti/ticket", data={"ticket": ticket}, headers={**SAME, **ENGLISH, **headers})


# --- The ticket -----------------------------------------------------------------------------------------------------------

def test_a_new_window_shows_the_same_page_to_the_same_person_in_a_launch_of_its_own(house: Flask, browser: Browser) -> None:
    launch = browser.launch()
    path = launch.location.removeprefix(root_of(launch))
    window = house.test_client()
    answer = opened(window, ticket_from(browser, root_of(launch), path))
    assert answer.status_code == 303
    assert answer.location.endswith(path)
    assert root_of(answer) != root_of(launch)
    page = window.get(answer.location)
    assert page.status_code == 200
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert browser.client.get(launch.location).status_code == 200  # The frame goes on too.
    kept = [row.data for row in db.session.scalars(select(BrowserSession))]
    for name in ("_user_id", "organisation_id", "launch_run", "launch_role", "lti_link", "return_url", "language"):
        assert kept[0][name] == kept[1][name]
    assert kept[0]["csrf_token"] != kept[1]["csrf_token"]


def test_the_window_keeps_a_cookie_that_it_has(house: Flask, browser: Browser) -> None:
    window = house.test_client()
    first = opened(window, ticket_from(browser, root_of(browser.launch())))
    second = opened(window, ticket_from(browser, root_of(browser.launch())))
    assert "SameSite=None" in first.headers["Set-Cookie"]
    assert "Set-Cookie" not in second.headers
    assert [window.get(answer.location).status_code for answer in (first, second)] == [200, 200]


def test_without_a_script_the_frame_shows_a_button_that_opens_the_window(house: Flask, browser: Browser) -> None:
    root = root_of(browser.launch())
    page = browser.client.post(f"{root}/lti/window", data={"path": "/certificates"}, headers=ENGLISH)
    form = re.search(r'<form method="post" action="/lti/ticket" target="_blank".*?value="([^"]+)"', page.text, re.DOTALL)
    assert form is not None
    assert f'href="{root}/certificates"' in page.text
    assert opened(house.test_client(), form[1]).location.endswith("/certificates")


def test_every_framed_page_offers_the_window_with_its_own_path(browser: Browser) -> None:
    launch = browser.launch()
    root = root_of(launch)
    for path in (launch.location.removeprefix(root), launch.location.removeprefix(root) + "/eins", "/certificates?a=1&b=2", "/status"):
        page = browser.client.get(root + path).text
        assert f'action="{root}/lti/window"' in page
        assert f'name="path" value="{path.replace("&", "&amp;")}"' in page


@pytest.mark.parametrize("path", ["", "https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_only_own_pages_are_opened(house: Flask, browser: Browser, path: str) -> None:
    answer = opened(house.test_client(), ticket_from(browser, root_of(browser.launch()), path))
    assert re.fullmatch(r"/l/[\w-]{22}/", answer.location)


def refused(answer: TestResponse) -> bool:
    assert "Set-Cookie" not in answer.headers
    return answer.status_code == 403 and "cannot be opened any more" in answer.text and "in your course again" in answer.text


def test_a_ticket_works_once(house: Flask, browser: Browser) -> None:
    ticket = ticket_from(browser, root_of(browser.launch()))
    assert opened(house.test_client(), ticket).status_code == 303
    assert refused(opened(house.test_client(), ticket))


def test_a_ticket_works_for_a_minute(house: Flask, browser: Browser) -> None:
    ticket = ticket_from(browser, root_of(browser.launch()))
    row = db.session.scalars(select(Ticket)).one()
    assert row.expires_at - db.now() <= timedelta(seconds=60)
    with db.transaction() as tx:
        tx.execute(update(Ticket).values(expires_at=db.now() - timedelta(seconds=1)))
    assert refused(opened(house.test_client(), ticket))


def test_a_ticket_ends_with_the_launch_that_it_comes_from(house: Flask, browser: Browser) -> None:
    root = root_of(browser.launch())
    ticket = ticket_from(browser, root)
    browser.client.post(f"{root}/lti/leave", headers=ENGLISH)
    assert refused(opened(house.test_client(), ticket))
    late = ticket_from(browser, root_of(browser.launch()))
    with db.transaction() as tx:
        tx.execute(update(BrowserSession).values(expires_at=db.now() - timedelta(seconds=1)))
    assert refused(opened(house.test_client(), late))


def test_the_new_launch_lives_no_longer_than_the_first(house: Flask, browser: Browser) -> None:
    ticket = ticket_from(browser, root_of(browser.launch()))
    soon = db.now() + timedelta(minutes=3)
    with db.transaction() as tx:
        tx.execute(update(BrowserSession).values(expires_at=soon))
    opened(house.test_client(), ticket)
    assert set(db.session.scalars(select(BrowserSession.expires_at))) == {soon}


def test_a_ticket_whose_session_is_of_another_organisation_is_refused(house: Flask, browser: Browser) -> None:
    ticket = ticket_from(browser, root_of(browser.launch()))
    row = db.session.scalars(select(Ticket)).one()
    other = builders.organisation("anderswo")
    with db.unscoped(), db.transaction() as tx:
        tx.execute(update(Ticket).where(Ticket.secret == row.secret).values(organisation_id=other.id))
    db.session.expire_all()
    assert refused(opened(house.test_client(), ticket))


@pytest.mark.parametrize("ticket", ["", "x" * 43, "\x00", "ä" * 20])
def test_what_is_no_ticket_is_refused(house: Flask, browser: Browser, ticket: str) -> None:
    assert refused(opened(house.test_client(), ticket))


@pytest.mark.parametrize("headers", [
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "", "Origin": "https://evil.example"}, {"Sec-Fetch-Site": "", "Origin": "null"},
])
def test_another_site_can_make_nobody_go_on_as_somebody_else(house: Flask, browser: Browser, headers: dict[str, str]) -> None:
    ticket = ticket_from(browser, root_of(browser.launch()))
    assert opened(house.test_client(), ticket, **headers).status_code == 403
    assert opened(house.test_client(), ticket).status_code == 303  # And it is not spent by that.


def test_to_look_at_the_address_spends_nothing_and_says_what_to_do(house: Flask, browser: Browser) -> None:
    ticket = ticket_from(browser, root_of(browser.launch()))
    for method in ("get", "head"):
        assert getattr(house.test_client(), method)("/lti/ticket", query_string={"ticket": ticket}).status_code == 403
    assert opened(house.test_client(), ticket).status_code == 303


def test_a_window_without_a_launch_makes_no_ticket(house: Flask, browser: Browser) -> None:
    root = root_of(browser.launch())
    assert house.test_client().post("/lti/window").status_code == 404
    assert house.test_client().post(f"{root}/lti/window").status_code == 401
    assert db.session.scalar(select(func.count()).select_from(Ticket)) == 0


def test_the_ticket_needs_the_forms_token(house: Flask, browser: Browser) -> None:
    root = root_of(browser.launch())
    house.config["WTF_CSRF_ENABLED"] = True
    assert browser.client.post(f"{root}/lti/window").status_code == 400
    page = browser.client.get(f"{root}/courses").text
    form = page.split(f'action="{root}/lti/window"')[1]
    token = form.split('name="csrf_token" value="')[1].split('"')[0]
    assert browser.client.post(f"{root}/lti/window", data={"csrf_token": token}).status_code == 200


def test_of_two_windows_with_one_ticket_exactly_one_opens(house: Flask, browser: Browser) -> None:
    ticket = ticket_from(browser, root_of(browser.launch()))
    start, statuses = threading.Barrier(2, timeout=60), list[int]()

    def open_window() -> None:
        client = house.test_client()
        start.wait()
        statuses.append(opened(client, ticket).status_code)

    threads = [threading.Thread(target=open_window) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303, 403]


def test_tickets_are_kept_as_hashes_and_forgotten(browser: Browser) -> None:
    ticket = ticket_from(browser, root_of(browser.launch()))
    row = db.session.scalars(select(Ticket)).one()
    assert ticket not in (row.secret, str(row.data), row.path)
    with db.transaction() as tx:
        tx.execute(update(Ticket).values(expires_at=db.now() - timedelta(seconds=1)))
    jobs._sweep.run()
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Ticket)) == 0


def test_a_browser_without_any_cookie_is_told_so(house: Flask, browser: Browser) -> None:
    answer = opened(house.test_client(use_cookies=False), ticket_from(browser, root_of(browser.launch())))
    page = house.test_client(use_cookies=False).get(answer.location, headers=ENGLISH)
    assert page.status_code == 401
    assert "has no cookie of Lotse here" in page.text
    assert "allow cookies for this address" in page.text


def test_a_preview_goes_over_too(house: Flask, browser: Browser) -> None:
    launch = browser.launch(sub=...)
    window = house.test_client()
    assert window.get(opened(window, ticket_from(browser, root_of(launch), "/preview")).location).status_code == 200


# --- The way out ----------------------------------------------------------------------------------------------------------

def test_who_leaves_is_gone_from_this_browser(house: Flask, browser: Browser) -> None:
    first, second = browser.launch(), browser.launch()
    neighbour = browser.launch(sub="5", name="Bo")
    page = browser.client.post(f"{root_of(first)}/lti/leave", headers=ENGLISH)
    assert "You have left Lotse" in page.text
    assert 'href="https://lms.example/return"' in page.text
    assert "frame-ancestors https://lms.example;" in page.headers["Content-Security-Policy"] + ";"
    assert [seen(browser.client, launch) for launch in (first, second, neighbour)] == [401, 401, 200]


def test_leaving_ends_no_launch_in_another_browser(house: Flask, browser: Browser) -> None:
    other = Browser(house, browser.lms)
    elsewhere, here = other.launch(), browser.launch()
    browser.client.post(f"{root_of(here)}/lti/leave")
    assert seen(other.client, elsewhere) == 200


def test_leaving_a_preview_ends_that_alone(house: Flask, browser: Browser) -> None:
    first, second = browser.launch(sub=...), browser.launch(sub=...)
    assert browser.client.post(f"{root_of(first)}/lti/leave").status_code == 200
    assert [seen(browser.client, launch) for launch in (first, second)] == [401, 200]


def test_leaving_needs_the_browser_of_the_launch(house: Flask, browser: Browser) -> None:
    launch = browser.launch()
    assert house.test_client().post(f"{root_of(launch)}/lti/leave").status_code == 401
    assert house.test_client().post("/lti/leave").status_code == 404
    assert seen(browser.client, launch) == 200


def test_a_ticket_of_a_launch_is_for_nobody_elses_browser_row(house: Flask, browser: Browser) -> None:
    """The new launch belongs to the browser of the window, not to that of the frame."""
    window = house.test_client()
    answer = opened(window, ticket_from(browser, root_of(browser.launch())))
    assert browser.client.get(answer.location).status_code == 401
    cookie = window.get_cookie(BROWSER_COOKIE)
    assert cookie is not None
    assert db.session.get_one(BrowserSession, sessions.digest(answer.location.split("/")[2])).browser == sessions.digest(cookie.value)
