"""`./lotse bench NAME [--json]`: figures with their bars, all measured in one run."""

import sys

import click

from bench import (
    badge,
    certificates,
    content,
    content_grading,
    content_studio,
    gateway,
    launch,
    outbox,
    pages,
    sandbox,
    submit,
)
from bench.report import show

BENCHES = {"badge": badge.figures, "certificates": certificates.figures, "content": lambda: [*content.figures(), *content_grading.figures(), *content_studio.figures()], "pages": pages.figures, "submit": submit.figures, "launch": launch.figures, "outbox": outbox.figures, "sandbox": sandbox.figures, "gateway": gateway.figures}


@click.command("bench")
@click.argument("name", type=click.Choice(sorted(BENCHES)))
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
def bench(name: str, as_json: bool) -> None:
    """Measure NAME on this machine; exit code 1 when a bar is missed."""
    if not show(name, BENCHES[name](), as_json=as_json):
        sys.exit(1)
