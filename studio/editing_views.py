"""Writing: the editor's page, saving, the live preview and check, and questions as forms."""

import secrets
from typing import Any

from flask import Response, abort, g, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as BaseResponse

from accounts.signin import person
from core.web import POLICY
from modules.easy import written_in
from studio import blockform, formfields, history, labels, lists, service, shapes, structure
from studio.live import check_file
from studio.models import Draft
from studio.preview import NO_POOLS, Preview, as_data, draws, preview
from studio.rewriting import rewritten
from studio.service import ConflictError, StudioError
from studio.views import Page, authors, bp, found, told

MOST_KNOWN = 5_000


def _language(path: str) -> str:
    """Of a module's file: its language, or the name of its easy text."""
    return structure.text_of(path) or ("en" if path.endswith(".en.md") else "de")


def _base(slug: str) -> str:
    return url_for("studio.tree", slug=slug)


def _kinds() -> list[dict[str, Any]]:
    """What can be inserted, with what the editor completes in it."""
    kinds = [
        {"name": name, "title": _(shape.title), "attributes": [{"label": word, "detail": _(labels.ATTRIBUTES[word])} for word in shape.attributes],
         "fences": [{"label": word, "detail": _(labels.FENCES[word])} for word in sorted(shape.fences)]}
        for name, shape in shapes.SHAPES.items()
    ]
    return [*kinds, {"name": shapes.GIFT, "title": _(shapes.GIFT_TITLE), "attributes": [], "fences": []}]


def _marks() -> list[tuple[str, str]]:
    """What the menu of formats offers; how it is written stands in the page."""
    return [
        ("heading", _("Heading")), ("smaller", _("Smaller heading")), ("bold", _("Bold")), ("italic", _("Emphasised")), ("list", _("List")),
        ("numbers", _("Numbered list")), ("quote", _("Quotation")), ("link", _("Link")), ("table", _("Table")), ("box", _("Note box")), ("code", _("Code")), ("formula", _("Formula")),
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
        return render_template("studio/tryout.html", slug=slug, path=path, text=text, base=base, chosen=_language(path), drawn=_drawn(draft, path, text))
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
    languages = structure.beside(path, list(service.listing(draft.id)))
    text, chosen = service.as_text(content), _language(path)
    slim = "frame" in request.args     # Beside the other language.
    page = make_response(render_template(
        "studio/edit.html", slug=slug, path=path, folder=folder, text=text, base=revision, chosen=chosen, languages=languages, is_module=path in languages.values(),
        title=structure.front_values(text).get(f"title-{written_in(chosen)}") or path, kinds=_kinds(), marks=_marks(), slim=slim, saved=saved, problem=problem,
        here=history.note_presence(draft.id, path, person().id),
    ), status)
    return _with_frames(page, "'self'" if slim else "'none'")


def _with_frames(page: Response, ancestors: str = "'none'") -> Response:
    """A page whose previews are frames."""
    page.headers["Content-Security-Policy"] = POLICY.format(ancestors=ancestors) + "; frame-src 'self'"
    return page


# --- Live -------------------------------------------------------------------------------------------------------------

@bp.get("/<slug>/preview/<path:path>")
@authors
def show(slug: str, path: str) -> Page:
    """A module of the draft as learners will see it: in the editor's frame, and for colleagues to look at, also with another language beside."""
    draft = found(slug)
    drawn = _drawn(draft, path, service.as_text(_content(draft, path)[0]))
    if "frame" in request.args:
        g.frame_ancestors = ["'self'"]
        return render_template("studio/frame.html", slug=slug, path=path, drawn=drawn, chosen=_language(path))
    languages = structure.beside(path, list(service.listing(draft.id)))
    page = make_response(render_template("studio/show.html", slug=slug, path=path, drawn=drawn, chosen=_language(path), languages=languages, beside=languages.get(request.args.get("beside", ""), "")))
    return _with_frames(page)


@bp.post("/<slug>/live/<path:path>")
@authors
def live(slug: str, path: str) -> Response:
    """The page of a text that is being written, or without one of what is saved; pieces whose keys the browser has are not sent again."""
    known, draft = set(request.form.get("known", "").split(" ")[:MOST_KNOWN]), found(slug)
    text = request.form["text"] if "text" in request.form else service.as_text(_content(draft, path)[0])
    drawn = _drawn(draft, path, text, solutions="solutions" in request.form)
    return jsonify(drawn.news(known))


def _drawn(draft: Draft, path: str, text: str, *, solutions: bool = False) -> Preview:
    pools = service.contents(draft.id, folder="pools") if draws(text) else NO_POOLS
    return preview(text, path, _language(path), _base(draft.slug), solutions=solutions, pools=pools)


@bp.post("/<slug>/findings/<path:path>")
@authors
def findings(slug: str, path: str) -> Response:
    """What is wrong in a text that is being written."""
    draft = found(slug)
    files = service.contents(draft.id, "course.yml", "competences.yml", folder=path.rsplit("/", 1)[0] if "/" in path else "")
    files |= service.contents(draft.id, folder="pools")
    files[path] = request.form.get("text", "").encode("utf-8", "replace")
    return jsonify(findings=[as_data(finding) for finding in check_file(path, files, service.listing(draft.id))])


@bp.post("/<slug>/copy/<path:path>")
@authors
def copy_block(slug: str, path: str) -> BaseResponse:
    """Put a block of another language into this file, to be translated there."""
    draft, source = found(slug), request.form.get("source", "").replace("\r\n", "\n").strip("\n")
    content, revision = _content(draft, path)
    text, language = service.as_text(content), _language(path)
    block = blockform.block_of(source, language)
    if block is None or path not in structure.beside(path, list(service.listing(draft.id))).values():
        abort(400)
    if f"{{#{block.id}" not in text:
        try:
            service.save(draft.id, path, structure.with_block(text, source, request.form.get("before", "").split(), language), revision, person().id)
        except StudioError as error:
            return make_response(jsonify(problem=told(error)), 422)
    return jsonify(done=True)


@bp.get("/<slug>/pulse/<path:path>")
@authors
def pulse(slug: str, path: str) -> Response:
    """Who else is here, the revisions of the file and of those beside it, and a fresh token for forms after a new sign-in."""
    draft = found(slug)
    files = service.listing(draft.id)
    others = {code: files[other].revision for code, other in structure.beside(path, list(files)).items() if other != path}
    here = history.note_presence(draft.id, path, person().id)
    return jsonify(token=generate_csrf(), revision=files[path].revision if path in files else 0, others=others, here=[_presence(name, same) for name, same in here])


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
    return render_template("studio/_form.html", form=blockform.read_block(source, language), labels=labels, lists=lists, why=blockform.why_not(source))


@bp.post("/form/write")
@authors
def write_form() -> BaseResponse:
    """What a form says, or does by one of its buttons, written into the block's source."""
    if "front" in request.form:
        return jsonify(source=structure.with_front(request.form["front"], request.form).rstrip("\n"))
    source, language = request.form.get("source", ""), request.form.get("language", "de")
    old = blockform.read_block(source, language)
    if old is None:
        abort(400)
    try:
        form = formfields.from_fields(request.form.to_dict(flat=False), old)
        if act := request.form.get("act"):
            form = formfields.acted(form, act, _("New") if form.shape.table or form.shape.beside else _("New answer"))
        return jsonify(source=rewritten(source, form, language))
    except ValueError:
        return make_response(jsonify(problem=_("This cannot stand there; the text is as it was.")), 422)


@bp.post("/form/new")
@authors
def new_question() -> Response:
    """A new question with an id of its own."""
    kind, language = request.form.get("kind", ""), request.form.get("language", "de")
    try:
        return jsonify(source=shapes.new_block(kind, f"{kind}-{secrets.token_hex(3)}", written_in(language)))
    except LookupError:
        abort(400)
