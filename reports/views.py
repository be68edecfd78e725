"""For administrators: the evidence report, the legal texts that it quotes, and legal statements in courses."""

from urllib.parse import urlencode

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from accounts.models import Role
from accounts.policy import needs
from accounts.signin import person
from certificates.pdf import PressError
from core.i18n import language
from core.web import Problem
from modules.laws import paragraphs
from reports import document, legal, service, statements
from reports.evidence import Report
from reports.forms import EvidenceForm, LegalForm, NamesForm

bp = Blueprint("reports", __name__, url_prefix="/reports")
administrators = needs(Role.ADMINISTRATOR)
Page = str | tuple[str, int] | BaseResponse


@bp.get("/evidence")
@administrators
def evidence() -> Page:
    """Choose what the report is about, and see it, without names."""
    form = EvidenceForm.asked(request.args, language())
    if not form.validate():
        return render_template("reports/evidence.html", form=form), 422
    report = service.report(form.period, form.k.data)
    return render_template(
        "reports/evidence.html", form=form, report=report, preview=document.html(report, form.language.data), address=form.address,
    )


@bp.get("/evidence.<any(pdf, csv):kind>")
@administrators
def download(kind: str) -> Page:
    """The report as a file, without names."""
    form = EvidenceForm.asked(request.args, language())
    if not form.validate():
        return redirect(f"{url_for('.evidence')}?{urlencode(request.args.to_dict())}", 303)
    return _file(service.report(form.period, form.k.data), form.language.data, kind)


@bp.route("/evidence/names", methods=["GET", "POST"])
@administrators
def with_names() -> Page:
    """The report with names, once somebody has said what for."""
    if request.method == "GET":
        asked = EvidenceForm.asked(request.args, language())
        form = NamesForm(formdata=None, data={"first": asked.first.data, "last": asked.last.data, "language": asked.language.data})
        return _names_page(form)
    form = NamesForm()
    if not form.validate_on_submit():
        return _names_page(form), 422
    report = service.report_with_names(form.period, form.purpose.data, person().id)
    kind = request.form.get("as", "")
    if kind in ("pdf", "csv"):
        return _file(report, form.language.data, kind)
    return _names_page(form, document.html(report, form.language.data))


@bp.route("/legal", methods=["GET", "POST"])
@administrators
def legal_text() -> Page:
    """All legal texts, and a form for another one."""
    form = LegalForm()
    if form.validate_on_submit():
        service.add_legal_text(person().id, form.text)
        flash(_("The text is kept. Reports quote it for the time from its day on."), "success")
        return redirect(url_for(".legal_text"), 303)
    texts = service.legal_texts()
    page = render_template(
        "reports/legal.html", form=form, texts=sorted(texts, key=lambda text: text.valid_from, reverse=True), holding=legal.holding(texts),
        as_of=legal.brought().as_of, chosen=language(), topics=statements.topics(),
    )
    return (page, 422) if request.method == "POST" else page


@bp.route("/legal/<name>", methods=["GET", "POST"])
@administrators
def statement(name: str) -> Page:
    """A topic that courses say something about: what they say, what the organisation says, and a form for another text."""
    topic = next((topic for topic in statements.topics() if topic.name == name), None)
    if topic is None:
        abort(404)
    form = LegalForm()
    if form.validate_on_submit():
        service.add_legal_text(person().id, form.text, name)
        flash(_("The text is kept. Courses show it from its day on, unless their own text is newer."), "success")
        return redirect(url_for(".statement", name=name), 303)
    page = render_template("reports/statement.html", form=form, topic=topic, chosen=language(), paragraphs=paragraphs)
    return (page, 422) if request.method == "POST" else page


def _names_page(form: NamesForm, preview: str = "") -> str:
    return render_template("reports/names.html", form=form, preview=preview, made=service.reports_with_names())


def _file(report: Report, chosen: str, kind: str) -> Response:
    names = "-names" if report.names is not None else ""
    name = f"lotse-evidence{names}-{report.period.first.isoformat()}-{report.period.last.isoformat()}.{kind}"
    try:
        content = document.as_pdf(report, chosen) if kind == "pdf" else document.as_csv(report, chosen)
    except document.TooManyNamesError as error:
        raise Problem(
            422, _("There are too many names for a PDF"), _("A PDF has at most %(most)s lines with names. Please choose a shorter period, or take the table (CSV).", most=document.MOST_PRINTED),
        ) from error
    except PressError as error:
        raise Problem(
            503, _("The report cannot be printed now"), _("The server lacks a program for PDF files; its log says which. The table (CSV) can be had without it."),
        ) from error
    return Response(content, content_type="application/pdf" if kind == "pdf" else "text/csv; charset=utf-8", headers={
        "Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store",
    })
