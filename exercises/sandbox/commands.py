"""`./lotse sandbox run FILE.py`: one file as an exercise would run it."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from exercises.sandbox.build import BuildError, artefact, intact
from exercises.sandbox.explain import explain
from exercises.sandbox.job import Call, Job, Limits, Result, Status
from exercises.sandbox.pool import Pool
from exercises.sandbox.scripted import Reply, Script

MOST_INPUT = 1 << 20


@click.group("sandbox", help="The sandbox for Python exercises.")
def sandbox() -> None:
    """Its commands need no database."""


@sandbox.command("run")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--stdin", "stdin", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="What input() reads.")
@click.option("--call", "function", help="A function of the file to call afterwards.")
@click.option("--args", "arguments", default="[]", help="Its arguments, as a JSON list.")
@click.option("--reply", "replies", multiple=True, help="What the model answers; several are given in order.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object in place of words.")
def run(file: Path, stdin: Path | None, function: str | None, arguments: str, replies: tuple[str, ...], as_json: bool) -> None:
    """Run FILE in the sandbox, and say how it ended, what it printed and what it took. Exit code 1 when it did not end well."""
    job = Job(_text(file), _text(stdin) if stdin else "", Call(function, tuple(_list(arguments))) if function else None)
    limits = Limits()
    if not intact(artefact()):
        raise click.ClickException("The sandbox for Python exercises is not built here: ./lotse setup builds it.")
    pool = Pool(artefact(), 1)
    try:
        # With JSON all is told at the end.
        printed = None if as_json else lambda fd, text: click.echo(text, nl=False, err=fd == 2)
        result = pool.run(job, limits, Script([Reply(text) for text in replies]) if replies else None, printed)
        protections = pool.protections() if as_json else ()
    except BuildError as error:
        raise click.ClickException(str(error)) from error
    finally:
        pool.close()
    click.echo(json.dumps(_as_data(result, limits, protections), ensure_ascii=False) if as_json else _in_words(result, limits))
    sys.exit(0 if result.status is Status.OK else 1)


def _text(path: Path) -> str:
    data = path.read_bytes()
    if len(data) > MOST_INPUT:
        raise click.ClickException(f"{path} is larger than a megabyte.")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{path} is not UTF-8 text: {error}") from error


def _list(text: str) -> list[Any]:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise click.ClickException(f"--args is not JSON: {error}") from error
    if not isinstance(data, list):
        raise click.ClickException('--args is not a list; write for example --args \'["a text", 3]\'.')
    return data


def _as_data(result: Result, limits: Limits, protections: tuple[str, ...]) -> dict[str, Any]:
    words = explain(result, limits)
    used = result.used
    return {
        "status": result.status.value,
        "output": [list(piece) for piece in result.output],
        "stdout": result.stdout,
        "value": result.value,
        "problem": vars(result.problem) if result.problem else None,
        "message": words.text % words.values if words else "",
        "used": {
            "fuel": [used.fuel, limits.fuel], "milliseconds": used.milliseconds, "cpu_seconds": [None, limits.cpu_seconds],
            "output": [used.output, limits.output], "calls": [used.calls, limits.calls], "memory": [None, limits.memory],
        },
        "calls": [{"request": dict(exchange.request), "reply": dict(exchange.reply)} for exchange in result.exchanges],
        "protections": list(protections),
    }


def _in_words(result: Result, limits: Limits) -> str:
    words = explain(result, limits)
    used = result.used
    lines = []
    if result.problem:
        lines += [result.problem.traceback.rstrip()]
    if result.returned:
        lines += [f"Returned: {json.dumps(result.value, ensure_ascii=False)}"]
    if words:
        lines += [words.text % words.values]
    lines += [
        f"Status: {result.status.value}",
        f"Used: {used.fuel:,} of {limits.fuel:,} steps, {used.milliseconds:.1f} ms, {used.output:,} of {limits.output:,} characters, "
        f"{used.calls} of {limits.calls} calls of a model; memory at most {limits.memory >> 20} MB",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sandbox()
