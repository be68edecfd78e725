"""For administrators: platforms, deployments, registration links, keys, launches."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts import service as accounts
from accounts.models import Role
from accounts.policy import needs
from accounts.signin import person
from core.config import settings
from lti import advice, scopes
from lti.dynamic import CUSTOM
from lti.forms.admin import LinkForm, PlatformForm, SearchForm
from lti.keys import KeyTroubleError
from lti.models import Platform
from lti.platforms import profile_of
from lti.registration import RegistrationError
from lti.registration_faults import FAULTS
from lti.service import login, platforms, records, registrations, tool_keys

bp = Blueprint("lti_admin", __name__, url_prefix="/admin/lti")
administrators = needs(Role.ADMINISTRATOR)
Page = str | tuple[str, int] | Response


@bp.get("")
@administrators
def overview() -> str:
    """All platforms of the organisation, what waits, and the links."""
    return _overview(LinkForm(formdata=None))


def _overview(form: LinkForm) -> str:
    return render_template(
        "lti/admin/overview.html", standings=platforms.standings(), links=registrations.links(), state_of=registrations.state_of,
        faults=FAULTS, form=form, product=_product,
    )


# --- Registration links ------------------------------------------------------------------------------------------------

@bp.post("/links")
@administrators
def make_link() -> Page:
    """A new link, shown this once."""
    form = LinkForm()
    if not form.validate_on_submit():
        return _overview(form), 422
    link, address = registrations.invite(person().organisation_id, form.name.data or "", form.hours.data, person().id)
    return render_template("lti/admin/link.html", link=link, address=address), 201


@bp.post("/links/<int:link_id>/cancel")
@administrators
def cancel_link(link_id: int) -> Response:
    """End a link."""
    if not registrations.cancel(link_id):
        abort(404)
    flash(_("The link registers nothing any more."), "success")
    return redirect(url_for("lti_admin.overview"), 303)


# --- Platforms -----------------------------------------------------------------------------------------------------------

@bp.route("/platforms/new", methods=["GET", "POST"])
@administrators
def new_platform() -> Page:
    """Register a platform by hand, with everything that has to be copied to it."""
    form = PlatformForm()
    if request.method == "POST" and form.check():
        try:
            added = platforms.add_platform(person().organisation_id, form.data_of_platform())
        except RegistrationError as error:
            form.client_id.errors = [_("This cannot be used: %(fault)s.", fault=_(str(error)))]
        else:
            flash(_("%(name)s is registered.", name=added.name), "success")
            return redirect(url_for("lti_admin.show_platform", platform_id=added.id), 303)
    return render_template("lti/admin/new.html", form=form, own=_own_addresses(), pem=tool_keys.public_pem()), 422 if request.method == "POST" else 200


def _own_addresses() -> list[tuple[str, str]]:
    """What the LMS's administrator copies, in the order in which Moodle asks for it."""
    base = settings().base_url
    return [
        (_("Tool URL"), login.launch_url()),
        (_("Public keyset URL"), f"{base}/lti/jwks"),
        (_("Initiate login URL"), f"{base}/lti/login"),
        (_("Redirection URIs"), f"{login.launch_url()}\n{base}/lti/deep-link"),
        (_("URL for the choice of content (deep linking)"), f"{base}/lti/deep-link"),
        (_("Icon URL"), f"{base}/lti/logo.svg"),
        (_("Custom parameters"), "\n".join(f"{name}=${variable}" for name, variable in CUSTOM.items())),
    ]


@bp.get("/platforms/<int:platform_id>")
@administrators
def show_platform(platform_id: int) -> str:
    """One platform: its data, its deployments, what it was granted, and who came lately."""
    found = _platform(platform_id)
    launches, more = records.search(platform_id=found.id)
    granted = (found.registered or {}).get("scopes")
    return render_template(
        "lti/admin/platform.html", platform=found, deployments=platforms.deployments(found), launches=launches[:10], more=more or len(launches) > 10,
        granted=scopes.of(granted) if granted is not None else None, missing=scopes.missing(granted or []), product=_product, advice=advice,
        guide=profile_of(found.family).guide,
    )


@bp.post("/platforms/<int:platform_id>/approve")
@administrators
def approve_platform(platform_id: int) -> Response:
    """Let a platform in that was registered by a link."""
    found = _platform(platform_id)
    platforms.approve(found)
    flash(_("%(name)s is approved. Launches are let in from now on.", name=found.name), "success")
    return _back_to(found)


@bp.post("/platforms/<int:platform_id>/deployments/<path:deployment_id>/<any(approve, withdraw):what>")
@administrators
def change_deployment(platform_id: int, deployment_id: str, what: str) -> Response:
    """Let launches from a deployment in, or not any more."""
    found = _platform(platform_id)
    if deployment_id not in {deployment.deployment_id for deployment in platforms.deployments(found)}:
        abort(404)
    if what == "approve":
        platforms.approve(found, deployment_id)
        flash(_("Deployment %(id)s is approved.", id=deployment_id), "success")
    else:
        platforms.withdraw(found, deployment_id)
        flash(_("Launches from deployment %(id)s are refused from now on.", id=deployment_id), "success")
    return _back_to(found)


@bp.route("/platforms/<int:platform_id>/switch", methods=["GET", "POST"])
@administrators
def switch(platform_id: int) -> Page:
    """Switch a platform off or on, after a question."""
    found = _platform(platform_id)
    if request.method == "GET":
        return render_template("lti/admin/switch.html", platform=found)
    active = request.form.get("to") == "on"  # What the person saw, so that a second click does not turn it back.
    platforms.set_active(found, active)
    flash(_("%(name)s is switched on.", name=found.name) if active else _("%(name)s is switched off.", name=found.name), "success")
    return _back_to(found)


def _platform(platform_id: int) -> Platform:
    found = platforms.platform(platform_id)
    if found is None:
        abort(404)
    return found


def _back_to(platform: Platform) -> Response:
    return redirect(url_for("lti_admin.show_platform", platform_id=platform.id), 303)


def _product(platform: Platform) -> str:
    """Name and version of the LMS, as far as it has said them."""
    profile = profile_of(platform.family)
    return f"{profile.product or platform.family} {profile.release(platform.version)}".strip()


# --- Keys ------------------------------------------------------------------------------------------------------------------

@bp.get("/keys")
@administrators
def show_keys() -> str:
    """The key that signs, the one that comes next, and those that have had their time."""
    return render_template("lti/admin/keys.html", keys=tool_keys.overview(), may_rotate=_may_rotate(), ready_at=tool_keys.next_ready_at())


@bp.post("/keys/rotate")
@administrators
def rotate_key() -> Response:
    """Sign with the next key from now on. All organisations sign with the same keys, so with several this is the operator's."""
    if not _may_rotate():
        abort(403)
    try:
        tool_keys.rotate()
    except KeyTroubleError:
        flash(_("The next key has been public for less than a day. Platforms may not know it yet, so nothing was changed."), "warning")
    else:
        flash(_("Lotse signs with the next key from now on."), "success")
    return redirect(url_for("lti_admin.show_keys"), 303)


def _may_rotate() -> bool:
    return len(accounts.organisations()) == 1


# --- Launches ----------------------------------------------------------------------------------------------------------------

@bp.get("/launches")
@administrators
def launches() -> str:
    """Recent launches, and why one was refused."""
    known = {standing.platform.id: standing.platform for standing in platforms.standings()}
    form = SearchForm(request.args, [(0, _("all")), *((platform.id, platform.name) for platform in known.values())])
    page = min(max(request.args.get("page", 1, type=int), 1), records.MOST_PAGES)
    found, more = records.search(form.reference.data or "", form.platform.data, form.outcome.data or "", page)
    given = {name: value for name, value in request.args.items() if name in form and value}
    return render_template(
        "lti/admin/launches.html", launches=found, more=more, page=page, form=form, platforms=known, advice=advice, given=given,
    )
