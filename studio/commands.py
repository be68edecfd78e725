"""Commands for authors: ids for questions that have none."""

import re
import secrets
from pathlib import Path

import click

from modules.folder import read_tree
from modules.split import LAW, fences

_OPENING = re.compile(r"(?:::: ?|/// ?)[ \t]*(?P<kind>[a-z][a-z0-9-]*)[ \t]*(?:\{(?P<attributes>[^}]*)\})?[ \t]*")


@click.command("fmt")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def fmt(folder: Path) -> None:
    """Give each question in the course folder FOLDER that has no id a new one. Languages of a module get the same, question by question."""
    files, _findings = read_tree(folder)  # What is shared with other courses gets its ids there.
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
        if at in inside or not opening or opening["kind"] == LAW:
            continue
        count += 1
        attributes = opening["attributes"] or ""
        if not re.search(r"(?:^|\s)#", attributes):
            id_ = made.setdefault((module, count), f"{opening['kind']}-{secrets.token_hex(3)}")
            ending = "\r" if line.endswith("\r") else ""
            lines[at] = f"{line.split('{')[0].rstrip()} {{{f'#{id_} {attributes}'.strip()}}}{ending}"
    return "\n".join(lines)
