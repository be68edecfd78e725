"""The certificates of a course, for those who teach it: confirm participation, follow the printing, correct a name, withdraw."""

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from accounts.models import Person
from certificates import bulk, notices, service
from certificates.codes import AWARDS, REASONS, STANDINGS
from certificates.forms import CorrectionForm, WithdrawalForm
from certificates.models import Certificate
from certificates.sheet import sheet
from certificates.snapshot import Snapshot
from core.i18n import language
from core.web import Problem
from courses.policy import lecturer_part
from courses.service import AnyPart
from courses.tools import Tool
from modules.service import parsed

bp = Blueprint("certificates_class", __name__)
MOST_AT_ONCE = 2000


def tools(part: AnyPart) -> list[Tool]:
    """The way there, for the course page."""
    return [Tool(_("Certificates"), url_for("certificates_class.overview", run_id=part.run_id), "certificate")]


@bp.get("/courses/<int:run_id>/certificates")
@login_required
def overview(run_id: int) -> str:
    """All learners with their certificates."""
    part = lecturer_part(run_id)
    return render_template(
        "certificates/class.html", run_id=run_id, course_title=parsed(part.edition_id).course.title.get(language(), ""), entries=bulk.entries(run_id),
        progress=bulk.progress(run_id), unreached=notices.unreached(run_id), today=service.today_here(), standings=STANDINGS, awards=AWARDS, why=_why,
    )


@bp.get("/courses/<int:run_id>/certificates/progress")
@login_required
def progress(run_id: int) -> str:
    """How far the printing is; the page asks for it while something is printed."""
    lecturer_part(run_id)
    return render_template("certificates/_progress.html", run_id=run_id, progress=bulk.progress(run_id))


@bp.post("/courses/<int:run_id>/certificates/confirm")
@login_required
def confirm(run_id: int) -> BaseResponse:
    """Award participation to those who are ticked, or to all who have no certificate."""
    lecturer_part(run_id)
    wanted = [entry.enrolment_id for entry in bulk.entries(run_id) if entry.can_be_confirmed]
    if "all" not in request.form:
        ticked = set(request.form.getlist("learner")[:MOST_AT_ONCE])
        wanted = [number for number in wanted if str(number) in ticked]
    if not wanted:
        raise Problem(422, _("Nobody was chosen"), _("Tick at least one person who has no certificate yet."), links=[_back(run_id)])
    count = bulk.confirm(run_id, wanted)
    flash(ngettext("%(num)s certificate of participation is being made.", "%(num)s certificates of participation are being made.", count), "success")
    return redirect(url_for(".overview", run_id=run_id), 303)


@bp.post("/courses/<int:run_id>/certificates/hold")
@login_required
def hold(run_id: int) -> BaseResponse:
    """Stop the printing."""
    lecturer_part(run_id)
    bulk.hold(run_id)
    return redirect(url_for(".overview", run_id=run_id), 303)


@bp.post("/courses/<int:run_id>/certificates/go-on")
@login_required
def go_on(run_id: int) -> BaseResponse:
    """Let it go on."""
    lecturer_part(run_id)
    bulk.go_on(run_id)
    return redirect(url_for(".overview", run_id=run_id), 303)


@bp.get("/courses/<int:run_id>/certificates.zip")
@login_required
def archive(run_id: int) -> BaseResponse:
    """All files at once."""
    lecturer_part(run_id)
    response = send_file(bulk.archive(run_id), mimetype="application/zip", as_attachment=True, download_name=f"certificates-{run_id}.zip")
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/courses/<int:run_id>/certificates/<int:certificate_id>")
@login_required
def one(run_id: int, certificate_id: int) -> str:
    """One certificate, to correct or withdraw it."""
    certificate = _certificate(run_id, certificate_id)
    return _page(run_id, certificate, CorrectionForm(name=certificate.snapshot["name"]), WithdrawalForm())


@bp.post("/courses/<int:run_id>/certificates/<int:certificate_id>/name")
@login_required
def correct(run_id: int, certificate_id: int) -> BaseResponse | tuple[str, int]:
    """Issue it again with the right name."""
    certificate, form = _certificate(run_id, certificate_id), CorrectionForm()
    waited = certificate.wants_name
    if not form.validate_on_submit():
        return _page(run_id, certificate, form, WithdrawalForm(formdata=None)), 422
    try:
        new = service.correct_name(certificate, form.name.data)
    except service.UnprintableNameError as error:
        form.name.errors = (_(error.problem.message) % error.problem.values,)
        return _page(run_id, certificate, form, WithdrawalForm(formdata=None)), 422
    except service.NotPrintedError as error:
        raise Problem(409, _("This certificate cannot be corrected"), _("Only a printed certificate that is still valid can be replaced."),
                      links=[_back(run_id)]) from error
    if waited:
        flash(_("The certificate is made with this name now."), "success")
    elif new.id != certificate.id:
        flash(_("A certificate with the right name replaces the old one."), "success")
    return redirect(url_for(".one", run_id=run_id, certificate_id=new.id), 303)


@bp.post("/courses/<int:run_id>/certificates/<int:certificate_id>/withdraw")
@login_required
def withdraw(run_id: int, certificate_id: int) -> BaseResponse | tuple[str, int]:
    """Withdraw it for good."""
    certificate, form = _certificate(run_id, certificate_id), WithdrawalForm()
    if not form.validate_on_submit():
        return _page(run_id, certificate, CorrectionForm(formdata=None, name=certificate.snapshot["name"]), form), 422
    service.withdraw_row(certificate, form.chosen())
    flash(_("The certificate was withdrawn."), "success")
    return redirect(url_for(".one", run_id=run_id, certificate_id=certificate_id), 303)


def _why(holder: Person) -> str:
    """Why a certificate waits for its holder's name."""
    trouble = service.name_trouble(holder.name)
    return str(_(trouble.message) % trouble.values) if trouble else _("The learning platform has told no name.")


def _certificate(run_id: int, certificate_id: int) -> Certificate:
    lecturer_part(run_id)
    found = bulk.certificate_of_run(run_id, certificate_id)
    if found is None:
        abort(404)
    return found


def _page(run_id: int, certificate: Certificate, correction: CorrectionForm, withdrawal: WithdrawalForm) -> str:
    return render_template(
        "certificates/one.html", run_id=run_id, certificate=certificate, sheet=sheet(Snapshot.from_json(certificate.snapshot), language()),
        standing=certificate.standing(service.today_here()), standings=STANDINGS, reasons=REASONS, correction=correction, withdrawal=withdrawal,
    )


def _back(run_id: int) -> tuple[str, str]:
    return _("To the course's certificates"), url_for(".overview", run_id=run_id)
