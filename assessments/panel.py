"""What stands above a module's questions: the button that begins a test or the time that is left, the due date, which attempt counts."""

from collections.abc import Mapping, Sequence
from urllib.parse import urldefrag

from flask import render_template, request, url_for
from flask_babel import format_datetime, ngettext
from flask_babel import gettext as _

from assessments import terms
from assessments.kinds.item import Item
from assessments.terms import Terms
from core import kept
from courses.service import TEACHING, AnyPart


def draw(part: AnyPart, module: str, now: Terms, shown: Sequence[Item]) -> str:
    """The panel; empty where there is nothing to say. The marks of core.kept are still in it."""
    if not shown or not (now.test or now.due_at or now.keep != "best" or any(item.show == "never" for item in shown)):
        return ""
    waiting = sum(now.waits(item) for item in shown)
    return render_template(
        "assessments/_panel.html", now=now, count=len(shown), waiting=waiting, never=sum(item.show == "never" for item in shown),
        begin=url_for("tests.begin", run_id=part.run_id, module=module), clock=url_for("tests.clock", run_id=part.run_id, module=module),
        page=urldefrag(request.full_path if request.query_string else request.path).url, csrf_token=lambda: kept.CSRF, again=part.role in TEACHING,
    )


def facts(part: AnyPart) -> Mapping[str, Sequence[tuple[str, str]]]:
    """A few words about each module for the course page."""
    return {module: _facts(now) for module, now in terms.of_all(part).items()}


def _facts(now: Terms) -> list[tuple[str, str]]:
    found = []
    if now.test:
        found.append(("gauge", ngettext("test of %(num)s minute", "test of %(num)s minutes", now.test.minutes)))
    if now.due_at:
        found.append(("flag", _("due on %(day)s", day=format_datetime(now.due_at, "short"))))
    return found
