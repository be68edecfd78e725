"""The studio: a course's files as a tree, its history, its check, and publishing. Writing itself: studio.editing_views."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, Response, abort, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse

from accounts.models import Role
from accounts.policy import needs, roles_of
from accounts.signin import person
from accounts.views import chrome
from core.i18n import LANGUAGES, language
from core.web import takes
from courses import service as courses
from courses.service import AnyPart
from courses.tools import Tool
from modules.easy import WRITTEN_IN, written_in
from modules.findings import FormatError
from modules.folder import MOST_MEDIA_BYTES
from modules.lint import errors
from modules.media import media_response
from modules.pools import FOLDER
from studio import history, learners, service, structure, uploads
from studio.models import Draft
from studio.preview import as_data
from studio.service import StudioError

bp = Blueprint("studio", __name__, url_prefix="/studio")
AUTHORS = (Role.TRAINER, Role.ADMINISTRATOR)
authors = needs(*AUTHORS)
Page = str | tuple[str, int] | BaseResponse


@bp.context_processor
def menu() -> dict[str, Any]:
    """The studio in the main menu of its own pages, and what the texts of a module are called there."""
    names = {"de": _("German"), "en": _("English"), "leicht": _("Easy language")}
    return {"nav_links": [*chrome().get("nav_links", []), (_("Studio"), url_for("studio.overview"))], "text_names": names, "written_in": written_in}


def tools_of(person_id: int) -> list[Tool]:
    """The way into the studio on one's own page."""
    return [Tool(_("Write courses in the studio"), url_for("studio.overview"), "book")] if roles_of(person_id) & set(AUTHORS) else []


def tools(part: AnyPart) -> list[Tool]:
    """The way into the studio on a course's page, for authors among those who teach it."""
    return tools_of(part.person_id)


def found(slug: str) -> Draft:
    """The draft of a course, opened if it never was; 404 for foreign ones, too."""
    draft = service.open_draft(slug)
    if draft is None:
        abort(404)
    return draft


def told(error: StudioError) -> str:
    """What the author reads."""
    return str(_(error.message, **error.values))


def findings_told(kept: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Findings that a row kept, in the reader's language."""
    return [_finding_told(each) for each in kept]


def _finding_told(kept: Mapping[str, Any]) -> dict[str, Any]:
    message, mend, values = kept["message"], kept["mend"], kept["values"]
    return {**kept, "message": _(message, **values), "mend": _(mend, **values)}


# --- Courses ----------------------------------------------------------------------------------------------------------

@bp.get("")
@authors
def overview() -> Page:
    """All courses, and a form for a new one."""
    return _overview({})


def _overview(given: Mapping[str, str], problem: str = "") -> Page:
    drafts = service.drafts()
    published = {course.slug: course for course in courses.courses()}
    rows = [(slug, published.get(slug), drafts.get(slug)) for slug in sorted(published.keys() | drafts.keys())]
    changed = {slug: len(service.changed_paths(draft)) for slug, draft in drafts.items()}
    titles = {slug: structure.title_in(text_of(draft, "course.yml"), language()) for slug, draft in drafts.items() if slug not in published}
    page = render_template("studio/overview.html", rows=rows, titles=titles, changed=changed, given=given, problem=problem)
    return (page, 422) if problem else page


@bp.post("/new")
@authors
def begin() -> Page:
    """Begin a course from a small template."""
    titles = {code: request.form.get(f"title-{code}", "").strip() for code in LANGUAGES}
    given = {code: title for code, title in titles.items() if title}
    slug = request.form.get("slug", "").strip() or structure.short_name(next(iter(given.values()), ""))
    if not given or any(len(title) > 200 for title in given.values()):
        return _overview(request.form, _("Give the course a title in at least one language."))
    if not structure.is_slug(slug):
        return _overview(request.form, _("Use a–z, 0–9 and - for the short name, at most 64 characters."))
    try:
        service.begin_course(slug, structure.new_course(slug, given), person().id)
    except StudioError as error:
        return _overview(request.form, told(error))
    return redirect(url_for(".tree", slug=slug), 303)


@bp.route("/<slug>/remove", methods=["GET", "POST"])
@authors
def remove(slug: str) -> Page:
    """Delete a course that was never published: ask first, then do it for good."""
    draft = found(slug)
    if request.method == "GET":
        return render_template("studio/remove.html", slug=slug, title=structure.title_in(text_of(draft, "course.yml"), language()) or slug,
                               files=service.listing(draft.id), steps=history.steps(draft.id), here=history.others(draft.id, "", person().id))
    if request.form.get("name", "").strip() != slug:
        flash(_("Write the short name of the course to delete it."), "warning")
        return redirect(url_for(".remove", slug=slug), 303)
    try:
        service.remove(draft.id)
    except StudioError as error:
        flash(told(error), "danger")
        return redirect(url_for(".tree", slug=slug), 303)
    flash(_("“%(slug)s” is deleted.", slug=slug), "success")
    return redirect(url_for(".overview"), 303)


@bp.get("/<slug>")
@authors
def tree(slug: str) -> Page:
    """A course's modules, languages, media and other files."""
    draft, course = found(slug), courses.course(slug)
    files = service.listing(draft.id)
    text = text_of(draft, "course.yml")
    modules = structure.module_files(list(files))
    order = [folder for folder in structure.listed(text) if folder in modules]
    heads = {path: service.as_text(content) for path, content in service.contents(draft.id, *(path for paths in modules.values() for path in paths.values())).items()}
    titles = {path: structure.front_values(head) for path, head in heads.items()}
    pools = structure.pool_files(list(files))
    known = {path for paths in (*modules.values(), *pools.values()) for path in paths.values()}
    media = {folder: [file for path, file in files.items() if path.startswith(f"{folder}/media/")] for folder in modules}
    others = [file for path, file in files.items() if path not in known and not any(path.startswith(f"{folder}/media/") for folder in (*modules, FOLDER))]
    return render_template(
        "studio/tree.html", draft=draft, slug=slug, title=structure.title_in(text, language()) or slug, modules=modules, order=order, unlisted=sorted(modules.keys() - set(order)), titles=titles,
        media=media, pools=pools, others=others, languages=structure.listed(text, "languages") or list(LANGUAGES), changed=service.changed_paths(draft),
        editions=service.editions(slug), here=history.others(draft.id, "", person().id),
        waiting=learners.waiting(course.id) if course else (0, 0), places=learners.places(course.id) if course else {}, published=course is not None,
    )


def text_of(draft: Draft, path: str) -> str:
    """A text of a draft; empty where there is none that can be read."""
    try:
        return service.as_text(service.read(draft.id, path)[0])
    except (LookupError, UnicodeDecodeError):
        return ""


# --- Modules ----------------------------------------------------------------------------------------------------------

@bp.post("/<slug>/modules")
@authors
def add_module(slug: str) -> Page:
    """Add an empty module in all languages of the course."""
    draft = found(slug)
    text = text_of(draft, "course.yml")
    languages = structure.listed(text, "languages") or list(LANGUAGES)
    title = request.form.get("title", "").strip()[:200]
    taken = structure.module_files(list(service.listing(draft.id)))
    folder = structure.folder_name(title, len(taken) + 1)
    if not title or folder in taken:
        flash(_("Give the module a title of its own."), "warning")
        return redirect(url_for(".tree", slug=slug), 303)
    listed = structure.with_list(text, "modules", [*structure.listed(text), folder])
    made = structure.new_module(folder, dict.fromkeys([word for word in languages if word in LANGUAGES], title))
    service.put(draft.id, {**made, "course.yml": listed.encode()}, person().id)
    return redirect(url_for(".edit", slug=slug, path=next(iter(made))), 303)


@bp.post("/<slug>/pools")
@authors
def add_pool(slug: str) -> Page:
    """Add a file of questions to draw from, in all languages of the course."""
    draft = found(slug)
    name = request.form.get("name", "").strip()
    if not structure.is_slug(name) or structure.beside(f"pools/{name}.de.md", list(service.listing(draft.id))):
        flash(_("Use a–z, 0–9 and - for the name of a pool, and one that no other pool has."), "warning")
        return redirect(url_for(".tree", slug=slug), 303)
    languages = [word for word in structure.listed(text_of(draft, "course.yml"), "languages") if word in LANGUAGES] or list(LANGUAGES)
    made = structure.new_pool(name, languages)
    service.put(draft.id, made, person().id)
    return redirect(url_for(".edit", slug=slug, path=next(iter(made))), 303)


@bp.post("/<slug>/modules/<folder>")
@authors
def change_module(slug: str, folder: str) -> Page:
    """Move a module up or down, give it another name, add or remove one of its languages, or delete it."""
    draft = found(slug)
    files = service.listing(draft.id)
    if folder not in structure.module_files(list(files)):
        abort(404)
    act, value = request.form.get("act", ""), request.form.get("value", "").strip()
    acts = {"up": _shift, "down": _shift, "rename": _rename, "delete": _delete, "add-language": _add_language, "remove-language": _remove_language}
    if act not in acts:
        abort(400)
    try:
        service.put(draft.id, acts[act](draft, folder, act, value), person().id, {"delete": "deleted", "remove-language": "deleted", "rename": "renamed"}.get(act, ""))
    except StudioError as error:
        flash(told(error), "danger")
    return redirect(url_for(".tree", slug=slug), 303)


Changes = dict[str, bytes | None]


def _relisted(draft: Draft, folders: list[str]) -> Changes:
    return {"course.yml": structure.with_list(text_of(draft, "course.yml"), "modules", folders).encode()}


def _shift(draft: Draft, folder: str, act: str, _value: str) -> Changes:
    order = structure.listed(text_of(draft, "course.yml"))
    if folder not in order:
        return _relisted(draft, [*order, folder])
    at = order.index(folder)
    other = at - 1 if act == "up" else at + 1
    if 0 <= other < len(order):
        order[at], order[other] = order[other], order[at]
    return _relisted(draft, order)


def _rename(draft: Draft, folder: str, _act: str, value: str) -> Changes:
    files = service.contents(draft.id, folder=folder)
    if "/" in value or not structure.is_slug(value) or service.contents(draft.id, folder=value):
        raise StudioError(_("Use a–z, 0–9 and - for the short name, and one that no other module has."))
    order = [value if other == folder else other for other in structure.listed(text_of(draft, "course.yml"))]
    moved: Changes = {f"{value}/{path.removeprefix(folder + '/')}": content for path, content in files.items()}
    return {**dict.fromkeys(files), **moved, **_relisted(draft, order)}


def _delete(draft: Draft, folder: str, _act: str, _value: str) -> Changes:
    order = [other for other in structure.listed(text_of(draft, "course.yml")) if other != folder]
    return {**dict.fromkeys(service.contents(draft.id, folder=folder)), **_relisted(draft, order)}


def _add_language(draft: Draft, folder: str, _act: str, value: str) -> Changes:
    """A copy of the module to translate: its questions have their ids already."""
    paths = structure.module_files(list(service.listing(draft.id)))[folder]
    if value not in structure.TEXTS or value in paths or (value in WRITTEN_IN and WRITTEN_IN[value] not in paths):
        abort(400)
    text = text_of(draft, paths.get(written_in(value)) or next(iter(paths.values())))
    return {f"{folder}/module.{value}.md": structure.in_language(text, value).encode()}


def _remove_language(draft: Draft, folder: str, _act: str, value: str) -> Changes:
    paths = structure.module_files(list(service.listing(draft.id)))[folder]
    if value not in paths or not paths.keys() - {value, *WRITTEN_IN}:
        raise StudioError(_("A module needs at least one language."))
    return {paths[value]: None}


# --- Media ------------------------------------------------------------------------------------------------------------

@bp.get("/<slug>/media/<path:path>")
@authors
def media(slug: str, path: str) -> Response:
    """A picture or file of the draft."""
    try:
        content, _revision = service.read(found(slug).id, path)
    except LookupError:
        abort(404)
    if "/media/" not in path:
        abort(404)
    response = media_response(content, path)
    response.headers["Cache-Control"] = "private, no-store"  # Drafts change.
    return response


@bp.route("/<slug>/media/<folder>", methods=["GET", "POST"])
@takes(MOST_MEDIA_BYTES >> 20)
@authors
def upload(slug: str, folder: str) -> Page:
    """Upload a picture or file for a module, with words for those who cannot see it. The editor's script asks for JSON."""
    draft = found(slug)
    files = service.listing(draft.id)
    if folder != FOLDER and folder not in structure.module_files(list(files)):
        abort(404)
    problem, added = "", ""
    if request.method == "POST":
        sent, words = request.files.get("file"), request.form.get("words", "").strip()
        try:
            if sent is None or not sent.filename:
                raise StudioError(_("Choose a file first."))
            content = sent.read()
            name = uploads.media_name(sent.filename, content)
            if uploads.is_picture(name) and not words:
                raise StudioError(_("Write what the picture shows: people who cannot see it hear that."))
            service.put(draft.id, {f"{folder}/media/{name}": content}, person().id, "uploaded")
            added = uploads.reference(name, words)
        except StudioError as error:
            problem = told(error)
    if request.headers.get("X-Studio") == "upload":
        return make_response(jsonify(reference=added, problem=problem), 422 if problem else 200)
    kept = [file for path, file in service.listing(draft.id).items() if path.startswith(f"{folder}/media/")]
    page = render_template("studio/media.html", slug=slug, folder=folder, files=kept, problem=problem, added=added)
    return (page, 422) if problem else page


@bp.post("/<slug>/delete")
@authors
def delete(slug: str) -> Page:
    """Take a file out of the draft; its history keeps it."""
    draft, path = found(slug), request.form.get("path", "")
    if path in ("course.yml", ""):
        abort(400)
    try:
        service.put(draft.id, {path: None}, person().id, "deleted")
    except LookupError:
        abort(404)
    flash(_("“%(path)s” is deleted. The history still has it.", path=path), "success")
    return redirect(url_for(".tree", slug=slug), 303)


# --- History ----------------------------------------------------------------------------------------------------------

@bp.get("/<slug>/history", defaults={"path": ""})
@bp.get("/<slug>/history/<path:path>")
@authors
def past(slug: str, path: str) -> Page:
    """What was changed, by whom and when; with `number`, what exactly."""
    draft = found(slug)
    number, before = request.args.get("number", 0, int), request.args.get("before", 0, int)
    lines = None
    if path and number:
        lines = history.differences(_at(draft, path, before), _at(draft, path, number))
    return render_template("studio/history.html", slug=slug, path=path, steps=history.steps(draft.id, path), lines=lines, number=number,
                           present={file.path: file.revision for file in service.listing(draft.id).values()})


def _at(draft: Draft, path: str, number: int) -> str:
    try:
        return service.as_text(service.revision_content(draft.id, path, number))
    except LookupError:
        return ""
    except UnicodeDecodeError:
        return str(_("(not a text)"))


@bp.post("/<slug>/restore")
@authors
def restore(slug: str) -> Page:
    """Make an earlier state of a file, or a whole edition, the present one."""
    draft = found(slug)
    try:
        if edition_id := request.form.get("edition", 0, int):
            if edition_id not in {edition.id for edition, _release in service.editions(slug)}:
                abort(404)
            service.restore_edition(draft.id, edition_id, person().id)
            flash(_("The draft is now what the edition was. What it was before is in the history."), "success")
            return redirect(url_for(".tree", slug=slug), 303)
        path = request.form.get("path", "")
        service.restore(draft.id, path, request.form.get("number", 0, int), person().id)
    except LookupError:
        abort(404)
    flash(_("The earlier state is back. What stood there before is in the history."), "success")
    return redirect(url_for(".past", slug=slug, path=path), 303)


# --- Check and publish ------------------------------------------------------------------------------------------------

@bp.get("/<slug>/check")
@authors
def check(slug: str) -> Page:
    """What is wrong in the whole course, and the button that publishes it."""
    return _check_page(slug)


@bp.post("/<slug>/publish")
@authors
def publish(slug: str) -> Page:
    """Make the draft the newest edition, unless it has errors."""
    draft = found(slug)
    try:
        edition = service.publish(draft.id, slug, person().id, request.form.get("note", "").strip()[:2000])
    except FormatError:
        return _check_page(slug), 422
    flash(_("Edition %(number)s is published. Whoever begins now sees it.", number=edition.number), "success")
    return redirect(url_for(".tree", slug=slug), 303)


def _check_page(slug: str) -> str:
    draft = found(slug)
    findings = service.checked(draft.id, slug).findings
    return render_template(
        "studio/check.html", slug=slug, findings=[as_data(finding) for finding in findings], wrong=len(errors(findings)),
        changed=service.changed_paths(draft), editable=set(service.listing(draft.id)),
    )


@bp.post("/<slug>/learners")
@authors
def move_learners(slug: str) -> Page:
    """Give the newest edition to those who have not begun."""
    course = courses.course(slug)
    if course is None:
        abort(404)
    count = learners.move(course.id)
    flash(ngettext("%(num)s person now has the newest edition.", "%(num)s people now have the newest edition.", count), "success")
    return redirect(url_for(".tree", slug=slug), 303)
