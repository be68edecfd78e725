"""An organisation's own thresholds: they hold from now on, give what has been earned already, and take nothing away."""

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Person, Role
from assessments import thresholds as assessing
from assessments.tasks import look_who_has_enough
from certificates.models import Certificate
from core import db
from core.jobs import WorkState
from courses.models import ThresholdRule
from modules.thresholds import thresholds
from tests import builders
from tests.assessments.page import QuestionPage
from tests.certificates.earning import complete, earn, learner, request


def awarded() -> list[tuple[str, int]]:
    """The awards in the organisation acted for, with the threshold that each says."""
    rows = db.session.scalars(select(Certificate).order_by(Certificate.id).execution_options(populate_existing=True))
    return [(row.award, row.snapshot["least"]) for row in rows]


def answered(app: Flask, who: Person) -> None:
    """One of four points: the first question, answered right."""
    page = QuestionPage(builders.browser(app, who), f"/courses/{builders.run().id}/eins")
    page.open()
    page.answer("farbe", "Blau")


def test_certificates_say_the_organisations_threshold_and_older_ones_keep_theirs(app: Flask) -> None:
    with app.app_context():
        holder = earn(app)
        assessing.set_rule(40, 75)
        complete(learner(app, "Grace Hopper").enrolment)
        complete(holder.enrolment, "participation")
        assert awarded() == [("achievement", 60), ("achievement", 75), ("participation", 40)]
        assessing.set_rule(None, 90)
        assert awarded() == [("achievement", 60), ("achievement", 75), ("participation", 40)]
        assert holder.certificate().withdrawn_at is None


def test_another_organisation_has_its_own(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        edition = builders.edition()
        assessing.set_rule(10, 20)
        assert thresholds(edition.id) == thresholds(edition.id).__class__(10, 20)
        builders.organisation("andernorts")
        assert thresholds(builders.edition().id) == thresholds(edition.id).__class__(50, 60)


def test_pages_name_the_threshold_that_holds(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        holder = learner(app)
        assessing.set_rule(30, 45)
        assert "45%" in holder.open(f"/courses/{holder.enrolment.run_id}").text
        page = holder.open(f"/certificates/course/{holder.enrolment.run_id}").text
        assert "45%" in page
        assert "30%" in page
        assert "60%" not in page


def test_who_has_enough_by_a_lower_threshold_gets_the_certificate_and_once(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        ada, ben = builders.person("Ada"), builders.person("Ben")
        builders.enrolment(ada)
        builders.enrolment(ben)
        answered(app, ada)
        assert ("achievement", 60) not in awarded()
        assessing.set_rule(None, 100)
        assert [award for award, _ in awarded() if award == "achievement"] == []
        assessing.set_rule(None, 25)
        assert awarded()[-1] == ("achievement", 25)
        row = db.session.scalars(select(ThresholdRule).execution_options(populate_existing=True)).one()
        assert row.state == WorkState.DONE
        before = awarded()
        assessing.set_rule(None, 25)
        look_who_has_enough(row.id)
        assert awarded() == before


def test_an_administrator_sets_them_on_a_page(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        edition = builders.edition()
        browser = builders.browser(app, builders.person("Vera", roles=(Role.ADMINISTRATOR,)))
        path = "/admin/certificates/thresholds"
        assert request(browser, path, "POST", {"participation": "70", "achievement": ""}).status_code == 303
        assert 'value="70"' in request(browser, path).text
        assert (thresholds(edition.id).participation, thresholds(edition.id).achievement) == (70, 60)
        for wrong in ("0", "101", "half"):
            assert request(browser, path, "POST", {"participation": wrong}).status_code == 422


@pytest.mark.parametrize(("words", "said"), [
    ((), "participation: as the course says\nachievement: 80 %\n"), (("--participation", "35"), "participation: 35 %\nachievement: 80 %\n"),
    (("--achievement", "0"), "participation: as the course says\nachievement: as the course says\n"),
])
def test_operators_set_them_by_a_command(app: Flask, words: tuple[str, ...], said: str) -> None:
    with app.app_context():
        builders.organisation()
        assessing.set_rule(None, 80)
    done = app.test_cli_runner().invoke(args=["certificates", "thresholds", "musterstadt", *words])
    assert (done.exit_code, done.output) == (0, said)
