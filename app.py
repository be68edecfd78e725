"""The house: every room is opened here, and nowhere else."""

from flask import Flask

import accounts.commands
import accounts.models
import accounts.signin
import accounts.tasks
import accounts.views
import assessments.after_views
import assessments.analysis_views
import assessments.code_views
import assessments.commands
import assessments.draft_views
import assessments.excerpt_views
import assessments.log_views
import assessments.look_views
import assessments.marking_views
import assessments.models
import assessments.pages
import assessments.panel
import assessments.practice
import assessments.practice_views
import assessments.preview
import assessments.prompt_views
import assessments.regrade_notes
import assessments.repeating
import assessments.repetition_views
import assessments.service
import assessments.sitting_views
import assessments.survey_views
import assessments.tasks
import assessments.terms_views
import assessments.turns
import assessments.views
import certificates.class_views
import certificates.commands
import certificates.credential_views
import certificates.look_views
import certificates.office_views
import certificates.registrar.views
import certificates.service
import certificates.tasks
import certificates.views
import core.commands
import core.post.commands
import core.post.sending
import courses.models
import courses.tools
import courses.views
import demo.commands
import exchange.commands
import exercises.sandbox.commands
import gateway.commands
import gateway.service.joins
import gateway.tasks
import gateway.views
import gateway.views.course
import gateway.views.own_tools
import lti.commands
import lti.legacy_commands
import lti.selection
import lti.tasks
import lti.views
import lti.views.scores
import modules.blocks
import modules.commands
import modules.laws
import modules.pools
import modules.presenters
import modules.preview
import modules.views
import reports.commands
import reports.statements
import reports.views
import studio.arrival_views
import studio.commands
import studio.editing_views
import studio.following_commands
import studio.following_views
import studio.models
import studio.moving_views
import studio.tasks
import studio.views
from assessments.kinds import KINDS
from core import config, db, i18n, jobs, logs, sessions, templates, web
from core.config import Settings
from core.signals import called, completed, graded, joined, progressed
from modules.presenters import Presenter


def create_app(settings: Settings | None = None, *, testing: bool = False, eager_jobs: bool = False) -> Flask:
    """Build the application. Raises core.config.SettingsError when the environment is wrong."""
    settings = settings or Settings.from_env()
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    app.config.update(SECRET_KEY=settings.secret_key, TESTING=testing)
    templates.connect(app)
    config.connect(app, settings)
    logs.connect(settings)
    app.extensions["engine"] = db.connect(settings.database_url)
    app.teardown_appcontext(lambda _: db.session.remove())
    sessions.connect(app, settings)
    i18n.connect(app, settings)
    jobs.connect(app, settings, eager=eager_jobs)
    accounts.signin.connect(app)
    web.connect(app, settings)
    _open_rooms(app)
    _connect_rooms()
    return app


def _open_rooms(app: Flask) -> None:
    for room in (
        accounts.views.bp, courses.views.bp, modules.views.bp, modules.preview.bp, assessments.views.bp, assessments.prompt_views.bp, assessments.after_views.bp, assessments.code_views.bp, assessments.look_views.bp, assessments.log_views.bp,
        assessments.excerpt_views.bp, assessments.analysis_views.bp, assessments.marking_views.bp, assessments.survey_views.bp, assessments.repetition_views.bp, assessments.sitting_views.bp, assessments.terms_views.bp, assessments.practice_views.bp, assessments.draft_views.bp, *gateway.views.BLUEPRINTS, certificates.views.bp, certificates.class_views.bp, certificates.credential_views.bp, certificates.look_views.bp, certificates.office_views.bp, certificates.registrar.views.bp, reports.views.bp, studio.views.bp, studio.moving_views.bp, studio.following_views.bp, studio.arrival_views.bp, *lti.views.BLUEPRINTS,
    ):
        app.register_blueprint(room)
    for command in (accounts.commands.people, modules.commands.check, exchange.commands.import_content, exchange.commands.export_content, assessments.commands.solutions, certificates.commands.certificates, reports.commands.reports, studio.commands.fmt, studio.following_commands.follow, exercises.sandbox.commands.sandbox, gateway.commands.gateways, lti.commands.lti, demo.commands.demo, core.post.commands.mail, core.commands.database, core.commands.worker, core.commands.beat):
        app.cli.add_command(command)


def _connect_rooms() -> None:
    """What rooms tell each other, and what they offer each other."""
    for kind in KINDS.values():
        modules.blocks.register(kind)
    modules.blocks.register(modules.pools.KIND)
    modules.presenters.register(Presenter(
        draw=assessments.pages.draw_module, preview=assessments.preview.draw_module, scores=assessments.service.scores,
        notes=assessments.regrade_notes.on_course_page, facts=assessments.panel.facts,
    ))
    modules.laws.register(reports.statements.own_texts)
    assessments.practice.register(lti.selection.linked_alone)
    courses.tools.register(assessments.marking_views.tools, assessments.terms_views.tools, assessments.survey_views.tools, assessments.analysis_views.tools, lti.views.people.tools, lti.views.scores.tools, certificates.class_views.tools, gateway.views.course.tools, gateway.views.usage.tools, studio.views.tools)
    courses.tools.register_for_people(assessments.repetition_views.tools_of, studio.views.tools_of)
    courses.tools.register_notices(studio.moving_views.notices)
    courses.tools.register_for_learners(assessments.repetition_views.tools, assessments.log_views.tools, gateway.views.own_tools.tools)
    progressed.connect(assessments.service.notice_participation)
    completed.connect(certificates.service.award)
    called.connect(assessments.turns.follow_call)
    joined.connect(assessments.service.follow_join)
    joined.connect(assessments.repeating.follow_join)
    joined.connect(gateway.service.joins.follow_join)
    graded.connect(lti.tasks.on_graded)
