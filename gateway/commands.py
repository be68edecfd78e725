"""Commands for the operator: an organisation's servers of models."""

import os
import sys

import click
from flask.cli import AppGroup

from accounts import service as accounts
from core import db
from gateway.faults import MESSAGES
from gateway.service import gateways as service
from gateway.service.gateways import GatewayData

KEY_VARIABLE = "GATEWAY_KEY"
gateways = AppGroup("gateways", help="Servers of language models that an organisation uses.")
_organisation = click.option("--organisation", required=True, help="Short name of the organisation; see ./lotse people.")


@gateways.command("add")
@_organisation
@click.option("--name", required=True, help="How it is called in lists.")
@click.option("--url", required=True, help="Address up to what stands before /chat/completions.")
@click.option("--external/--own", default=True, show_default=True, help="Whether prompts leave the university.")
@click.option("--no-key", is_flag=True, help="The server asks for no key.")
def add(organisation: str, name: str, url: str, external: bool, no_key: bool) -> None:
    """Enter a server, or bring it up to date. The key is read from GATEWAY_KEY, else from standard input."""
    wrong = service.fault_of_address(url)
    if wrong:
        raise click.ClickException(wrong)
    key = "" if no_key else (os.environ.get(KEY_VARIABLE) or sys.stdin.readline()).strip()
    if not key and not no_key:
        raise click.ClickException(f"There is no key, neither in {KEY_VARIABLE} nor on standard input. Say --no-key if the server asks for none.")
    with db.scoped(_number(organisation)):
        row = service.add(GatewayData(name, url, key, external))
        click.echo(f"{row.name}: ok (number {row.id})")


@gateways.command("list")
@_organisation
def list_all(organisation: str) -> None:
    """Show the servers and their models."""
    with db.scoped(_number(organisation)):
        for row in service.gateways():
            marks = ["external" if row.external else "own", *([] if row.enabled else ["switched off"]), "key set" if row.key else "no key"]
            click.echo(f"{row.id:>4}  {row.name}  {row.url}  {', '.join(marks)}  {_outcome(row.fault) if row.checked_at else 'not checked yet'}")
            for entry in row.models:
                gone = "  missing" if entry.missing_since else ""
                click.echo(f"      {entry.name}  roles: {', '.join(entry.roles) or '-'}  can: {', '.join(entry.abilities) or '-'}{gone}")


@gateways.command("check")
@_organisation
@click.argument("number", type=int)
def check(organisation: str, number: int) -> None:
    """Ask a server now which models it has, and what they can do."""
    with db.scoped(_number(organisation)):
        row = service.gateway(number)
        if row is None:
            raise click.ClickException(f"There is no server {number}.")
        fault = service.check(row)
        if fault:
            raise click.ClickException(_outcome(fault))
        click.echo("ok")


@gateways.command("remove")
@_organisation
@click.argument("number", type=int)
def remove(organisation: str, number: int) -> None:
    """Take a server away, with its key. Saying it twice changes nothing."""
    with db.scoped(_number(organisation)):
        row = service.gateway(number)
        if row is not None:
            service.remove(row)
        click.echo("removed")


def _outcome(fault: str) -> str:
    return MESSAGES.get(fault, fault) or "ok"


def _number(slug: str) -> int:
    found = next((organisation for organisation in accounts.organisations() if organisation.slug == slug), None)
    if found is None:
        raise click.ClickException(f"There is no organisation {slug}.")
    return found.id
