"""For administrators: how the organisation's certificates look."""

import base64
from typing import Any

import structlog
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from accounts.models import Role
from accounts.policy import needs
from accounts.signin import person
from certificates import letterhead, service, trial, versions
from certificates.letterhead import Style
from certificates.look_forms import OWN, LookForm, is_faulty, say
from certificates.looks import apart
from certificates.looks.designs import gallery
from certificates.looks.faults import LookError
from certificates.looks.languages import Languages
from certificates.looks.ornaments import NAMES
from certificates.models import Letterhead
from certificates.organisations import named
from certificates.trial import Trial
from core.i18n import LANGUAGES, language
from core.web import limiter

bp = Blueprint("certificate_looks", __name__, url_prefix="/admin/certificates/look")
administrators = needs(Role.ADMINISTRATOR)
log = structlog.get_logger("certificates")
PATIENCE = 8.0                         # seconds until somebody else's page is drawn
PICTURE_WIDTH = 1100
Page = str | BaseResponse | tuple[str, int]


def _who() -> str:
    return f"look {person().id}"


@bp.get("")
@administrators
def edit() -> str:
    """The look as it is now, and the versions before it."""
    row = versions.newest()
    form = LookForm(formdata=None)
    form.offer()
    form.show(_now(row), row.id if row else None, service.today_here())
    form.sample_language.data = language()
    return _shown(form)


@bp.post("")
@administrators
@limiter.limit("30 per minute", key_func=_who)
def save() -> Page:
    """Save a new version, or begin a template from a design, or draw a preview where there are no scripts."""
    form, style = _entered()
    if request.form.get("start"):
        form.start_from(request.form["start"])
        return _shown(form)
    if request.form.get("preview"):
        return _shown(form, _drawn(form, style))
    if style is None or not _is_fit(form, style):
        return _shown(form), 422
    return _saved(form, style)


@bp.post("/preview")
@administrators
@limiter.limit("60 per minute", key_func=_who)
def preview() -> str:
    """The page as it would be, as a picture; or what is wrong."""
    return render_template("certificates/_look_preview.html", **_drawn(*_entered()))


@bp.post("/sample.pdf")
@administrators
@limiter.limit("30 per minute", key_func=_who)
def sample() -> Page:
    """The page as it would be, as a file."""
    form, style = _entered()
    found = _drawn(form, style)
    if "pdf" not in found:
        return _shown(form, found), 422
    return Response(found["pdf"], mimetype="application/pdf", headers={"Content-Disposition": 'inline; filename="sample.pdf"'})


@bp.get("/designs/<name>.png")
@administrators
def picture(name: str) -> BaseResponse:
    """What a design of the gallery looks like."""
    if name not in gallery():
        abort(404)
    return send_file(gallery()[name].picture, mimetype="image/png", max_age=86400)


@bp.post("/versions/<int:letterhead_id>/restore")
@administrators
def restore(letterhead_id: int) -> BaseResponse:
    """Use an older version again."""
    if versions.restore(person().organisation_id, letterhead_id) is None:
        abort(404)
    flash(_("The older version is in use again, as a new version."), "success")
    return redirect(url_for(".edit"), 303)


# --- What the views share ---------------------------------------------------------------------------------------------

def _entered() -> tuple[LookForm, Style | None]:
    """The form that was sent, and the look that it describes, unless something is wrong in it."""
    form = LookForm()
    form.offer()
    return form, form.chosen(_now(versions.newest()), service.today_here())


def _now(row: Letterhead | None) -> Style:
    return versions.style_of(row) if row else letterhead.default()


def _saved(form: LookForm, style: Style) -> Page:
    seen = int(form.based_on.data) if (form.based_on.data or "").isdigit() else None
    try:
        versions.save(person().organisation_id, style, based_on=seen)
    except versions.OvertakenError as error:
        form.based_on.data = str(error.newest.id)
        form.design.errors = [_("Somebody else has saved a version meanwhile; it is the newest in the list below. What you entered is still here: saving again puts it above theirs.")]
        return _shown(form), 409
    flash(_("Saved. Certificates that are earned from now on look like this; those that exist stay as they are."), "success")
    return redirect(url_for(".edit"), 303)


def _is_fit(form: LookForm, style: Style) -> bool:
    """Whether sample certificates can be printed; else the fields say why not."""
    try:
        trial.try_out(style, wait=PATIENCE, **_issuer())
    except LookError as error:
        form.blame(error)
    except (apart.BusyError, apart.RoomError) as error:
        form.design.errors = [_trouble(error)]
    else:
        return True
    return False


def _drawn(form: LookForm, style: Style | None) -> dict[str, Any]:
    """The file and its picture, or what is wrong."""
    if style is None:
        return {"faults": [_("Some fields have to be mended first: %(names)s", names=", ".join(_faulty_labels(form)))]}
    try:
        chosen = style.languages if style.languages in LANGUAGES else form.sample_language.data
        order = trial.order(style, Trial(str(chosen), style.languages is Languages.BOTH, bool(form.sample_long.data)), **_issuer())
        printed = apart.printed(order, picture_width=PICTURE_WIDTH, wait=PATIENCE)
    except LookError as error:
        form.blame(error)
        part = {"page": _("Page (HTML)"), "style": _("Style sheet (CSS)")}.get(error.part)
        return {"faults": [f"{part}: {say(error)}" if part else say(error)]}
    except (apart.BusyError, apart.RoomError) as error:
        return {"faults": [_trouble(error)]}
    return {"pdf": printed.pdf, "png": base64.b64encode(printed.png or b"").decode(), "bilingual": style.languages is Languages.BOTH}


def _trouble(error: Exception) -> str:
    if isinstance(error, apart.BusyError):
        return str(_("Another page is being drawn at the moment. Please try again in a few seconds."))
    log.error("pressroom", reason=str(error)[:300])
    return str(_("Pages cannot be drawn on this server at the moment; those who run it find the reason in the log. What you entered is still here."))


def _faulty_labels(form: LookForm) -> list[str]:
    names = {"logo": _("Logo"), "signatories": _("Signatories"), "named": _("Pictures for your template")}
    return [names.get(field.name) or str(field.label.text) for field in form if is_faulty(field)]


def _issuer() -> dict[str, str]:
    organisation = named(person().organisation_id)
    return {"issuer": organisation.name, "unit": organisation.unit}


def _shown(form: LookForm, drawn: dict[str, Any] | None = None) -> str:
    return render_template(
        "certificates/look.html", form=form, gallery=gallery(), own=OWN, versions=versions.latest(), drawn=drawn or {}, ornaments=NAMES,
        languages_of={choice.value: choice.label for choice in form.languages.choices},
    )
