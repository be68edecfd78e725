"""Commands for operators: letterheads, seals, keys, samples, checking and withdrawal."""

from pathlib import Path

import click
from flask.cli import AppGroup

from accounts import service as accounts
from accounts.models import Organisation
from assessments.thresholds import set_rule
from certificates import badges, places, service, stamping, verifying
from certificates import sample as samples
from certificates.credentials.check import Outcome
from certificates.letterhead import LetterheadError
from certificates.looks import apart
from certificates.looks.faults import LookError
from certificates.models import Reason
from certificates.pdf import PressError
from certificates.registrar import keys
from certificates.sealing.errors import SealError
from certificates.sealing.seal import try_out
from certificates.sealing.settings import FILE, sealer_of
from core import db
from core.config import settings
from modules.thresholds import rule

EXIT_CODES = {
    Outcome.VALID: 0, Outcome.FOREIGN: 3, Outcome.TAMPERED: 4, Outcome.WITHDRAWN: 5, Outcome.EXPIRED: 6, Outcome.UNKNOWN: 7,
}
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
    except (LetterheadError, LookError, apart.BusyError, apart.RoomError) as error:
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
    """Check FILE: a certificate's PDF with its badge, or a badge as JSON, JWT or picture.

    The exit code: 0 all is well, 3 of an issuer not known here, 4 not as it was issued, 5 withdrawn, replaced or deleted, 6 expired,
    7 genuine, but whether it was withdrawn cannot be said; 1 the file cannot be read, 2 the command cannot be understood.
    """
    try:
        verdict = verifying.verify(file, did_file, list_file)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{file} cannot be checked: {error}") from error
    click.echo("\n".join(verdict.lines))
    context.exit(EXIT_CODES[verdict.outcome])


@certificates.command("new-key")
@click.argument("organisation")
def new_key(organisation: str) -> None:
    """Sign ORGANISATION's badges with a new key from now on. What the former ones signed stays valid."""
    found = accounts.organisation(organisation)
    if found is None:
        raise click.ClickException(f"There is no organisation {organisation!r}.")
    click.echo(badges.rotate(found.id))


@certificates.command("timestamps")
@click.option("--retry", is_flag=True, help="Ask again at once for all that are missing, also those that were given up.")
def timestamps(retry: bool) -> None:
    """How many certificates were sealed without the timestamp that is wanted, and why."""
    if retry:
        click.echo(f"{stamping.retry()} to be asked for again")
    found = stamping.figures()
    click.echo(f"added later {found.added}, waiting {found.waiting}, given up {found.given_up}")
    if found.oldest:
        click.echo(f"the oldest is missing since {found.oldest:%Y-%m-%d %H:%M} UTC")
    for reason, count in found.reasons:
        click.echo(f"{count} × {reason}")


@certificates.command("registrar-key")
@click.argument("organisation")
@click.argument("name")
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, keys.MOST_DAYS), help="How long it is valid.")
@click.option("--names", is_flag=True, help="It may read holders' names, not only compare them.")
def registrar_key(organisation: str, name: str, days: int, names: bool) -> None:
    """Make a key for ORGANISATION's registrar's office, see docs/operators/registrar.md. It is shown this once. NAME says who uses it."""
    with db.scoped(_organisation(organisation)):
        row, secret = keys.make(name, days, names=names)
    click.echo(f"{secret}\nnumber {row.id}, valid until {row.expires_at:%Y-%m-%d}")


@certificates.command("registrar-keys")
@click.argument("organisation")
def registrar_keys(organisation: str) -> None:
    """List the keys of ORGANISATION's registrar's office."""
    with db.scoped(_organisation(organisation)):
        for key in keys.listed():
            state = "valid" if key.is_valid else "ended" if key.revoked_at else "expired"
            used = f"{key.used_at:%Y-%m-%d}" if key.used_at else "never"
            click.echo(f"{key.id}  {key.name}  … {key.ending}  {state} until {key.expires_at:%Y-%m-%d}  last used {used}  {'names' if key.names else 'no names'}")


@certificates.command("end-registrar-key")
@click.argument("organisation")
@click.argument("number", type=int)
def end_registrar_key(organisation: str, number: int) -> None:
    """End the key with this NUMBER (see registrar-keys) for good."""
    with db.scoped(_organisation(organisation)):
        if not keys.revoke(number):
            raise click.ClickException(f"{organisation} has no key with the number {number}.")
    click.echo("ended")


@certificates.command("thresholds")
@click.argument("organisation")
@click.option("--participation", type=click.IntRange(0, 100), help="Percent of the modules; 0: what each course says.")
@click.option("--achievement", type=click.IntRange(0, 100), help="Percent of the points; 0: what each course says.")
def thresholds(organisation: str, participation: int | None, achievement: int | None) -> None:
    """Set what ORGANISATION asks for its certificates in all of its courses, or show it. What was issued stays."""
    with db.scoped(_organisation(organisation)):
        own = rule()
        now = [own.participation, own.achievement] if own else [None, None]
        if participation is not None or achievement is not None:
            now = [kept if said is None else said or None for kept, said in zip(now, (participation, achievement), strict=True)]
            set_rule(*now)
        said = [f"{share} %" if share else "as the course says" for share in now]
    click.echo(f"participation: {said[0]}\nachievement: {said[1]}")


@certificates.command("place")
@click.argument("organisation")
@click.option("--country", help="Three letters of ISO 3166-1, for example DEU, AUT, CHE, LUX.")
@click.option("--legal-identifier", help="By which the state knows it, for example a VAT or register number; empty to take it away.")
def place(organisation: str, country: str | None, legal_identifier: str | None) -> None:
    """Say where ORGANISATION is, for certificates in the European Learning Model, or show it."""
    row = _found(organisation)
    with db.transaction():
        row.country = row.country if country is None else country.upper()
        row.legal_identifier = row.legal_identifier if legal_identifier is None else legal_identifier.strip() or None
        try:
            found = places.place(row.country)
        except places.CountryError as error:
            raise click.ClickException(f"There is no country {country!r}: it has three letters, for example DEU.") from error
    click.echo(f"{row.country} ({found.name['en']}), {row.legal_identifier or 'no legal identifier'}")


def _organisation(slug: str) -> int:
    return _found(slug).id


def _found(slug: str) -> Organisation:
    found = accounts.organisation(slug)
    if found is None:
        raise click.ClickException(f"There is no organisation {slug!r}.")
    return found
