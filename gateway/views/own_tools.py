"""A learner's keys for tools of their own, in one course."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from accounts.signin import person
from core.config import settings
from core.i18n import N_
from courses import service as courses
from courses.policy import teaches
from courses.service import AnyPart
from courses.tools import Tool
from gateway import service
from gateway.abilities import EMBEDDER
from gateway.models import AccessKey
from gateway.service import access
from gateway.service.policies import run_models

bp = Blueprint("own_tools", __name__, url_prefix="/courses/<int:run_id>/own-tools")
Page = str | tuple[str, int]
HOURS = {1: N_("1 hour"), 8: N_("8 hours"), 24: N_("1 day"), 72: N_("3 days"), 168: N_("7 days")}
USUAL_HOURS = 8


def tools(part: AnyPart) -> list[Tool]:
    """The way here for those who take part, where the course offers keys."""
    offered = run_models(part.run_id).own_tools
    return [Tool(_("Own tools"), url_for("own_tools.overview", run_id=part.run_id), "lock")] if offered else []


@bp.get("")
@login_required
def overview(run_id: int) -> Page:
    """One's keys in this course, and how to use them."""
    return _page(_part(run_id))


@bp.post("")
@login_required
def make(run_id: int) -> Page:
    """Make a key. It stands in the answer, this once: a redirect would have to keep it somewhere."""
    part = _part(run_id)
    if not run_models(run_id).own_tools:
        abort(403)
    hours = request.form.get("hours", "")
    if hours not in map(str, HOURS):
        return _page(part, wrong=_("Please choose how long the key shall be valid.")), 422
    try:
        row, secret = access.make(person().id, run_id, int(hours))
    except access.TooManyKeys:
        return _page(part, wrong=_("You have %(number)s keys that are valid. Please end one first.", number=access.MOST_KEYS)), 409
    return _page(part, made=row, secret=secret)


@bp.post("/<int:key_id>/revoke")
@login_required
def revoke(run_id: int, key_id: int) -> Response:
    """End a key for good."""
    _part(run_id)
    if not access.revoke(person().id, run_id, key_id):
        abort(404)
    flash(_("The key is ended. Programs that use it are refused from now on."), "success")
    return redirect(url_for("own_tools.overview", run_id=run_id), 303)


def _part(run_id: int) -> AnyPart:
    found = courses.part(run_id, person().id)
    if found is None:
        abort(404)
    return found


def _page(part: AnyPart, made: AccessKey | None = None, secret: str = "", wrong: str = "") -> str:
    here = run_models(part.run_id)
    models = service.models(part.run_id)
    embedder = service.model(part.run_id, role=EMBEDDER)
    return render_template(
        "gateway/own_tools.html", run_id=part.run_id, offered=here.own_tools, silent=here.silent, keys=access.keys(person().id, part.run_id),
        made=made, secret=secret, wrong=wrong, hours=HOURS, usual=USUAL_HOURS,
        models=models, embedder=embedder, base=f"{settings().base_url}/api/v1", teaches=teaches(part),
    )
