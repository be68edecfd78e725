"""`./lotse solutions FOLDER`: whether each Python exercise of a course folder can be passed, by its author's own solution."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from flask.cli import with_appcontext

from assessments import code
from assessments.kinds import KINDS
from assessments.kinds.python import PythonItem
from exercises.program_check import SandboxError, run_tests
from modules.blocks import Block
from modules.findings import FormatError
from modules.service import CheckedFolder, check_folder


@click.command("solutions")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--draws", type=click.IntRange(1, 100), default=3, help="How often tests with drawn inputs are run.")
@with_appcontext
def solutions(folder: Path, draws: int) -> None:
    """Run the solution of every Python exercise in the course folder FOLDER against its tests. Exit code 1 when one does not pass."""
    failed = 0
    for block, item in _exercises(check_folder(folder)):
        faults = _faults(item, draws)
        failed += bool(faults)
        click.echo(f"{block.path}:{block.line}  {item.id}  " + ("; ".join(faults) or f"passes its {len(item.program.tests)} tests"))
    sys.exit(1 if failed else 0)


def _exercises(checked: CheckedFolder) -> Iterator[tuple[Block, PythonItem]]:
    """The exercises in every language. What cannot be read is a matter of `./lotse check`."""
    for source in checked.course.with_blocks:
        for block in source.blocks:
            if block.kind == "python":
                try:
                    item = KINDS[block.kind].parse(block)
                except FormatError as error:
                    raise click.ClickException(f"{block.path}:{block.line} has errors: ./lotse check names them.") from error
                yield block, item


def _faults(item: PythonItem, draws: int) -> list[str]:
    program = item.program
    if not program.solution:
        return ["has no solution"]
    seeds = range(draws if any(test.draws for test in program.tests) else 1)
    try:
        results = [result for seed in seeds for result in run_tests(program, program.solution, code.pool().run, seed=seed)]
    except SandboxError as error:
        raise click.ClickException(str(error)) from error
    return list(dict.fromkeys(f"“{result.name}”: {result.why % result.values}" for result in results if not result.ok))
