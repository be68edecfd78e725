"""The studio's pages of files that authors bring along, and of files that they take away."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from accounts.signin import person
from core import jobs
from core.config import settings
from core.i18n import LANGUAGES, N_, language
from core.web import takes
from exchange import service as exchange
from exchange.model import Entry
from studio import arrivals, service, structure
from studio.arrivals import Sent
from studio.models import Arrival, Draft
from studio.service import StudioError
from studio.views import Page, authors, findings_told, found, menu, text_of, told

bp = Blueprint("arrivals", __name__, url_prefix="/studio")
bp.context_processor(menu)

IN = {
    "auto": N_("what it looks like"), "gift": "GIFT", "aiken": "Aiken", "moodle-xml": "Moodle XML", "qti": "QTI 1.2, 2.1, 2.2, 3.0", "liascript": "LiaScript",
    "notebook": N_("Notebook (Jupyter)"), "bundle": N_("Course of Lotse (zip)"), "h5p": "H5P", "package": N_("Content package (zip)"), "cartridge": "Common Cartridge",
}
OUT: Mapping[str, tuple[str, str]] = {
    "bundle": (N_("Course of Lotse (zip)"), N_("Everything, byte for byte: to keep, to edit elsewhere, or for another Lotse.")),
    "html": (N_("Handout (HTML)"), N_("One file to print or to save as PDF; the solutions begin on a page of their own.")),
    "moodle-xml": ("Moodle XML", N_("For Moodle's question bank. Exercises with models and programs stay behind.")),
    "gift": ("GIFT", N_("Plain text that many systems read, without pictures and hints.")),
    "qti3": ("QTI 3.0", N_("For test systems of the newest standard.")),
    "qti21": ("QTI 2.1", N_("For ILIAS, OpenOlat, TAO, ONYX and others.")),
    "liascript": ("LiaScript", N_("A text course that runs in the browser.")),
    "cartridge": ("Common Cartridge", N_("Only links that open the modules here by LTI, for a platform that is registered.")),
}


# --- In ---------------------------------------------------------------------------------------------------------------

@bp.route("/new/file", methods=["GET", "POST"])
@takes(exchange.MOST_BYTES >> 20)
@authors
def new() -> Page:
    """Bring a file along that becomes a course of its own."""
    return _send(None)


@bp.route("/<slug>/file", methods=["GET", "POST"])
@takes(exchange.MOST_BYTES >> 20)
@authors
def into(slug: str) -> Page:
    """Bring a file along whose questions become modules of a course, or whose course takes its place."""
    return _send(found(slug))


def _send(draft: Draft | None) -> Page:
    problem = ""
    if request.method == "POST":
        try:
            row = arrivals.send(_sent(), person().id, draft.id if draft else None)
        except StudioError as error:
            problem = told(error)
        else:
            return redirect(url_for(".show", number=row.id), 303)
    page = render_template(
        "studio/arrival_new.html", draft=draft, problem=problem, formats=IN, given=request.form, most=exchange.MOST_BYTES >> 20, languages=_languages(draft),
        waiting=arrivals.waiting(person().id, draft.id if draft else None),
    )
    return (page, 422) if problem else page


def _sent() -> Sent:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise StudioError(N_("Choose a file first."))
    with file.stream:
        content = file.read()
    return Sent(file.filename, content, request.form.get("format", exchange.AUTO), request.form.get("language", "de"))


def _languages(draft: Draft | None) -> list[str]:
    """The languages that the course has, that of the page first."""
    listed = structure.listed(text_of(draft, arrivals.COURSE), "languages") if draft else []
    return sorted([code for code in LANGUAGES if code in listed] or LANGUAGES, key=lambda code: code != language())


@bp.get("/files/<int:number>")
@authors
def show(number: int) -> Page:
    """What became of each item; asked for again by itself while the file is read."""
    row = _own(number)
    return _report(row) if row.taken_at is None else redirect(url_for("studio.tree", slug=service.draft_at(row.draft_id).slug), 303)


def _own(number: int) -> Arrival:
    row = arrivals.arrival(number, person().id)
    if row is None:
        abort(404)
    return row


def _report(row: Arrival, problem: str = "", slug: str = "") -> Page:
    report = row.report or {}
    page = render_template(
        "studio/_arrival.html" if request.headers.get("HX-Request") else "studio/arrival.html", row=row, draft=service.draft_at(row.draft_id) if row.draft_id else None,
        reading=row.state in (jobs.WorkState.DUE, jobs.WorkState.RUNNING), report=report, items=[_item(item) for item in report.get("items", [])],
        findings=findings_told(report.get("findings", [])),
        formats=IN, slug=slug or report.get("course", ""), problem=problem,
    )
    return (page, 422) if problem else page


def _item(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {**stored, "notes": [_(message, **values) for message, values in stored["notes"]]}


@bp.post("/files/<int:number>/<act>")
@authors
def decide(number: int, act: str) -> Page:
    """Take over what was read, or throw it away."""
    if act == "discard":
        arrivals.discard(number, person().id)
        flash(_("The file is thrown away. Nothing else has changed."), "success")
        return redirect(url_for("studio.overview"), 303)
    if act != "take":
        abort(404)
    row, slug = _own(number), request.form.get("slug", "").strip()
    try:
        draft = arrivals.take(row, person().id, slug, pools=request.form.get("place") == "pools")
    except StudioError as error:
        return _report(row, told(error), slug)
    except LookupError:
        abort(404)
    flash(_("It is in the draft. Look at it, and publish it when it is right."), "success")
    return redirect(url_for("studio.tree", slug=draft.slug), 303)


# --- Out --------------------------------------------------------------------------------------------------------------

@bp.get("/<slug>/export")
@authors
def export(slug: str) -> Page:
    """In which formats a draft can be taken away, and what of it one of them cannot hold."""
    draft, format_ = found(slug), request.args.get("format", "")
    lost = _lost(_write(draft, format_)[1]) if format_ in OUT else []
    return render_template(
        "studio/export.html", slug=slug, formats=OUT, format=format_ if format_ in OUT else "", languages=_languages(draft), chosen=_chosen(draft), items=lost,
    )


@bp.get("/<slug>/export/<format_>")
@authors
def download(slug: str, format_: str) -> Response:
    """The draft in another format."""
    draft = found(slug)
    if format_ not in OUT:
        abort(404)
    content, _entries = _write(draft, format_)
    response = Response(content, mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}{exchange.SUFFIXES[format_]}"'
    return response


def _chosen(draft: Draft) -> str:
    """The language that the address asks for, else that of the page."""
    spoken, asked = _languages(draft), request.args.get("language", "")
    return asked if asked in spoken else spoken[0]


def _write(draft: Draft, format_: str) -> tuple[bytes, Sequence[Entry]]:
    files, chosen = service.contents(draft.id), _chosen(draft)
    written = exchange.write(exchange.read_files(files, draft.slug, chosen), files, format_, chosen, settings().base_url + "/lti/launch")
    return written.content, written.report


def _lost(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    return [_item(arrivals.told(entry)) for entry in entries if entry.state != "read"]
