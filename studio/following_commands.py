"""Commands for the operator: courses that follow a git repository."""

import os

import click
from flask.cli import AppGroup
from flask_babel import force_locale, gettext
from sqlalchemy import select

from accounts.models import Identity
from core import db
from modules.commands import language_of_terminal, organisation_named
from studio import following, service
from studio.following import Wanted
from studio.models import Draft, Following, Pull
from studio.service import StudioError

VARIABLE = "GIT_TOKEN"
follow = AppGroup("follow", help="Courses that follow a git repository.")
_organisation = click.option("--organisation", "slug", help="Whose course it is; may be left out when there is only one.")
_course = click.argument("course")


@follow.command("add")
@_course
@click.argument("url")
@_organisation
@click.option("--as", "username", required=True, help="Sign-in name of the person who follows; in the history what comes is theirs.")
@click.option("--branch", default="", help="Else the repository's usual one.")
@click.option("--folder", default="", help="The folder in which course.yml lies; else the repository itself.")
@click.option("--publish/--review", "publishes", default=False, show_default=True, help="Whether new commits without errors are published by themselves.")
def add(course: str, url: str, slug: str | None, username: str, branch: str, folder: str, publishes: bool) -> None:
    """Let COURSE follow the repository at URL, and pull at once. An access token is read from GIT_TOKEN."""
    with force_locale(language_of_terminal()), db.scoped(organisation_named(slug).id):
        person_id = db.session.scalar(select(Identity.person_id).where(Identity.issuer == "local", Identity.subject == username))
        if person_id is None:
            raise click.ClickException(gettext("There is nobody with the sign-in name “%(name)s”.", name=username))
        wanted = Wanted(url, branch, folder, os.environ.get(VARIABLE, ""), publishes)
        try:
            draft = service.open_draft(course) or following.begin(course, wanted, person_id)
            row = following.follow(draft.id, wanted, person_id)
        except StudioError as error:
            raise click.ClickException(gettext(error.message, **error.values)) from error
        _pull(row)


@follow.command("list")
@_organisation
def list_all(slug: str | None) -> None:
    """Show which courses follow what, and what became of the last pull."""
    with force_locale(language_of_terminal()), db.scoped(organisation_named(slug).id):
        for course, row in following.followings():
            click.echo(f"{course}  {row.url}  {row.branch or '-'}  {row.folder or '-'}  {'publish' if row.publishes else 'review'}  {_outcome(row)}")


@follow.command("pull")
@_course
@_organisation
def pull(course: str, slug: str | None) -> None:
    """Look at the repository of COURSE now, and say what became of it. Exit code 1 when nothing could be taken."""
    with force_locale(language_of_terminal()), db.scoped(organisation_named(slug).id):
        row = following.following_of(_draft(course).id)
        if row is None:
            raise click.ClickException(gettext("This course follows no repository."))
        following.pull_soon(row.draft_id)
        _pull(row)


@follow.command("stop")
@_course
@_organisation
def stop(course: str, slug: str | None) -> None:
    """Let COURSE follow no repository any more; the draft stays. Saying it twice changes nothing."""
    with force_locale(language_of_terminal()), db.scoped(organisation_named(slug).id):
        following.stop(_draft(course).id)
        click.echo("stopped")


def _draft(course: str) -> Draft:
    found = service.draft(course)
    if found is None:
        raise click.ClickException(gettext("There is no draft of a course “%(name)s”.", name=course))
    return found


def _pull(row: Following) -> None:
    """Pull in this process, unless another one has begun to; exit code 1 when it did not go well."""
    number, organisation_id = row.id, row.organisation_id
    following.pull_due(number)
    db.session.expire_all()
    with db.scoped(organisation_id):
        click.echo(_outcome(row))
        if (last := _last(row)) is not None and last.outcome.value in ("refused", "failed", "conflict"):
            raise SystemExit(1)


def _last(row: Following) -> Pull | None:
    return next(iter(following.reports(row.id)), None)


def _outcome(row: Following) -> str:
    last = _last(row)
    if last is None:
        return "-"
    told = f": {gettext(last.message, **last.told)}" if last.message else ""
    return f"{last.outcome.value} {last.commit_id[:10]}{told}".strip()
