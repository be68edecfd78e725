"""For lecturers who put Lotse into their LMS course: the picker of deep linking.

The launch session has no person. Its `choosing` holds the whole choice, so that searching, looking at something and coming back
lose nothing, with or without scripts.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse

from core import db
from core.i18n import language
from core.web import POLICY, Problem
from lti.addresses import safe_origin
from lti.forms.chooser import EntryForm, forms_for
from lti.offers import AUDIENCES, Search, by_key, edition_of, find, offered
from lti.service import choosing
from lti.service.choosing import KEY, MOST, Choosing, HandOver
from modules import laws
from modules import service as modules
from modules.presenters import presenter
from modules.views import edition_language

bp = Blueprint("lti_chooser", __name__, url_prefix="/lti/choose")
LONGEST_QUERY = 200
Page = BaseResponse | tuple[str, int] | str
HandOverMaker = Callable[[Choosing], HandOver]


@bp.get("")
def pick() -> Page:
    """Courses with all that a link can open, as far as it fits what is looked for."""
    return _picker(_choosing())


@bp.post("")
def change() -> Page:
    """Note what is chosen and looked for, and do what the button says. With htmx only what has changed comes back."""
    asked, current = request.form, _choosing()
    search = Search() if asked.get("do") == "all" else Search(asked.get("q", "").strip()[:LONGEST_QUERY], _one_of(asked.get("audience"), AUDIENCES), _one_of(asked.get("language"), _languages()))
    chosen = replace(current, search=search).choose(asked.getlist("shown"), asked.getlist("pick"), by_key(offered(language())))
    if len(chosen.basket) > MOST:
        return _refuse(replace(current, search=search), _("At most %(most)s can be chosen at once. Nothing was added to your selection.", most=MOST))
    verb, _sep, key = asked.get("do", "").partition(":")
    if verb == "remove":
        chosen = chosen.without(key)
    _keep(chosen)
    if verb == "cancel":
        return _hand_over(choosing.cancel, chosen)
    if "HX-Request" in request.headers:
        return _pieces(chosen, whole=verb == "search")
    return _onward(chosen, verb, key)


def _onward(chosen: Choosing, verb: str, key: str) -> Page:
    if verb == "preview":
        return redirect(_preview_url(key), 303)
    if verb == "continue" and not chosen.basket:
        return _refuse(chosen, _("Please choose something first."))
    return redirect(url_for(".details" if verb == "continue" else ".pick"), 303)


@bp.get("/details")
def details() -> Page:
    """Title, description and points of each entry."""
    current = _choosing()
    return _details(current, _forms(current)) if current.basket else redirect(url_for(".pick"), 303)


@bp.post("/details")
def settle() -> Page:
    """Note what was written, whatever the button says; in the end the choice goes to the platform."""
    current = _choosing()
    if request.form.getlist("entry") != list(current.keys):
        flash(_("Your selection has changed in another window. Please check it once more."), "warning")
        return redirect(url_for(".details"), 303)
    forms = _forms(current)
    current = replace(current, basket=tuple(form.typed for form in forms))
    verb, _sep, key = request.form.get("do", "").partition(":")
    if verb == "remove":
        current = current.without(key)
    _keep(current)
    if verb == "cancel":
        return _hand_over(choosing.cancel, current)
    if verb in ("remove", "back"):
        return redirect(url_for(".details" if verb == "remove" else ".pick"), 303)
    right = [form.validate() and form.offer is not None for form in forms]  # All of them, so that all errors are seen.
    if not all(right):
        return _details(current, forms, wrong=True), 422
    return _hand_over(lambda known: choosing.hand_over(known, [form.chosen for form in forms]), current)


# --- Looking at something ---------------------------------------------------------------------------------------------

@bp.get("/preview/<course>")
@bp.get("/preview/<course>/<any(module, quiz):kind>/<module>")
@bp.get("/preview/<course>/<any(exercise):kind>/<module>/<item>")
def preview(course: str, kind: str = "course", module: str = "", item: str = "") -> str:
    """What learners will see, to look at. The way back leads to the selection as it was left."""
    current, known = _choosing(), by_key(offered(language()))
    offer = known.get(".".join(part for part in (kind, course, module, item) if part))
    edition_id = edition_of(course)
    if offer is None or edition_id is None:
        abort(404)
    chosen = edition_language(edition_id)
    return render_template(
        "lti/chooser/preview.html", offer=offer, choosing=current, edition=modules.parsed(edition_id), chosen=chosen, course=course,
        pieces=_pieces_of(edition_id, kind, module, item, chosen), offers=known,
    )


def _pieces_of(edition_id: int, kind: str, module: str, item: str, chosen: str) -> list[tuple[str, str]]:
    """("prose", HTML) or ("block", HTML) in order; a course has none."""
    if kind == "course":
        return []
    blocks = presenter().preview(edition_id, module, chosen)
    if kind == "exercise":
        return [("block", blocks[item])]
    if kind == "quiz":
        return [("block", block) for block in blocks.values()]
    page = modules.page(edition_id, module, chosen)
    drawn = {**blocks, **laws.draw(page.laws)}
    return [(what, piece if what == "prose" else drawn[piece]) for what, piece in page.pieces]


def _preview_url(key: str) -> str:
    """The page on which something is looked at. Whatever is no name of an offer leads to a page that says so."""
    kind, course, *rest = [*key.split("."), ""]
    parts = [part for part in rest if part]
    if not course:
        abort(404)
    if kind == "course":
        return url_for(".preview", course=course)
    names: dict[str, Any] = dict(zip(("module", "item"), parts, strict=False))
    if (kind, len(names)) not in (("module", 1), ("quiz", 1), ("exercise", 2)):
        abort(404)
    return url_for(".preview", course=course, kind=kind, **names)


# --- Session and pages ------------------------------------------------------------------------------------------------

def _choosing() -> Choosing:
    """The choice of this session; the database session acts for its organisation."""
    if KEY not in session:
        abort(404 if "_user_id" in session else 401)
    db.act_for(session["organisation_id"])
    return Choosing.read(session[KEY])


def _keep(current: Choosing) -> None:
    session[KEY] = current.kept


def _one_of(value: str | None, known: tuple[str, ...]) -> str:
    return value if value in known else ""


def _languages() -> tuple[str, ...]:
    return tuple(sorted({spoken for course in offered(language()) for spoken in course.languages}))


def _picker(current: Choosing, error: str = "") -> str:
    if not current.fits:
        return render_template("lti/chooser/unfit.html")
    return render_template("lti/chooser/pick.html", error=error, languages=_languages(), audiences=AUDIENCES, **_shown(current))


def _shown(current: Choosing) -> dict[str, object]:
    everything = offered(language())
    found = find(everything, current.search)
    count = sum(len(course.all) for course in found)
    return {
        "choosing": current, "courses": found, "nothing_at_all": not everything, "offers": by_key(everything),
        "count": ngettext("%(num)s entry found", "%(num)s entries found", count),
        "chosen": ngettext("%(num)s selected", "%(num)s selected", len(current.basket)),
    }


def _pieces(current: Choosing, *, whole: bool) -> str:
    """What a script puts in place: the results when something else is looked for, and always the basket."""
    return render_template("lti/chooser/_pieces.html", whole=whole, **_shown(current))


def _refuse(current: Choosing, error: str) -> Page:
    if "HX-Request" in request.headers:
        raise Problem(422, _("That is too much"), error)
    return _picker(current, error), 422


def _forms(current: Choosing) -> list[EntryForm]:
    return forms_for(current.basket, by_key(offered(language())))


def _details(current: Choosing, forms: list[EntryForm], *, wrong: bool = False) -> str:
    return render_template("lti/chooser/details.html", choosing=current, forms=forms, wrong=wrong)


def _hand_over(make: HandOverMaker, current: Choosing) -> Response:
    """A page that carries the signed choice to the platform by itself, or by its button."""
    try:
        made = make(current)
    except LookupError:
        abort(404)
    response = make_response(render_template("lti/chooser/hand_over.html", made=made))
    # The form of this one page may go to the platform, and to nobody else.
    own = POLICY.format(ancestors=" ".join(g.get("frame_ancestors") or session.get("frame_ancestors") or ["'none'"]))
    response.headers["Content-Security-Policy"] = own.replace("form-action 'self'", f"form-action {safe_origin(made.url)}")
    return response
