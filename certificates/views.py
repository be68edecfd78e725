"""The holder's pages, and the public page on which anyone can check a certificate."""

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from accounts.signin import person
from assessments.grading import unseen
from assessments.service import score_of
from certificates import linkedin, names, negotiation, qr, renewal, service, verifying
from certificates.codes import REASONS, STANDINGS
from certificates.forms import CodeForm, CompareForm, ConsentForm, DeletionForm, FileForm, NameForm
from certificates.models import Certificate, Reason, Standing
from certificates.sheet import sheet
from certificates.snapshot import Snapshot
from core import db
from core.i18n import language
from core.jobs import WorkState
from core.web import Problem, csrf, limiter, takes_anything
from courses import service as courses
from courses.policy import teaches
from modules.service import parsed
from modules.thresholds import thresholds
from modules.views import content_language, part_or_404

bp = Blueprint("certificates", __name__)


# --- The holder's pages -----------------------------------------------------------------------------------------------

@bp.get("/certificates")
@login_required
def mine() -> str:
    """My certificates."""
    found = [(entry, _sheet(entry)) for entry in service.certificates_of(person().id)]
    return render_template("certificates/mine.html", entries=found, today=service.today_here(), standings=STANDINGS)


@bp.get("/certificates/course/<int:run_id>")
@login_required
def of_course(run_id: int) -> str:
    """What one has earned in a course, and what is still missing. Links in an LMS lead here."""
    part = part_or_404(run_id)
    edition, opened = parsed(part.edition_id), courses.visited(part.id)
    return render_template(
        "certificates/course.html", run_id=run_id, part=part, edition=edition, thresholds=thresholds(part.edition_id), chosen=content_language(part), learns=not teaches(part),
        entries=[(entry, _sheet(entry)) for entry in service.certificates_of_part(part.id)], points=score_of(part, without=unseen),
        opened=len(opened & set(edition.module_ids)), today=service.today_here(), standings=STANDINGS,
    )


@bp.get("/certificates/<int:certificate_id>")
@login_required
def show(certificate_id: int) -> str:
    """One certificate: where it stands, download, who may see the name."""
    certificate, form = _own(certificate_id), NameForm(name=person().name)
    if certificate.wants_name and (trouble := service.name_trouble(person().name)):
        form.name.errors = (_(trouble.message) % trouble.values,)
    return _page(certificate, form)


@bp.post("/certificates/<int:certificate_id>/name")
@login_required
def give_name(certificate_id: int) -> BaseResponse | tuple[str, int]:
    """The holder's name, for a certificate that waits for it."""
    certificate, form = _own(certificate_id), NameForm()
    if not form.validate_on_submit():
        return _page(certificate, form), 422
    try:
        service.give_name(certificate, form.name.data)
    except service.UnprintableNameError as error:
        form.name.errors = (_(error.problem.message) % error.problem.values,)
        return _page(certificate, form), 422
    return redirect(url_for(".show", certificate_id=certificate_id), 303)


@bp.post("/certificates/<int:certificate_id>/consent")
@login_required
def consent(certificate_id: int) -> BaseResponse | tuple[str, int]:
    """Show the name on the public page and give the files out there, or no longer."""
    certificate, form = _own(certificate_id), ConsentForm()
    if form.validate_on_submit():
        service.set_consent(certificate, name=form.public.data, files=form.files.data)
        flash(_said(form), "success")
        return redirect(url_for(".show", certificate_id=certificate_id), 303)
    return _page(certificate, NameForm(formdata=None, name=person().name), consent=form), 422


@bp.get("/certificates/<int:certificate_id>.pdf")
@login_required
def download(certificate_id: int) -> Response:
    """The file, byte for byte as it was issued."""
    certificate = _own(certificate_id)
    content = service.pdf_of(certificate) if certificate.state == WorkState.DONE else None
    if certificate.withdrawn_at:
        raise Problem(410, _("This certificate was withdrawn"), _(REASONS[certificate.withdrawn_reason or Reason.ERROR]))
    if certificate.deleted_at:
        raise Problem(410, _("This certificate was deleted"), _("You had it deleted; nobody can bring it back."))
    if content is None:
        raise Problem(
            404, _("The certificate is not ready yet"), _("Its page says what is missing."),
            links=[(_("To the certificate"), url_for(".show", certificate_id=certificate_id))],
        )
    name = f"{certificate.snapshot['number']}.pdf"
    return Response(content, mimetype="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'})


@bp.post("/certificates/<int:certificate_id>/delete")
@login_required
def delete(certificate_id: int) -> BaseResponse | tuple[str, int]:
    """Delete name and file for good."""
    certificate, form = _own(certificate_id), DeletionForm()
    if not form.validate_on_submit():
        return _page(certificate, NameForm(formdata=None, name=person().name), deletion=form), 422
    service.erase(certificate)
    flash(_("The certificate was deleted."), "success")
    return redirect(url_for(".show", certificate_id=certificate_id), 303)


@bp.post("/certificates/<int:certificate_id>/renew")
@login_required
def renew(certificate_id: int) -> BaseResponse:
    """Take the course again, for a certificate that expires."""
    certificate = _own(certificate_id)
    try:
        run_id = renewal.begin(certificate, service.today_here())
    except renewal.NotYetError as error:
        raise Problem(
            409, _("This certificate cannot be renewed now"), _("Its page says from when on it can be, or which one has followed."),
            links=[(_("To the certificate"), url_for(".show", certificate_id=certificate_id))],
        ) from error
    return redirect(url_for("modules.course", run_id=run_id), 303)


def _said(form: ConsentForm) -> str:
    if form.files.data:
        return str(_("The public page shows your name now, and gives out the PDF and the badge."))
    return str(_("The public page shows your name now.") if form.public.data else _("The public page does not show your name."))


def _own(certificate_id: int) -> Certificate:
    certificate = service.certificate_of(person().id, certificate_id)
    if certificate is None:
        abort(404)
    return certificate


def _page(certificate: Certificate, form: NameForm, deletion: DeletionForm | None = None, consent: ConsentForm | None = None) -> str:
    """The whole page, or for htmx just the part that waits."""
    waiting_only = bool(request.headers.get("HX-Request")) and request.method == "GET"
    return render_template(
        "certificates/_state.html" if waiting_only else "certificates/show.html", certificate=certificate, sheet=_sheet(certificate),
        form=form, reasons=REASONS, consent=consent or ConsentForm(
            formdata=None, public=certificate.name_public_at is not None, files=certificate.files_public_at is not None,
        ),
        linkedin=linkedin.address(Snapshot.from_json(certificate.snapshot), language()),
        renewal=renewal.offer(certificate, service.today_here()), deletion=deletion or DeletionForm(formdata=None), standing=certificate.standing(service.today_here()),
        agreed_on=format_date(certificate.name_public_at, "long") if certificate.name_public_at else "",
        wallet_code=qr.svg(f"{certificate.snapshot['address']}?as=json", _("QR code: the badge's address")) if certificate.files_public_at else "",
        files_agreed_on=format_date(certificate.files_public_at, "long") if certificate.files_public_at else "",
    )


def _sheet(certificate: Certificate) -> object:
    return sheet(Snapshot.from_json(certificate.snapshot), language())


# --- The public page --------------------------------------------------------------------------------------------------

@bp.get("/z", strict_slashes=False)
def check() -> BaseResponse:
    """Where the code on a paper is typed in; it leads to the certificate's own page."""
    form = CodeForm(request.args)
    asked = "code" in request.args
    if asked and form.validate():
        return _discreet(redirect(url_for(".verify", code=form.code.data), 303))
    return _discreet(Response(render_template("certificates/check.html", form=form), 422 if asked else 200))


@bp.get("/z/<code>")
@takes_anything
@limiter.limit("120 per minute")
def verify(code: str) -> BaseResponse:
    """Whether a certificate is genuine, and all that it says; or the badge or the PDF itself, for whom that is asked by."""
    form = negotiation.wanted(request.accept_mimetypes, request.args.get("as"))
    answer = _public(code, CompareForm()) if form == negotiation.HTML else _discreet(negotiation.answer(service.published(code), form))
    answer.vary.add("Accept")
    return answer


@bp.post("/z/<code>")
@csrf.exempt
@limiter.limit("10 per minute; 60 per hour")
@limiter.limit("60 per hour", key_func=lambda: f"certificate {request.path}")
def compare(code: str) -> BaseResponse:
    """Whether the name that a verifier typed is the one on the certificate: yes or no, and nothing else."""
    return _public(code, CompareForm())


@bp.post("/z/<code>/file")
@csrf.exempt
@limiter.limit("20 per minute; 200 per hour")
def check_file(code: str) -> BaseResponse:
    """Whether a PDF is byte for byte the one that was issued, and its badge genuine. It is looked at and not kept."""
    return _public(code, CompareForm(formdata=None), FileForm())


def _public(code: str, form: CompareForm, file_form: FileForm | None = None) -> BaseResponse:
    found = service.published(code)
    if found is None:
        page = render_template("certificates/unknown.html")
        return _discreet(Response(page, 404))
    report = None
    if file_form is not None and file_form.validate_on_submit():
        report = verifying.compare(found.certificate, file_form.file.data.stream.read())
    answer = names.same(form.name.data, found.snapshot.name or "") if file_form is None and form.validate_on_submit() else None
    standing = found.certificate.standing(service.today_here())
    if standing is Standing.DELETED:
        return _discreet(Response(render_template("certificates/deleted.html", number=found.snapshot.number, issuer=found.snapshot.issuer), 410))
    page = render_template(
        "certificates/verify.html", certificate=found.certificate, standing=standing, sheet=sheet(found.snapshot, language()), logo=found.logo,
        named=found.certificate.name_public_at is not None, form=form, answer=answer, reasons=REASONS,
        file_form=file_form or FileForm(formdata=None), report=report, code=code,
        files_public=found.certificate.files_public_at is not None and standing in (Standing.VALID, Standing.EXPIRED), checked_at=db.now(),
    )
    return _discreet(Response(page, 422 if form.errors or (file_form and file_form.errors) else 200))


def _discreet(response: BaseResponse) -> BaseResponse:
    """No search engine, no cache and no other site learns of this page."""
    response.headers.update({
        "X-Robots-Tag": "noindex, nofollow, noarchive", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
    })
    return response
