"""Commands of the demonstration."""

import click
from flask.cli import AppGroup

from core.commands import upgrade
from core.config import settings
from demo import seed as demonstration
from modules.findings import FormatError

demo = AppGroup("demo", help="The demonstration: an invented university and its stand-in LMS.")


@demo.command("seed")
@click.pass_context
def seed(context: click.Context) -> None:
    """Bring the tables up to date and set up the demonstration. Saying it twice changes nothing."""
    context.invoke(upgrade)
    try:
        file = demonstration.seed(settings())
    except (demonstration.SeedError, FormatError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"The demonstration is set up. Sign-ins: {file}")
