"""Commands for authors and operators: check a course folder; and what other commands need to import and report."""

import json
import os
import sys
from pathlib import Path

import click
from flask.cli import with_appcontext
from flask_babel import force_locale, gettext, ngettext

from accounts import service as accounts
from accounts.models import Organisation
from core.i18n import LANGUAGES
from courses.models import Edition
from modules import service
from modules.findings import Finding, Severity
from modules.lint import errors

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}
_folder = click.argument("folder", type=click.Path(path_type=Path))
_lang = click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the report; else that of LANG.")
_json = click.option("--json", "as_json", is_flag=True, help="The report as JSON, for editors and build servers.")


@click.command("check")
@_folder
@_lang
@_json
@with_appcontext
def check(folder: Path, lang: str | None, as_json: bool) -> None:
    """Say what is wrong in the course folder FOLDER, where, and how to mend it. Exit code 1 when there are errors."""
    with force_locale(lang or language_of_terminal()):
        checked = _read(folder)
        report(checked.findings, as_json=as_json)
    sys.exit(1 if errors(checked.findings) else 0)


def import_folder(folder: Path, slug: str | None, *, as_json: bool, dry_run: bool = False) -> int:
    """Publish a course folder as a new edition and say so; the exit code. Nothing is stored when the folder has errors."""
    organisation = None if dry_run else organisation_named(slug)
    checked = _read(folder)
    wrong = errors(checked.findings)
    edition = None if wrong or organisation is None else service.publish(organisation.id, checked)
    report(checked.findings, as_json=as_json, edition=edition.number if edition else None)
    if not as_json:
        click.echo(_outcome(checked, organisation, edition) if organisation else gettext("Nothing was stored."))
    return 1 if wrong else 0


def _outcome(checked: service.CheckedFolder, organisation: Organisation, edition: Edition | None) -> str:
    if edition is None:
        return str(gettext("Nothing was imported: mend the errors first."))
    return str(gettext("“%(course)s” is published in %(organisation)s as edition %(number)s.",
                       course=checked.course.id, organisation=organisation.name, number=edition.number))


def _read(folder: Path) -> service.CheckedFolder:
    if not folder.exists():
        raise click.ClickException(gettext("There is no folder “%(folder)s”.", folder=folder))
    if not folder.is_dir():
        raise click.ClickException(
            gettext("“%(folder)s” is a zip file: unpack it and name the folder that has course.yml in it.", folder=folder)
            if folder.suffix.lower() == ".zip"
            else gettext("“%(folder)s” is a file: name the folder that has course.yml in it.", folder=folder)
        )
    try:
        return service.check_folder(folder)
    except OSError as error:
        raise click.ClickException(
            gettext("“%(folder)s” cannot be read: %(reason)s", folder=folder, reason=error.strerror)
        ) from error


def organisation_named(slug: str | None) -> Organisation:
    """The organisation of this name, or the only one there is."""
    known = accounts.organisations()
    found = [organisation for organisation in known if slug in (None, organisation.slug)]
    if len(found) == 1:
        return found[0]
    if not known:
        raise click.ClickException(gettext("There is no organisation yet: ./lotse people add-organisation SLUG NAME"))
    raise click.ClickException(gettext("Name the organisation with --organisation, one of: %(known)s",
                                       known=", ".join(organisation.slug for organisation in known)))


def language_of_terminal() -> str:
    """German or English, as the terminal asks for."""
    wanted = next(filter(None, (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return "de" if wanted.startswith("de") else "en"


def report(findings: list[Finding], *, as_json: bool, edition: int | None = None) -> None:
    """Print findings, for people or for programs."""
    wrong = len(errors(findings))
    if as_json:
        told = {"errors": wrong, "warnings": len(findings) - wrong, "edition": edition,
                "findings": [as_data(finding) for finding in findings]}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for finding in findings:
        click.echo(_as_lines(finding))
    click.echo(", ".join((
        ngettext("%(num)s error", "%(num)s errors", wrong),
        ngettext("%(num)s warning", "%(num)s warnings", len(findings) - wrong),
    )))


def as_data(finding: Finding) -> dict[str, str | int]:
    """A finding for programs, in the present language."""
    return {
        "path": finding.path, "line": finding.line, "severity": finding.severity.value, "rule": finding.rule,
        "message": gettext(finding.message, **finding.values), "mend": gettext(finding.mend, **finding.values),
    }


def _as_lines(finding: Finding) -> str:
    place = f"{finding.path}:{finding.line}" if finding.line else finding.path or "."
    severity = gettext("error") if finding.severity is Severity.ERROR else gettext("warning")
    told = as_data(finding)
    return f"{place}  {click.style(severity, fg=_COLOURS[finding.severity])}  {finding.rule}  {told['message']}\n    → {told['mend']}"
