"""Commands for operators: letterheads and withdrawal."""

from pathlib import Path

import click
from flask.cli import AppGroup

from accounts import service as accounts
from certificates import service
from certificates.letterhead import LetterheadError
from certificates.models import Reason

certificates = AppGroup("certificates", help="Certificates: how they look, and withdrawing one.")


@certificates.command("withdraw", context_settings={"ignore_unknown_options": True})  # One code in 64 begins with a dash.
@click.argument("code")
@click.option("--reason", required=True, type=click.Choice([reason.value for reason in Reason]), help="Shown on the public page.")
def withdraw(code: str, reason: str) -> None:
    """Withdraw the certificate with this CODE, the last part of its public address. It cannot be undone."""
    if not service.withdraw(code.rsplit("/", 1)[-1], Reason(reason)):
        raise click.ClickException("There is no certificate with this code. It is the last part of the public address.")
    click.echo("withdrawn")


@certificates.command("letterhead")
@click.argument("organisation")
@click.argument("file", type=click.Path(path_type=Path))
def letterhead(organisation: str, file: Path) -> None:
    """Use the letterhead FILE (YAML, see docs/lecturers/certificates.md) for ORGANISATION's certificates from now on."""
    found = accounts.organisation(organisation)
    if found is None:
        raise click.ClickException(f"There is no organisation {organisation!r}.")
    try:
        service.set_letterhead(found.id, file)
    except LetterheadError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{organisation}: ok")
