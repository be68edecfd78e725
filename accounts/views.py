"""Start page, sign-in, sign-out, notices by e-mail, and joining two accounts of one person."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from accounts import joining, notices, service, signin
from accounts.forms import JoinForm, NoticesForm, SignInForm
from accounts.joining import CannotJoinError
from core.post import outbox
from core.web import csrf, limiter, own_path

bp = Blueprint("accounts", __name__)
_few_wrong_codes = limiter.shared_limit(
    "10 per hour", scope="join", key_func=lambda: f"join {signin.person().id}", deduct_when=lambda response: response.status_code == 422,
)


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
        "person_links": [(_("My use of AI models"), url_for("gateway_usage.mine")), (_("Notices by e-mail"), url_for("accounts.notices_page")), (_("Join accounts"), url_for("accounts.join"))],
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


# --- Notices by e-mail ------------------------------------------------------------------------------------------------

@bp.route("/account/notices", methods=["GET", "POST"])
@login_required
def notices_page() -> str | Response:
    """Which address is known, and whether one wants notices."""
    me = signin.person().id
    form = NoticesForm()
    if form.validate_on_submit():
        notices.choose(me, wanted=form.wanted.data)
        flash(_("You get notices by e-mail.") if form.wanted.data else _("You get no notices by e-mail any more."), "success")
        return redirect(url_for(".notices_page"), 303)
    found = notices.choice(me)
    return render_template("accounts/notices.html", form=NoticesForm(formdata=None, wanted=found.wanted), choice=found, sends=outbox.ready())


@bp.route("/notices/<token>", methods=["GET", "POST"])
@csrf.exempt
@limiter.limit("30 per minute")
def stop_notices(token: str) -> str | tuple[str, int]:
    """The link in each mail: switch notices off without a sign-in. Looking changes nothing: mail programs look by themselves.

    Mail programs post here themselves when somebody presses their button for it (RFC 8058), so there is no token of a form.
    """
    known = notices.stop(token) if request.method == "POST" else notices.known(token)
    return render_template("accounts/stop_notices.html", known=known, done=known and request.method == "POST"), 200 if known else 404


# --- Joining accounts -------------------------------------------------------------------------------------------------

@bp.get("/account/join")
@login_required
def join() -> str:
    """Where a join stands: make a code or enter one, wait, or confirm."""
    return _join_page(JoinForm())


@bp.post("/account/join/code")
@login_required
def make_join_code() -> Response | tuple[str, int]:
    """Make a code; only this session shows it."""
    try:
        session["join_code"] = joining.make_code(signin.person().id)
    except CannotJoinError as error:
        return _join_page(JoinForm(), error=_(error.message)), 409
    return redirect(url_for(".join"), 303)


@bp.post("/account/join/enter")
@login_required
@_few_wrong_codes
def enter_join_code() -> str | tuple[str, int]:
    """Enter a code that was made under one's other account, and see whose it is. Ten wrong ones an hour, then a pause."""
    form = JoinForm()
    if form.validate_on_submit():
        try:
            maker = joining.maker_of(form.code.data, signin.person().id)
        except CannotJoinError as error:
            form.code.errors = [_(error.message)]
        else:
            return render_template("accounts/join_accept.html", maker=maker, mine=joining.account(signin.person().id), form=form)
    return _join_page(form), 422


@bp.post("/account/join/accept")
@login_required
@_few_wrong_codes
def accept_join() -> Response | tuple[str, int]:
    """Say that the other account is one's own. Nothing is joined before it is confirmed there."""
    form = JoinForm()
    if not form.validate_on_submit():
        return _join_page(form), 422
    try:
        joining.accept(form.code.data, signin.person().id)
    except CannotJoinError as error:
        form.code.errors = [_(error.message)]
        return _join_page(form), 422
    return render_template("accounts/join_accepted.html", maker=joining.maker_of(form.code.data, signin.person().id)), 200


@bp.post("/account/join/confirm")
@login_required
def confirm_join() -> Response | tuple[str, int]:
    """Join the account in which the code was entered into this one."""
    try:
        done = joining.confirm(signin.person().id)
    except CannotJoinError as error:
        joining.withdraw(signin.person().id)
        session.pop("join_code", None)
        return _join_page(JoinForm(), error=_(error.message)), 409
    session.pop("join_code", None)
    if done:
        flash(_("The two accounts are one now. Everything you did is here."), "success")
    return redirect(url_for("courses.mine"), 303)


@bp.post("/account/join/cancel")
@login_required
def cancel_join() -> Response:
    """Let one's code open nothing any more."""
    joining.withdraw(signin.person().id)
    session.pop("join_code", None)
    return redirect(url_for(".join"), 303)


def _join_page(form: JoinForm, error: str = "") -> str:
    me = signin.person().id
    return render_template(
        "accounts/join.html", form=form, error=error, waiting=joining.waiting(me), mine=joining.account(me),
        code=joining.shown(session["join_code"]) if "join_code" in session else "",
    )
