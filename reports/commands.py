"""Commands for operators: the evidence report as a file."""

from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup

from accounts import service as accounts
from certificates.pdf import PressError
from core import db
from core.i18n import LANGUAGES
from reports import document, service
from reports.evidence import LEAST_K, MOST_K, USUAL_K, Period

reports = AppGroup("reports", help="Reports about an organisation.")
_day = click.DateTime(formats=["%Y-%m-%d"])


@reports.command("evidence")
@click.option("--organisation", required=True, metavar="SLUG", help="Whose report.")
@click.option("--from", "first", required=True, type=_day, help="The first day, as in 2026-01-31.")
@click.option("--to", "last", required=True, type=_day, help="The last day.")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="FILE.pdf or FILE.csv.")
@click.option("--language", default="de", show_default=True, type=click.Choice(LANGUAGES))
@click.option("-k", "k", default=USUAL_K, show_default=True, type=click.IntRange(LEAST_K, MOST_K), help="Smallest group with figures of its own.")
def evidence(organisation: str, first: datetime, last: datetime, out: Path, language: str, k: int) -> None:
    """Write the evidence report about AI literacy (Article 4 of Regulation (EU) 2024/1689), without names."""
    found = accounts.organisation(organisation)
    if found is None:
        raise click.ClickException(f"There is no organisation {organisation!r}.")
    if last < first:
        raise click.ClickException("--to is before --from.")
    write = {".pdf": document.as_pdf, ".csv": document.as_csv}.get(out.suffix.lower())
    if write is None:
        raise click.ClickException("--out must end with .pdf or .csv.")
    try:
        with db.scoped(found.id):
            out.write_bytes(write(service.report(Period(first.date(), last.date()), k), language))
    except (PressError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{out}: ok")
