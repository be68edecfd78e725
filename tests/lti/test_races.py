"""Many at once, in threads and in processes: what must happen once happens once."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from accounts.models import Identity, Person
from assessments.models import Attempt
from core import db, sessions
from courses.models import Enrolment, Run
from lti.models import Participant, ResourceLink
from tests.lti.conftest import reasons
from tests.lti.lms import LTI, Browser, Lms

ROOT = Path(__file__).parents[2]
# A process of its own, as of a second web server: it says when it is ready, and posts when it is told to.
POSTING = """
import json, sys
from app import create_app
from core.sessions import BROWSER_COOKIE
from tests.conftest import settings_for
from pathlib import Path
given = json.loads(sys.stdin.readline())
app = create_app(settings_for(given["url"], Path(given["folder"])), testing=True, eager_jobs=True)
client = app.test_client()
client.set_cookie(BROWSER_COOKIE, given["browser"], secure=True)
print("ready", flush=True)
sys.stdin.readline()
print(client.post("/lti/launch", data=given["data"]).status_code, flush=True)
"""


def at_once(*calls: Callable[[], int]) -> list[int]:
    """Run all at the same moment, each in a thread; what they gave, sorted."""
    start, given = threading.Barrier(len(calls), timeout=60), list[int]()

    def run(call: Callable[[], int]) -> None:
        start.wait()
        given.append(call())

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(given)


def counts() -> dict[str, int]:
    """How many rows there are of each kind that a launch makes."""
    db.session.rollback()
    models = (Person, Identity, Run, Enrolment, ResourceLink, Participant)
    return {model.__name__: db.session.scalar(select(func.count()).select_from(model)) or 0 for model in models}


def test_one_launch_posted_by_several_processes_is_let_in_once(house: Flask, browser: Browser, lms: Lms, database_url: str, tmp_path: Path) -> None:
    browser.launch(sub="somebody else")  # So that the platform's keys are there already.
    begun = browser.begin()
    cookie = browser.client.get_cookie(sessions.BROWSER_COOKIE)
    assert cookie is not None
    given = {
        "url": database_url, "folder": str(tmp_path), "browser": cookie.value,
        "data": {"state": begun["state"], "id_token": lms.sign(lms.claims(begun["nonce"]))},
    }
    started = [
        subprocess.Popen([sys.executable, "-c", POSTING], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for _ in range(3)
    ]
    statuses = []
    for process in started:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(given) + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    for process in started:
        statuses.append(int(process.communicate(timeout=60)[0]))
    assert sorted(statuses) == [303, 401, 401]
    assert sorted(reasons()) == ["admitted", "admitted", "state_used", "state_used"]


def test_one_launch_posted_many_times_at_once_is_let_in_once(house: Flask, browser: Browser, lms: Lms) -> None:
    begun = browser.begin()
    token = lms.sign(lms.claims(begun["nonce"]))
    cookie = browser.client.get_cookie(sessions.BROWSER_COOKIE)
    assert cookie is not None

    def post() -> int:
        client = house.test_client()
        client.set_cookie(sessions.BROWSER_COOKIE, cookie.value, secure=True)
        return client.post("/lti/launch", data={"state": begun["state"], "id_token": token}).status_code

    assert at_once(*[post] * 4) == [303, 401, 401, 401]
    assert counts() == {"Person": 1, "Identity": 1, "Run": 1, "Enrolment": 1, "ResourceLink": 1, "Participant": 1}


def launching(house: Flask, lms: Lms, **changes: object) -> Callable[[], int]:
    """A launch of a browser of its own, ready to be posted."""
    browser = Browser(house, lms)
    begun = browser.begin()
    token = lms.sign(lms.claims(begun["nonce"], **changes))
    return lambda: browser.post(begun["state"], token).status_code


def test_the_first_launches_of_one_person_by_one_link_make_one_of_everything(house: Flask, lms: Lms) -> None:
    Browser(house, lms).launch(sub="somebody else", **{LTI + "resource_link": {"id": "another"}, LTI + "context": {"id": "another"}})
    before = counts()
    assert at_once(*[launching(house, lms) for _ in range(3)]) == [303, 303, 303]
    assert counts() == {name: count + 1 for name, count in before.items()}


def test_two_links_at_once_share_the_person_and_the_course(house: Flask, lms: Lms) -> None:
    Browser(house, lms).launch(sub="somebody else", **{LTI + "resource_link": {"id": "another"}, LTI + "context": {"id": "another"}})
    before = counts()
    assert at_once(*[launching(house, lms, **{LTI + "resource_link": {"id": link}}) for link in ("a", "b")]) == [303, 303]
    twice = {"ResourceLink", "Participant"}
    assert counts() == {name: count + (2 if name in twice else 1) for name, count in before.items()}


def test_an_answer_that_is_sent_twice_at_once_counts_once(house: Flask, browser: Browser) -> None:
    launch = browser.launch(**{LTI + "custom": {"module": "eins"}})
    cookie = browser.client.get_cookie(sessions.BROWSER_COOKIE)
    assert cookie is not None

    def answer() -> int:
        client = house.test_client()
        client.set_cookie(sessions.BROWSER_COOKIE, cookie.value, secure=True)
        return client.post(f"{launch.location}/rechnen/answer", data={"attempt": "1", "answer": "4"}).status_code

    statuses = at_once(answer, answer)
    assert all(status in (200, 303) for status in statuses), statuses
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Attempt)) == 1
