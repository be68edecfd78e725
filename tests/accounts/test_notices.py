"""Notices by e-mail are switched off on one's own page or by the link in each mail, without a sign-in, and by nobody else."""

from contextvars import Context

import pytest
from flask import Flask

from accounts import joining, notices
from accounts.models import Person
from core import db
from tests import builders
from tests.certificates.earning import request
from tests.core.mailserver import MailServer, use


@pytest.fixture
def ada(app: Flask) -> Person:
    """Somebody with an address."""
    with app.app_context():
        builders.organisation()
        person = builders.person()
        with db.transaction():
            person.email = "ada@uni.example"
        use(app, MailServer(port=1))
        return person


def wanted(app: Flask, person: Person) -> bool:
    with app.app_context(), db.scoped(person.organisation_id):
        return notices.choice(person.id).wanted


def test_the_own_page_shows_the_address_and_switches_notices_off_and_on(app: Flask, ada: Person) -> None:
    with app.app_context():
        browser = builders.browser(app, ada)
        assert "ada@uni.example" in request(browser, "/account/notices").text
        assert request(browser, "/account/notices", "POST", {}).status_code == 303
        assert not wanted(app, ada)
        assert request(browser, "/account/notices", "POST", {"wanted": "y"}).status_code == 303
        assert wanted(app, ada)
        assert "/account/notices" in request(browser, "/certificates").text


@pytest.mark.parametrize(("email", "words"), [(None, "does not know your e-mail address"), ("nonsense", "cannot be used")])
def test_the_own_page_says_why_no_mail_comes(app: Flask, ada: Person, email: str | None, words: str) -> None:
    with app.app_context():
        db.act_for(ada.organisation_id)
        with db.transaction() as tx:
            tx.get_one(Person, ada.id).email = email
        assert words in request(builders.browser(app, ada), "/account/notices").text
        use(app, MailServer(port=1), smtp_host="")
        assert "Lotse sends no e-mail here" in request(builders.browser(app, ada), "/account/notices").text


def test_the_link_in_a_mail_shows_a_button_and_one_click_of_a_mail_program_switches_off(app: Flask, ada: Person) -> None:
    with app.app_context():
        link = f"/notices/{notices.token(ada)}"
    app.config["WTF_CSRF_ENABLED"] = True
    anybody = app.test_client()
    page = request(anybody, link)
    assert (page.status_code, "Switch notices off" in page.text) == (200, True)
    assert "ada@" not in page.text
    assert wanted(app, ada)  # Mail programs look at links by themselves.
    done = Context().run(anybody.post, link, data={"List-Unsubscribe": "One-Click"}, base_url="https://localhost")
    assert done.status_code == 200
    assert not wanted(app, ada)
    assert request(anybody, link, "POST").status_code == 200


@pytest.mark.parametrize("wrong", ["x", "WzEsMV0", "WzEsMV0.AAAAAAAAAAAAAAAAAAAAAAAAAAA", "."])
def test_a_link_that_lotse_did_not_make_switches_nothing_off(app: Flask, ada: Person, wrong: str) -> None:
    assert request(app.test_client(), f"/notices/{wrong}", "POST").status_code == 404
    assert wanted(app, ada)


def test_of_joined_accounts_who_wanted_none_under_either_gets_none_and_old_links_still_work(app: Flask, ada: Person) -> None:
    with app.app_context():
        db.act_for(ada.organisation_id)
        other = builders.person("Ada King")
        notices.choose(other.id, wanted=False)
        link = f"/notices/{notices.token(other)}"
        code = joining.make_code(ada.id)
        joining.accept(code, other.id)
        assert joining.confirm(ada.id)
        assert not wanted(app, ada)
        notices.choose(ada.id, wanted=True)
        assert request(app.test_client(), link, "POST").status_code == 200
        assert not wanted(app, ada)
