"""For administrators: the organisation's servers of models, what their models are used for, and what is allowed."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.models import Role
from accounts.policy import needs
from core.i18n import N_
from core.jobs import WorkState
from gateway.abilities import CHAT, EMBED, EMBEDDER, JUDGE, LOGPROBS, SCHEMA, TOKENIZE
from gateway.faults import MESSAGES
from gateway.forms.admin import GatewayForm, PolicyForm
from gateway.limits import left
from gateway.models import Gateway
from gateway.service import gateways, keys, policies, state

bp = Blueprint("gateway_admin", __name__, url_prefix="/admin/models")
administrators = needs(Role.ADMINISTRATOR)
Page = str | Response | tuple[str, int]

ROLE_NAMES = {CHAT: N_("answers learners"), JUDGE: N_("gives opinions"), EMBEDDER: N_("compares texts")}
ABILITY_NAMES = {
    LOGPROBS: N_("tells probabilities"), SCHEMA: N_("keeps to a form"), TOKENIZE: N_("shows tokens"), EMBED: N_("makes vectors"),
}
LEFT_NAMES = {
    "minute": N_("Requests this minute"), "hour": N_("Requests this hour"), "day": N_("Requests today"), "month": N_("Requests this month"),
    "requests": N_("Requests"), "tokens": N_("Tokens"), "": N_("Requests"),
}
MOST_TITLE = 100


@bp.get("")
@administrators
def overview() -> str:
    """All servers of models, and what the organisation allows."""
    return render_template("gateway/admin/overview.html", gateways=gateways.gateways(), policy=policies.policy(), embedded=state(), **_words())


@bp.route("/policy", methods=["GET", "POST"])
@administrators
def policy() -> Page:
    """What the organisation allows."""
    form = PolicyForm(obj=policies.policy())
    if form.validate_on_submit():
        policies.set_policy(**{name: form[name].data for name in form.data if name != "csrf_token"})
        flash(_("The rules are saved."), "success")
        return redirect(url_for("gateway_admin.overview"), 303)
    return _shown(render_template("gateway/admin/policy.html", form=form))


@bp.route("/new", methods=["GET", "POST"])
@administrators
def new() -> Page:
    """Enter a server of models."""
    form = GatewayForm()
    form.say_of_key(False, "")
    if form.check():
        row = gateways.add(form.given)
        gateways.ask_for_check(row)
        flash(_("%(name)s is saved. Lotse is asking now which models it has.", name=row.name), "success")
        return _to(row)
    return _shown(render_template("gateway/admin/edit.html", form=form, gateway=None))


@bp.get("/<int:gateway_id>")
@administrators
def show(gateway_id: int) -> str:
    """One server: its state and its models."""
    row = _gateway(gateway_id)
    return render_template("gateway/admin/gateway.html", gateway=row, key_ending=keys.ending(row), **_words())


@bp.route("/<int:gateway_id>/edit", methods=["GET", "POST"])
@administrators
def edit(gateway_id: int) -> Page:
    """Change a server of models."""
    row = _gateway(gateway_id)
    form = GatewayForm(data={"name": row.name, "url": row.url, "external": row.external, "enabled": row.enabled})
    form.say_of_key(bool(row.key), keys.ending(row))
    if form.check():
        gateways.change(row, form.given)
        gateways.ask_for_check(row)
        flash(_("%(name)s is saved. Lotse is asking now which models it has.", name=row.name), "success")
        return _to(row)
    return _shown(render_template("gateway/admin/edit.html", form=form, gateway=row))


@bp.post("/<int:gateway_id>/check")
@administrators
def check(gateway_id: int) -> Response:
    """Ask a server now which models it has and what they can do."""
    row = _gateway(gateway_id)
    gateways.ask_for_check(row)
    flash(_("Lotse is asking %(name)s. Please reload this page in a moment.", name=row.name), "info")
    return _to(row)


@bp.post("/<int:gateway_id>/models")
@administrators
def set_models(gateway_id: int) -> Response:
    """Titles and roles of a server's models. Only models that the page showed are changed."""
    row = _gateway(gateway_id)
    for entry in row.models:
        if f"shown-{entry.id}" in request.form:
            title = "".join(letter for letter in request.form.get(f"title-{entry.id}", "") if letter.isprintable()).strip()
            gateways.set_model(entry, title[:MOST_TITLE], request.form.getlist(f"roles-{entry.id}"))
    flash(_("The models are saved."), "success")
    return _to(row)


@bp.route("/<int:gateway_id>/remove", methods=["GET", "POST"])
@administrators
def remove(gateway_id: int) -> Page:
    """Take a server away, after a question."""
    row = _gateway(gateway_id)
    if request.method == "GET":
        return render_template("gateway/admin/remove.html", gateway=row)
    name = row.name
    gateways.remove(row)
    flash(_("%(name)s is removed.", name=name), "success")
    return redirect(url_for("gateway_admin.overview"), 303)


def _gateway(gateway_id: int) -> Gateway:
    found = gateways.gateway(gateway_id)
    if found is None:
        abort(404)
    return found


def _to(row: Gateway) -> Response:
    return redirect(url_for("gateway_admin.show", gateway_id=row.id), 303)


def _shown(text: str) -> Page:
    return (text, 422) if request.method == "POST" else text


def _words() -> dict[str, object]:
    return {"faults": MESSAGES, "role_names": ROLE_NAMES, "ability_names": ABILITY_NAMES, "is_checking": _is_checking, "left": left, "left_names": LEFT_NAMES}


def _is_checking(row: Gateway) -> bool:
    return row.state == WorkState.RUNNING or row.checked_at is None or (row.state == WorkState.DUE and row.due_at < row.checked_at + gateways.DAILY)
