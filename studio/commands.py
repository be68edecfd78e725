"""Commands for authors: a course's folder out of Lotse again, and ids for questions that have none."""

import re
import secrets
import zipfile
from pathlib import Path

import click
from flask.cli import with_appcontext

from accounts import service as accounts
from core import db
from courses import service as courses
from modules.folder import read_folder
from modules.split import fences

_OPENING = re.compile(r"(?:::: ?|/// ?)[ \t]*(?P<kind>[a-z][a-z0-9-]*)[ \t]*(?:\{(?P<attributes>[^}]*)\})?[ \t]*")


@click.command("export")
@click.argument("course")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new folder, or FILE.zip.")
@click.option("--organisation", "slug", help="Whose course; may be left out when there is only one.")
@with_appcontext
def export(course: str, out: Path, slug: str | None) -> None:
    """Write the newest edition of COURSE (its id) as the folder or zip file that it was imported from, byte for byte."""
    known = [organisation for organisation in accounts.organisations() if slug in (None, organisation.slug)]
    if len(known) != 1:
        raise click.ClickException("Name the organisation with --organisation.")
    with db.scoped(known[0].id):
        found = courses.course(course)
        if found is None:
            raise click.ClickException(f"There is no course {course!r}.")
        files = courses.files_of(courses.newest_edition(found.id).id)
    if out.exists():
        raise click.ClickException(f"{out} is there already.")
    if out.suffix == ".zip":
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, content in sorted(files.items()):
                archive.writestr(zipfile.ZipInfo(path), content, zipfile.ZIP_DEFLATED)
    else:
        for path, content in files.items():
            target = out / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    click.echo(f"{out}: {len(files)} files")


@click.command("fmt")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def fmt(folder: Path) -> None:
    """Give each question in the course folder FOLDER that has no id a new one. Languages of a module get the same, question by question."""
    files, _findings = read_folder(folder)
    made: dict[tuple[str, int], str] = {}
    for path in sorted(path for path in files if path.endswith(".md")):
        try:
            text = files[path].decode()
        except UnicodeDecodeError:
            continue
        changed = with_ids(text, path.split("/")[0], made)
        if changed != text:
            (folder / path).write_bytes(changed.encode())
            click.echo(f"{path}: ok")


def with_ids(text: str, module: str, made: dict[tuple[str, int], str]) -> str:
    """A module's text in which each block has an id. `made` are those that the same places got in other languages."""
    lines = text.split("\n")
    inside = {number for first, last in fences(lines)[0].items() for number in range(first, last + 1)}
    count = 0
    for at, line in enumerate(lines):
        opening = _OPENING.fullmatch(line.rstrip("\r"))
        if at in inside or not opening:
            continue
        count += 1
        attributes = opening["attributes"] or ""
        if not re.search(r"(?:^|\s)#", attributes):
            id_ = made.setdefault((module, count), f"{opening['kind']}-{secrets.token_hex(3)}")
            ending = "\r" if line.endswith("\r") else ""
            lines[at] = f"{line.split('{')[0].rstrip()} {{{f'#{id_} {attributes}'.strip()}}}{ending}"
    return "\n".join(lines)
