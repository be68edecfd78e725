"""Repeating inside a launch: who comes from an LMS repeats there, and what is their own."""

import re
from datetime import timedelta

import pytest
from flask import Flask, g
from sqlalchemy import select, update

from assessments.card_models import Card
from assessments.models import Attempt
from core import db
from tests.lti.lms import Browser, Lms

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_missed_questions_are_repeated_inside_the_launch_and_only_ones_own(house: Flask, browser: Browser, lms: Lms) -> None:
    launch = browser.launch()
    root = "/".join(launch.location.split("/")[:3])
    for attempt in (1, 2, 3):
        browser.client.post(f"{launch.location}/eins/rechnen/answer", data={"attempt": str(attempt), "answer": "5"})
    with db.transaction() as tx:
        tx.execute(update(Attempt).values(submitted_at=db.now() - timedelta(days=2)))
    page = browser.client.get(f"{root}/repetition", follow_redirects=True)
    assert page.request.script_root + page.request.path == f"{launch.location}/repetition"
    [action] = re.findall(r'action="([^"]*/answer[^"]*)"', page.text)
    assert action.startswith(f"{launch.location}/repetition/")
    assert browser.client.post(action, data={"turn": "1", "answer": "4"}).location.startswith(f"{launch.location}/repetition")
    assert 'name="rating"' in browser.client.get(f"{root}/repetition", follow_redirects=True).text

    other = Browser(house, lms)
    second = other.launch(sub="somebody else")
    g.pop("_login_user", None)  # The test acts in one application context, and who was signed in would outlive the request.
    there = action.replace(launch.location, second.location)
    assert other.client.post(there, data={"turn": "1", "answer": "4"}).status_code == 404
    assert 'name="turn"' not in other.client.get(f"{second.location}/repetition").text
    assert [card.turn for card in db.session.scalars(select(Card))] == [1]
