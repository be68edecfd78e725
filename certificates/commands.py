"""Commands for operators: letterheads, seals, keys, samples, checking and withdrawal."""

from pathlib import Path

import click
from flask.cli import AppGroup

from accounts import service as accounts
from certificates import badges, service, verifying
from certificates import sample as samples
from certificates.letterhead import LetterheadError
from certificates.models import Reason
from certificates.pdf import PressError
from certificates.sealing.errors import SealError
from certificates.sealing.seal import try_out
from certificates.sealing.settings import FILE, sealer_of
from core.config import settings

certificates = AppGroup("certificates", help="Certificates: how they look, how they are sealed, checking and withdrawing one.")


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


@certificates.command("seal")
@click.argument("organisation")
def seal(organisation: str) -> None:
    """Try out what ORGANISATION's certificates are sealed with, see docs/operators/seal.md; what waits for it is then made at once."""
    found = accounts.organisation(organisation)
    stuck = service.stuck(found.id) if found else None
    if stuck:
        click.echo(f"waiting: {stuck.count}, the first since {stuck.since:%Y-%m-%d %H:%M} UTC; the last attempt said: {stuck.reason}")
    try:
        sealer = sealer_of(organisation, settings().data_dir)
        if sealer is None:
            click.echo(f"{organisation}: not sealed, there is no section [{organisation}] in {FILE}")
            return
        trial = try_out(sealer, settings())
    except SealError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{trial.subject}\nSHA-256 {trial.fingerprint}\nvalid until {trial.until:%Y-%m-%d}")
    click.echo(f"timestamp: {trial.timestamp:%Y-%m-%d %H:%M:%S} UTC" if trial.timestamp else "timestamp: none is asked for")
    if found and stuck:
        service.try_again_now(found.id)
        click.echo("Those that wait are tried again now.")


@certificates.command("sample")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder for the files.")
def sample(out: Path) -> None:
    """Write a sealed sample PDF, its badge in every form, did.json, status list and ELM, to be checked with other tools."""
    try:
        for path in samples.write(out):
            click.echo(path)
    except (OSError, PressError, SealError) as error:
        raise click.ClickException(str(error)) from error


@certificates.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--did", "did_file", type=click.Path(exists=True, path_type=Path), help="The issuer's did.json, if it is not of this installation.")
@click.option("--status", "list_file", type=click.Path(exists=True, path_type=Path), help="The issuer's status list.")
@click.pass_context
def verify(context: click.Context, file: Path, did_file: Path | None, list_file: Path | None) -> None:
    """Check FILE: a certificate's PDF, or a badge as JSON, JWT or picture. The exit code is 0 only if all is well."""
    try:
        verdict = verifying.verify(file, did_file, list_file)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{file} cannot be checked: {error}") from error
    click.echo("\n".join(verdict.lines))
    context.exit(0 if verdict.good else 1)


@certificates.command("new-key")
@click.argument("organisation")
def new_key(organisation: str) -> None:
    """Sign ORGANISATION's badges with a new key from now on. What the former ones signed stays valid."""
    found = accounts.organisation(organisation)
    if found is None:
        raise click.ClickException(f"There is no organisation {organisation!r}.")
    click.echo(badges.rotate(found.id))
