"""Commands: bring content in from other systems, and hand it out to them."""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext
from flask_babel import force_locale, gettext, ngettext

from core.config import settings
from core.i18n import LANGUAGES
from exchange import service
from exchange.model import Entry, Note, Reading
from modules import commands as modules
from modules import service as folders
from modules.findings import Finding
from modules.folder import read_folder
from modules.lint import errors

_SIGNS = {"read": ("green", "✓"), "changed": ("yellow", "~"), "dropped": ("red", "✗")}
_organisation = click.option("--organisation", "slug", help="Whose course it is; may be left out when there is only one.")
_lang = click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the report; else that of LANG.")
_language = click.option("--language", type=click.Choice(LANGUAGES), default="de", show_default=True, help="Language of the questions.")
_report = click.option("--report", type=click.Choice(("text", "json")), default="text", show_default=True, help="How the report looks.")


@click.command("import")
@click.argument("source", type=click.Path(path_type=Path))
@_organisation
@_lang
@click.option("--json", "as_json", is_flag=True, help="The same as --report json.")
@_report
@click.option("--format", "format_", type=click.Choice(service.FORMATS), default=service.AUTO, show_default=True, help="The format of a file.")
@click.option("--dry-run", is_flag=True, help="Only report; store nothing.")
@_language
@click.option("--course", "course_id", default="", help="Id of the course that is made of a file; else after the file's name.")
@click.option("--title", default="", help="Title of that course; else what the file says.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the course folder here, to be edited, instead of publishing it.")
@with_appcontext
def import_content(
    source: Path, slug: str | None, lang: str | None, as_json: bool, report: str, format_: str, dry_run: bool, language: str,
    course_id: str, title: str, out: Path | None,
) -> None:
    """Publish SOURCE as a new edition: a course folder or its zip, or questions in GIFT, Aiken, Moodle XML, QTI, Common Cartridge, LiaScript, H5P, or a notebook."""
    as_json = as_json or report == "json"
    with force_locale(lang or modules.language_of_terminal()):
        if source.is_dir() or not source.exists():
            sys.exit(modules.import_folder(source, slug, as_json=as_json, dry_run=dry_run))
        reading = service.read(_content(source), source.name, format_, language)
        made = service.checked(reading, service.frame_for(reading, source.name, language, course_id, title))
        failed = bool(errors(list(reading.findings))) and not made.files
        wrong = errors(made.findings)
        outcome = _store(made, slug, out, nothing=dry_run or bool(wrong) or not made.files)
        _tell(reading, made.findings, outcome, as_json=as_json)
    sys.exit(1 if wrong or failed or not made.files else 0)


def _content(source: Path) -> bytes:
    try:
        if source.stat().st_size > service.MOST_BYTES:
            raise click.ClickException(gettext("The file is larger than %(most)s MB.", most=service.MOST_BYTES >> 20))
        return source.read_bytes()
    except OSError as error:
        raise click.ClickException(gettext("“%(folder)s” cannot be read: %(reason)s", folder=source, reason=error.strerror)) from error


def _store(made: folders.CheckedFolder, slug: str | None, out: Path | None, *, nothing: bool) -> str:
    """Publish or write the folder; returns what became of it in words."""
    if out is not None and made.files:
        _write_folder(out, made.files)
        return str(gettext("The course folder is in %(path)s.", path=out))
    if nothing:
        return str(gettext("Nothing was stored."))
    organisation = modules.organisation_named(slug)
    edition = folders.publish(organisation.id, made)
    return str(gettext("“%(course)s” is published in %(organisation)s as edition %(number)s.",
                       course=made.course.id, organisation=organisation.name, number=edition.number))


def _write_folder(out: Path, files: Mapping[str, bytes]) -> None:
    """Write the files below a folder that is new or empty. Their names were made or checked by the house."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise click.ClickException(gettext("“%(path)s” is not an empty folder.", path=out))
    for path, content in files.items():
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


@click.command("export")
@click.argument("source")
@click.option("--format", "format_", type=click.Choice(tuple(service.SUFFIXES)), required=True, help="The format to write.")
@click.option("--out", type=click.Path(path_type=Path), help="The file to write; else one beside, named after the source.")
@_organisation
@_lang
@_report
@_language
@with_appcontext
def export_content(source: str, format_: str, out: Path | None, slug: str | None, lang: str | None, report: str, language: str) -> None:
    """Write SOURCE for another system: a course by its id, a course folder, or any file that import reads."""
    with force_locale(lang or modules.language_of_terminal()):
        reading, files, lost = _source(source, slug, language)
        written = service.write(reading, files, format_, language, settings().base_url + "/lti/launch")
        target = out or Path(Path(source).stem + written.suffix)
        target.write_bytes(written.content)
        told = Reading(format_, report=(*lost, *written.report))
        _tell(told, [], str(gettext("Written: %(path)s", path=target)), as_json=report == "json")


def _source(source: str, slug: str | None, language: str) -> tuple[Reading, Mapping[str, bytes], tuple[Entry, ...]]:
    """What is to be written, its course folder, and what was lost already when it was read."""
    path = Path(source)
    if path.is_dir():
        files, _ = read_folder(path)
        return service.read_files(files, path.name, language), files, ()
    if path.exists():
        reading = service.read(_content(path), path.name, service.AUTO, language)
        made = service.checked(reading, service.frame_for(reading, path.name, language))
        lost = tuple(entry for entry in reading.report if entry.state != "read")
        return service.read_files(made.files, path.name, language), made.files, lost
    try:
        files = dict(service.files_of_course(modules.organisation_named(slug).id, source))
    except LookupError:
        raise click.ClickException(gettext("There is no course and no file “%(name)s”.", name=source)) from None
    return service.read_files(files, source, language), files, ()


# --- The report -------------------------------------------------------------------------------------------------------

def _tell(reading: Reading, findings: list[Finding], outcome: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_as_data(reading, findings, outcome), ensure_ascii=False, indent=2))
        return
    for entry in reading.report:
        colour, sign = _SIGNS[entry.state]
        click.echo(f"{click.style(sign, fg=colour)} {_place(entry)}")
        for note in entry.notes:
            click.echo(f"    {_said(note)}")
    modules.report([*reading.findings, *findings], as_json=False)
    click.echo(_counts(reading.report))
    click.echo(outcome)


def _place(entry: Entry) -> str:
    where = f" ({gettext('line')} {entry.line})" if entry.line else ""
    return f"{entry.number}. {entry.name or entry.id} [{entry.what}]{where}"


def _said(note: Note) -> str:
    return str(gettext(note.message, **note.values))


def _counts(report: Iterable[Entry]) -> str:
    states = [entry.state for entry in report]
    return ", ".join((
        ngettext("%(num)s read as it is", "%(num)s read as they are", states.count("read")),
        ngettext("%(num)s changed", "%(num)s changed", states.count("changed")),
        ngettext("%(num)s left out", "%(num)s left out", states.count("dropped")),
    ))


def _as_data(reading: Reading, findings: list[Finding], outcome: str) -> dict[str, Any]:
    states = [entry.state for entry in reading.report]
    return {
        "format": reading.format, "read": states.count("read"), "changed": states.count("changed"), "dropped": states.count("dropped"),
        "items": [
            {"number": entry.number, "id": entry.id, "name": entry.name, "type": entry.what, "line": entry.line, "state": entry.state,
             "notes": [_said(note) for note in entry.notes]}
            for entry in reading.report
        ],
        "findings": [modules.as_data(finding) for finding in (*reading.findings, *findings)],
        "outcome": outcome,
    }
