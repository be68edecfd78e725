"""Start page, sign-in, sign-out."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from accounts import service, signin
from accounts.forms import SignInForm
from core.web import limiter, own_path

bp = Blueprint("accounts", __name__)


@bp.app_context_processor
def chrome() -> dict[str, Any]:
    """What the head of every page shows: whose Lotse this is, and the main menu."""
    if not current_user.is_authenticated:
        return {}
    administration = [(_("Administration"), url_for("lti_admin.overview"))] if current_user.administers else []
    return {
        "organisation_name": service.organisation_name(current_user.organisation_id),
        "home_url": url_for("courses.mine"),
        "nav_links": [(_("My courses"), url_for("courses.mine")), (_("My certificates"), url_for("certificates.mine")), *administration],
    }


@bp.get("/")
def start() -> str | Response:
    """What Lotse is, for people who are not signed in; one's courses for those who are."""
    if current_user.is_authenticated:
        return redirect(url_for("courses.mine"))
    return render_template("accounts/start.html")


@bp.route("/sign-in", methods=["GET", "POST"])
@limiter.limit("10 per minute; 60 per hour", methods=["POST"], deduct_when=lambda response: response.status_code == 422)
def sign_in() -> str | Response | tuple[str, int]:
    """Sign in with a name and a password of Lotse's own. Ten wrong ones a minute, then a pause."""
    form = SignInForm()
    choices = service.organisations()
    form.organisation.choices = [(entry.id, entry.name) for entry in choices]
    if len(choices) == 1 and request.method == "POST":
        form.organisation.data = choices[0].id
    if form.validate_on_submit():
        person = service.sign_in(form.organisation.data, form.username.data, form.password.data)
        if person is not None:
            signin.begin(person)
            return redirect(own_path(request.args.get("next", "")) or url_for("courses.mine"))
        form.password.errors = [_("This sign-in name and password do not belong together. Please check both.")]
    status = 422 if request.method == "POST" else 200
    return render_template("accounts/sign_in.html", form=form, several=len(choices) > 1), status


@bp.post("/sign-out")
def sign_out() -> Response:
    """End the session."""
    signin.end()
    flash(_("You are signed out."), "success")
    return redirect(url_for("accounts.start"))
