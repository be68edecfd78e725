"""For administrators: find and withdraw any certificate of the organisation, keys for the registrar's office, the organisation's thresholds."""

import structlog
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.models import Role
from accounts.policy import needs
from accounts.signin import person
from assessments.thresholds import set_rule
from certificates import office, service
from certificates.codes import AWARDS, REASONS, STANDINGS
from certificates.forms import RegistrarKeyForm, ThresholdForm, WithdrawalForm
from certificates.models import Certificate
from certificates.problems import API
from certificates.registrar import keys
from certificates.sheet import sheet
from certificates.snapshot import Snapshot
from core.config import settings
from core.i18n import N_, language
from modules.thresholds import rule

bp = Blueprint("certificates_office", __name__, url_prefix="/admin/certificates")
administrators = needs(Role.ADMINISTRATOR)
Page = str | tuple[str, int] | Response
ACTIONS = {"lookUp": N_("certificate"), "checkName": N_("name"), "listChanges": N_("changes"), "checkFile": N_("file")}
log = structlog.get_logger("certificates")


@bp.get("")
@administrators
def overview() -> str:
    """Look for certificates by code, number or name."""
    typed = request.args.get("q", "")[:300]
    found = office.find(typed)
    return render_template(
        "certificates/office/overview.html", typed=typed, found=[(row, _sheet(row)) for row in found[:office.MOST]], more=len(found) > office.MOST,
        today=service.today_here(), standings=STANDINGS, awards=AWARDS,
    )


@bp.get("/<int:certificate_id>")
@administrators
def one(certificate_id: int) -> str:
    """One certificate, to withdraw it."""
    return _page(_certificate(certificate_id), WithdrawalForm(formdata=None))


@bp.post("/<int:certificate_id>/withdraw")
@administrators
def withdraw(certificate_id: int) -> Page:
    """Withdraw it for good."""
    certificate, form = _certificate(certificate_id), WithdrawalForm()
    if not form.validate_on_submit():
        return _page(certificate, form), 422
    service.withdraw_row(certificate, form.chosen())
    log.info("withdrawn", certificate=certificate.id, reason=form.chosen(), administrator=person().id)
    flash(_("The certificate was withdrawn."), "success")
    return redirect(url_for(".one", certificate_id=certificate_id), 303)


@bp.get("/keys")
@administrators
def registrar_keys() -> str:
    """Keys for the registrar's office, and what was asked with them."""
    return _keys(RegistrarKeyForm(formdata=None))


@bp.post("/keys")
@administrators
def make_key() -> Page:
    """Make a key. It stands in the answer, this once: a redirect would have to keep it somewhere."""
    form = RegistrarKeyForm()
    if not form.validate_on_submit():
        return _keys(form), 422
    _row, secret = keys.make(form.name.data, int(form.days.data), names=form.names.data)
    return _keys(RegistrarKeyForm(formdata=None), secret), 201


@bp.post("/keys/<int:key_id>/revoke")
@administrators
def revoke_key(key_id: int) -> Response:
    """End a key for good."""
    if not keys.revoke(key_id):
        abort(404)
    flash(_("The key is ended. Programs that use it are refused from now on."), "success")
    return redirect(url_for(".registrar_keys"), 303)


@bp.route("/thresholds", methods=["GET", "POST"])
@administrators
def thresholds() -> Page:
    """What the organisation asks for its certificates."""
    form = ThresholdForm(obj=rule())
    if form.validate_on_submit():
        set_rule(form.participation.data, form.achievement.data)
        flash(_("The thresholds are saved. Who has enough by them already gets the certificate now."), "success")
        return redirect(url_for(".thresholds"), 303)
    page = render_template("certificates/office/thresholds.html", form=form)
    return (page, 422) if form.errors else page


def _certificate(certificate_id: int) -> Certificate:
    found = office.certificate(certificate_id)
    if found is None:
        abort(404)
    return found


def _page(certificate: Certificate, withdrawal: WithdrawalForm) -> str:
    return render_template(
        "certificates/office/one.html", certificate=certificate, sheet=_sheet(certificate), standing=certificate.standing(service.today_here()),
        standings=STANDINGS, reasons=REASONS, withdrawal=withdrawal,
    )


def _keys(form: RegistrarKeyForm, secret: str = "") -> str:
    made = keys.listed()
    return render_template(
        "certificates/office/keys.html", form=form, secret=secret, keys=made, called={key.id: key.name for key in made}, requests=keys.requests(),
        actions=ACTIONS, base=f"{settings().base_url}{API}",
    )


def _sheet(certificate: Certificate) -> object:
    return sheet(Snapshot.from_json(certificate.snapshot), language())
