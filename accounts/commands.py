"""Commands for operators: organisations and people."""

import click
from flask.cli import AppGroup

from accounts import service
from accounts.models import Role

people = AppGroup("people", help="Organisations and the people who sign in with a password.")


@people.command("add-organisation")
@click.argument("slug")
@click.argument("name")
@click.option("--unit", default="", help="The centre that runs the courses, as it stands on certificates.")
def add_organisation(slug: str, name: str, unit: str) -> None:
    """Make an organisation (a university). Saying it twice changes nothing."""
    service.add_organisation(slug, name, unit)
    click.echo(f"{slug}: ok")


@people.command("add")
@click.argument("organisation")
@click.argument("username")
@click.option("--name", default=None, help="Full name, as it will stand on certificates.")
@click.option("--email", default=None, help="For notices, where Lotse sends mails.")
@click.option("--role", "roles", multiple=True, type=click.Choice([role.value for role in Role]), help="May be given several times.")
@click.password_option(help="At least 12 characters; asked for when not given.")
def add(organisation: str, username: str, name: str | None, email: str | None, roles: tuple[str, ...], password: str) -> None:
    """Make a person in ORGANISATION, or set a new password and add roles."""
    found = service.organisation(organisation)
    if found is None:
        raise click.ClickException(f"There is no organisation {organisation!r}. Make it with: ./lotse people add-organisation {organisation} NAME")
    try:
        service.add_local_person(found.id, username, password, name=name, email=email, roles=tuple(Role(role) for role in roles))
    except service.AccountError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{username}: ok")
