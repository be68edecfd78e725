"""Writing: the editor's page, saving, the live preview and check, and questions as forms."""

import secrets

from flask import Response, abort, g, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as BaseResponse

from accounts.signin import person
from assessments.kinds import KINDS
from core.web import POLICY
from studio import blockform, history, service, structure
from studio.live import check_file
from studio.models import Draft
from studio.preview import as_data, preview
from studio.service import ConflictError, StudioError
from studio.views import Page, authors, bp, found, told

MOST_KNOWN = 5_000


def _language(path: str) -> str:
    return "en" if path.endswith(".en.md") else "de"


def _base(slug: str) -> str:
    return url_for("studio.tree", slug=slug)


def _kinds(language: str) -> list[dict[str, str]]:
    return [
        {"name": name, "title": _(kind.title) if kind.title else name, "source": blockform.new_block(name, "ID", language)}
        for name, kind in KINDS.items()
    ]


# --- The editor's page ------------------------------------------------------------------------------------------------

@bp.route("/<slug>/edit/<path:path>", methods=["GET", "POST"])
@authors
def edit(slug: str, path: str) -> Page | Response:
    """Write a file. A script asks for JSON; without one the page comes again."""
    draft = found(slug)
    content, revision = _content(draft, path)
    if request.method == "GET":
        return _editor(slug, draft, path, content, revision)
    text, base = request.form.get("text", ""), request.form.get("base", 0, int)
    if request.form.get("act") == "preview":
        return render_template("studio/tryout.html", slug=slug, path=path, text=text, base=base, chosen=_language(path), drawn=preview(text, path, _language(path), _base(slug)))
    return _stored(draft, path, text, base) if request.headers.get("X-Studio") == "save" else _saved(slug, draft, path, text, base)


def _stored(draft: Draft, path: str, text: str, base: int) -> Response:
    """Saving for the script."""
    try:
        saved = service.save(draft.id, path, text, base, person().id)
    except ConflictError:
        return make_response(jsonify(problem=_("Somebody else has changed the same lines.")), 409)
    except StudioError as error:
        return make_response(jsonify(problem=told(error)), 422)
    return jsonify(revision=saved.revision, text=saved.text, merged=saved.merged)


def _saved(slug: str, draft: Draft, path: str, text: str, base: int) -> Page:
    """Saving without a script."""
    try:
        saved = service.save(draft.id, path, text, base, person().id)
    except ConflictError as conflict:
        lines = history.differences(conflict.theirs, conflict.mine)
        return render_template("studio/conflict.html", slug=slug, path=path, conflict=conflict, lines=lines), 409
    except StudioError as error:
        return _editor(slug, draft, path, text.encode("utf-8", "replace"), base, problem=told(error), status=422)
    return _editor(slug, draft, path, saved.text.encode("utf-8", "replace"), saved.revision, saved=True)


def _content(draft: Draft, path: str) -> tuple[bytes, int]:
    try:
        content, revision = service.read(draft.id, path)
        service.as_text(content)
    except (LookupError, UnicodeDecodeError):
        abort(404)
    return content, revision


def _editor(slug: str, draft: Draft, path: str, content: bytes, revision: int, *, saved: bool = False, problem: str = "", status: int = 200) -> Response:
    folder = path.split("/", maxsplit=1)[0]
    languages = structure.module_files(list(service.listing(draft.id))).get(folder, {}) if path.endswith(".md") else {}
    text, chosen = service.as_text(content), _language(path)
    slim = "frame" in request.args     # Beside the other language.
    is_module = path in languages.values()
    page = make_response(render_template(
        "studio/edit.html", slug=slug, path=path, folder=folder, text=text, base=revision, chosen=chosen, languages=languages, is_module=is_module,
        title=(structure.front_values(text).get(f"title-{chosen}") if is_module else "") or path, kinds=_kinds(chosen), slim=slim, saved=saved, problem=problem,
        here=history.note_presence(draft.id, path, person().id),
    ), status)
    page.headers["Content-Security-Policy"] = POLICY.format(ancestors="'self'" if slim else "'none'") + "; frame-src 'self'"  # Its preview is a frame.
    return page


# --- Live -------------------------------------------------------------------------------------------------------------

@bp.get("/<slug>/preview/<path:path>")
@authors
def show(slug: str, path: str) -> Page:
    """A module of the draft as learners will see it: in the editor's frame, and for colleagues to look at."""
    content, _revision = _content(found(slug), path)
    drawn = preview(service.as_text(content), path, _language(path), _base(slug))
    if "frame" in request.args:
        g.frame_ancestors = ["'self'"]
    return render_template("studio/frame.html" if "frame" in request.args else "studio/show.html", slug=slug, path=path, drawn=drawn, chosen=_language(path))


@bp.post("/<slug>/live/<path:path>")
@authors
def live(slug: str, path: str) -> Response:
    """The page of a text that is being written; pieces whose keys the browser has are not sent again."""
    found(slug)
    known = set(request.form.get("known", "").split(" ")[:MOST_KNOWN])
    drawn = preview(request.form.get("text", ""), path, _language(path), _base(slug), solutions="solutions" in request.form)
    return jsonify(drawn.news(known))


@bp.post("/<slug>/findings/<path:path>")
@authors
def findings(slug: str, path: str) -> Response:
    """What is wrong in a text that is being written."""
    draft = found(slug)
    files = service.contents(draft.id, "course.yml", "competences.yml", folder=path.rsplit("/", 1)[0] if "/" in path else "")
    files |= service.contents(draft.id, folder="pools")
    files[path] = request.form.get("text", "").encode("utf-8", "replace")
    return jsonify(findings=[as_data(finding) for finding in check_file(path, files, service.listing(draft.id))])


@bp.get("/<slug>/pulse/<path:path>")
@authors
def pulse(slug: str, path: str) -> Response:
    """Who else is here, the file's revision, and a fresh token for forms after a new sign-in."""
    draft = found(slug)
    file = service.listing(draft.id).get(path)
    here = history.note_presence(draft.id, path, person().id)
    return jsonify(token=generate_csrf(), revision=file.revision if file else 0, here=[_presence(name, same) for name, same in here])


def _presence(name: str, same: bool) -> str:
    return str(_("%(name)s edits this file too", name=name) if same else _("%(name)s edits this course too", name=name))


# --- Questions and the module's head as forms -------------------------------------------------------------------------

@bp.post("/form/read")
@authors
def read_form() -> str:
    """A question's source as a form; where that cannot be done the form says so."""
    source, language = request.form.get("source", ""), request.form.get("language", "de")
    if source.startswith("---"):
        return render_template("studio/_front.html", values=structure.front_values(source + "\n"))
    return render_template("studio/_form.html", form=blockform.read_block(source, language), kinds=KINDS)


@bp.post("/form/write")
@authors
def write_form() -> BaseResponse:
    """A form as source."""
    if "front" in request.form:
        return jsonify(source=structure.with_front(request.form["front"], request.form).rstrip("\n"))
    try:
        form = blockform.from_fields(request.form.to_dict(flat=False))
    except ValueError:
        abort(400)
    return jsonify(source=blockform.write_block(form))


@bp.post("/form/new")
@authors
def new_question() -> Response:
    """A new question with an id of its own."""
    kind, language = request.form.get("kind", ""), request.form.get("language", "de")
    if kind not in KINDS:
        abort(400)
    return jsonify(source=blockform.new_block(kind, f"{kind}-{secrets.token_hex(3)}", language))
