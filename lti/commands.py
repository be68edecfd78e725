"""Commands for the operator: platforms, deployments, keys, scores."""

from typing import Any

import click
from flask.cli import AppGroup

from accounts import service as accounts
from accounts.models import Organisation
from core.config import settings
from lti.keys import KeyTroubleError
from lti.models import Platform
from lti.registration import PlatformData, RegistrationError
from lti.service import login, platforms, scores, tool_keys

lti = AppGroup("lti", help="Learning platforms (Moodle, ILIAS …) that launch Lotse.")


@lti.command("add-platform")
@click.option("--organisation", required=True, help="Short name of the organisation; see ./lotse people.")
@click.option("--issuer", required=True, help="Platform ID, e.g. https://moodle.example")
@click.option("--client-id", required=True, help="The client id that the platform gave to Lotse.")
@click.option("--deployment", "deployments", multiple=True, help="Deployment id; may be given several times.")
@click.option("--auth-url", required=True, help="Authentication request URL of the platform.")
@click.option("--token-url", required=True, help="Access token URL of the platform.")
@click.option("--jwks-url", required=True, help="Public keyset URL of the platform.")
@click.option("--name", default="", help="How it is called in lists.")
def add_platform(organisation: str, **given: Any) -> None:
    """Register a platform, or bring its registration up to date. Saying it twice changes nothing."""
    found = _organisation(organisation)
    try:
        platform = platforms.add_platform(found.id, PlatformData(**given))
    except RegistrationError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{platform.name}: ok (number {platform.id})")


@lti.command("list")
def list_platforms() -> None:
    """Show all platforms, and the deployments that wait for approval."""
    names = {organisation.id: organisation.slug for organisation in accounts.organisations()}
    for platform in platforms.all_platforms():
        state = "" if platform.active else "  (switched off)"
        click.echo(f"{platform.id:>4}  {names[platform.organisation_id]}  {platform.name}  {platform.issuer}  client {platform.client_id}{state}")
        for deployment in platforms.deployments(platform):
            click.echo(f"        deployment {deployment.deployment_id}  {'approved' if deployment.approved else 'WAITS: ./lotse lti approve ' + str(platform.id) + ' ' + deployment.deployment_id}")


@lti.command("approve")
@click.argument("number", type=int)
@click.argument("deployment")
def approve(number: int, deployment: str) -> None:
    """Let launches from DEPLOYMENT of the platform NUMBER in."""
    platforms.approve(_platform(number), deployment)
    click.echo(f"{deployment}: approved")


@lti.command("switch")
@click.argument("number", type=int)
@click.argument("state", type=click.Choice(["on", "off"]))
def switch(number: int, state: str) -> None:
    """Switch the platform NUMBER on or off. Off: launches are refused; nothing is deleted."""
    platforms.set_active(_platform(number), state == "on")
    click.echo(f"{number}: {state}")


@lti.command("rotate-key")
@click.option("--at-once", is_flag=True, help="Do not wait until platforms know the next key (the present key became known to others).")
def rotate_key(at_once: bool) -> None:
    """Sign with the next key from now on, and publish another one for next time."""
    try:
        key = tool_keys.rotate(at_once=at_once)
    except KeyTroubleError as error:
        raise click.ClickException(f"{error} With --at-once it is done all the same.") from error
    click.echo(f"{key.kid}: signs from now on")


@lti.command("resend")
def resend() -> None:
    """Try all scores again that a platform has finally refused."""
    click.echo(f"{scores.resend()} scores are tried again")


@lti.command("info")
def info() -> None:
    """Print what the administrator of the learning platform has to enter there."""
    base = settings().base_url
    click.echo(f"Tool URL (target link)      {login.launch_url()}")
    click.echo("LTI version                 1.3, public key type: keyset URL")
    click.echo(f"Public keyset URL           {base}/lti/jwks")
    click.echo(f"Initiate login URL          {base}/lti/login")
    click.echo(f"Redirection URI             {login.launch_url()}")
    click.echo("Services                    Assignment and Grade Services (scores)")
    click.echo("Custom parameters of a link course=… (needed with several courses), module=… (one module only)")


def _organisation(slug: str) -> Organisation:
    found = accounts.organisation(slug)
    if found is None:
        raise click.ClickException(f"There is no organisation {slug!r}. Make it with: ./lotse people add-organisation {slug} NAME")
    return found


def _platform(number: int) -> Platform:
    found = next((platform for platform in platforms.all_platforms() if platform.id == number), None)
    if found is None:
        raise click.ClickException(f"There is no platform {number}. See: ./lotse lti list")
    return found
