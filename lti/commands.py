"""Commands for the operator: platforms, deployments, keys, scores."""

from typing import Any

import click
from flask.cli import AppGroup

from accounts import service as accounts
from accounts.models import Organisation
from core import db
from core.config import settings
from lti.advice import advice_on, refused
from lti.keys import KeyTroubleError
from lti.models import Platform
from lti.registration import PlatformData, RegistrationError
from lti.registration_faults import FAULTS
from lti.service import login, platforms, records, registrations, scores, tool_keys

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
    found = organisation_named(organisation)
    try:
        platform = platforms.add_platform(found.id, PlatformData(**given))
    except RegistrationError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{platform.name}: ok (number {platform.id})")


@lti.command("invite")
@click.option("--organisation", required=True, help="Short name of the organisation; see ./lotse people.")
@click.option("--name", default="", help="How the platform will be called in lists.")
@click.option("--hours", default=registrations.HOURS, show_default=True, type=click.IntRange(1, registrations.MOST_HOURS), help="How long the link works.")
def invite(organisation: str, name: str, hours: int) -> None:
    """Make a link with which a platform registers itself, once. It is shown only now."""
    link, address = registrations.invite(organisation_named(organisation).id, name, hours)
    click.echo(f"{address}\n\nPaste it in the platform where a tool is added by its address. It works once, until {link.expires_at:%Y-%m-%d %H:%M} UTC.")


@lti.command("invites")
def list_invites() -> None:
    """Show the registration links, and why the last try with one did not succeed."""
    names = {organisation.id: organisation.slug for organisation in accounts.organisations()}
    for link in registrations.all_links():
        state, error = registrations.state_of(link), f"  last try: {FAULTS[link.error].short}" if link.error in FAULTS else ""
        became = f"  platform {link.platform_id}" if link.platform_id else ""
        click.echo(f"{link.id:>4}  {names[link.organisation_id]}  {link.name or '-'}  {state}  until {link.expires_at:%Y-%m-%d %H:%M} UTC{became}{error}")


@lti.command("cancel-invite")
@click.argument("number", type=int)
def cancel_invite(number: int) -> None:
    """End the registration link NUMBER, see ./lotse lti invites. One that was used stays as it is."""
    link = next((link for link in registrations.all_links() if link.id == number), None)
    if link is None:
        raise click.ClickException(f"There is no link {number}. See: ./lotse lti invites")
    with db.scoped(link.organisation_id):
        registrations.cancel(number)
    click.echo(f"{number}: registers nothing any more")


@lti.command("why")
@click.argument("reference")
def why(reference: str) -> None:
    """Say what became of the launch with this REFERENCE, and what to do."""
    found = records.of_reference(reference)
    if not found:
        raise click.ClickException("No launch has this reference. If no platform could be recognised, it stands in the log only.")
    for record in found:
        told = advice_on(record.reason)
        click.echo(f"{record.at:%Y-%m-%d %H:%M:%S} UTC  platform {record.platform_id or '-'}  {record.reason}")
        if refused(record.reason):
            click.echo(f"{told.what} {told.todo}")
        for name, value in record.details.items():
            click.echo(f"    {name}: {value}")


@lti.command("list")
def list_platforms() -> None:
    """Show all platforms, and the deployments that wait for approval."""
    names = {organisation.id: organisation.slug for organisation in accounts.organisations()}
    for platform in platforms.all_platforms():
        state = "" if platform.active else "  (switched off)"
        state += f"  WAITS: ./lotse lti approve {platform.id}" if platform.waiting else ""
        click.echo(f"{platform.id:>4}  {names[platform.organisation_id]}  {platform.name}  {platform.issuer}  client {platform.client_id}{state}")
        for deployment in platforms.deployments(platform):
            click.echo(f"        deployment {deployment.deployment_id}  {'approved' if deployment.approved else 'WAITS: ./lotse lti approve ' + str(platform.id) + ' ' + deployment.deployment_id}")


@lti.command("approve")
@click.argument("number", type=int)
@click.argument("deployment", required=False)
def approve(number: int, deployment: str | None) -> None:
    """Let launches from the platform NUMBER in: from DEPLOYMENT, or from the one of its registration by link."""
    platforms.approve(_platform(number), *([deployment] if deployment else []))
    click.echo(f"{deployment or number}: approved")


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
    click.echo(f"Redirection URIs            {login.launch_url()}")
    click.echo(f"                            {base}/lti/deep-link")
    click.echo("Services                    Assignment and Grade Services (scores), Names and Role Provisioning (people)")
    click.echo("Custom parameters of a link course=… (needed with several courses), module=… (one module only)")


def organisation_named(slug: str) -> Organisation:
    """The organisation with this short name. Raises ClickException."""
    found = accounts.organisation(slug)
    if found is None:
        raise click.ClickException(f"There is no organisation {slug!r}. Make it with: ./lotse people add-organisation {slug} NAME")
    return found


def _platform(number: int) -> Platform:
    found = next((platform for platform in platforms.all_platforms() if platform.id == number), None)
    if found is None:
        raise click.ClickException(f"There is no platform {number}. See: ./lotse lti list")
    return found
