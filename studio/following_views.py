"""The studio's pages of courses that follow a git repository."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from accounts.signin import person
from studio import following, service, structure
from studio.forms import BeginForm, FollowForm
from studio.models import Following, Pull
from studio.service import StudioError
from studio.views import Page, authors, findings_told, found, menu, told

bp = Blueprint("following", __name__, url_prefix="/studio")
bp.context_processor(menu)


@bp.route("/new/git", methods=["GET", "POST"])
@authors
def begin() -> Page:
    """A new course from a repository."""
    form = BeginForm()
    if form.validate_on_submit():
        slug = form.slug.data or ""
        try:
            if not structure.is_slug(slug):
                raise StudioError(_("Use a–z, 0–9 and - for the short name, at most 64 characters."))
            following.begin(slug, form.wanted(), person().id)
        except StudioError as error:
            return _begin_page(form, told(error)), 422
        return redirect(url_for(".show", slug=slug), 303)
    return (_begin_page(form), 422) if form.errors else _begin_page(form)


def _begin_page(form: BeginForm, problem: str = "") -> str:
    return render_template("studio/following_new.html", form=form, problem=problem, rows=following.followings())


@bp.route("/<slug>/following", methods=["GET", "POST"])
@authors
def show(slug: str) -> Page:
    """What a course follows, and the report on each pull."""
    draft = found(slug)
    row = following.following_of(draft.id)
    form = FollowForm(data=_given(row) if row else None)
    if form.validate_on_submit():
        try:
            following.follow(draft.id, form.wanted(), person().id)
        except StudioError as error:
            return _page(slug, row, form, told(error)), 422
        flash(_("The course follows the repository. The first report is here in a moment."), "success")
        return redirect(url_for(".show", slug=slug), 303)
    page = _page(slug, row, form)
    return (page, 422) if form.errors else page


def _given(row: Following) -> dict[str, str]:
    return {"url": row.url, "branch": row.branch, "folder": row.folder, "publishes": "yes" if row.publishes else ""}


def _page(slug: str, row: Following | None, form: FollowForm, problem: str = "") -> str:
    pulls = following.reports(row.id) if row else []
    return render_template(
        "studio/following.html", slug=slug, row=row, form=form, problem=problem, pulls=pulls, waiting=following.waiting(row, pulls) if row else None,
        told=_told, findings_told=findings_told, numbers={edition.id: edition.number for edition, _release in service.editions(slug)},
    )


def _told(pull: Pull) -> str:
    """Why a pull ended as it did."""
    return str(_(pull.message, **pull.told)) if pull.message else ""


@bp.post("/<slug>/following/<act>")
@authors
def decide(slug: str, act: str) -> Page:
    """Look now, take a commit that waits, keep the draft, or follow no longer."""
    draft, commit = found(slug), request.form.get("commit", "")
    if act == "pull":
        following.pull_soon(draft.id)
        flash(_("The repository is looked at. Load this page again in a moment."), "success")
    elif act == "take":
        following.take(draft.id, commit)
        flash(_("The commit becomes the draft. What stood there before is in the history."), "success")
    elif act == "keep":
        following.keep(draft.id, commit)
        flash(_("The draft stays. You are asked again at the next commit."), "success")
    elif act == "stop":
        following.stop(draft.id)
        flash(_("The course follows no repository any more. The draft stays."), "success")
    else:
        abort(404)
    return redirect(url_for(".show", slug=slug), 303)
