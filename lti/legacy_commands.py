"""Commands for the operator: platforms that launch by LTI 1.1."""

import click

from lti.addresses import origin_of
from lti.commands import lti, organisation_named
from lti.legacy import PROTOCOL
from lti.models import Platform
from lti.service import legacy, platforms


@lti.command("add-consumer")
@click.option("--organisation", required=True, help="Short name of the organisation; see ./lotse people.")
@click.option("--url", required=True, help="Address of the learning platform, e.g. https://ilias.example")
@click.option("--name", default="", help="How it is called in lists.")
def add_consumer(organisation: str, url: str, name: str) -> None:
    """Let an old platform launch by LTI 1.1. Prints its key and its secret; the secret is shown this once."""
    found = organisation_named(organisation)
    if origin_of(url) is None:
        raise click.ClickException(f"--url {url!r}: this is no address; it begins with https:// and has a host")
    consumer, secret = legacy.add_consumer(found.id, name, url)
    click.echo(f"{consumer.name}: ok (number {consumer.id})")
    _show(consumer, secret)


@lti.command("new-secret")
@click.argument("number", type=int)
def new_secret(number: int) -> None:
    """Give the LTI 1.1 platform NUMBER another secret. The old one opens nothing from now on."""
    consumer = next((known for known in platforms.all_platforms() if known.id == number and known.protocol == PROTOCOL), None)
    if consumer is None:
        raise click.ClickException(f"There is no LTI 1.1 platform {number}. See: ./lotse lti list")
    _show(consumer, legacy.new_secret(consumer))


def _show(consumer: Platform, secret: str) -> None:
    click.echo(f"Tool URL       {legacy.launch_url()}")
    click.echo(f"Consumer key   {consumer.client_id}")
    click.echo(f"Shared secret  {secret}")
    if not legacy.switched_on():
        click.echo("LTI 1.1 is switched off: set LOTSE_LTI11=on and start Lotse again.")
