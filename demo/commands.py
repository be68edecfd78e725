"""Commands of the demonstration."""

import click
from flask.cli import AppGroup

from core.config import settings
from demo import seed as demonstration
from modules.findings import FormatError

demo = AppGroup("demo", help="The demonstration: an invented university and its stand-in LMS.")


@demo.command("seed")
def seed() -> None:
    """Set up the demonstration. Saying it twice changes nothing."""
    try:
        file = demonstration.seed(settings())
    except (demonstration.SeedError, FormatError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"The demonstration is set up. Sign-ins: {file}")
