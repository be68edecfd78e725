"""Figures of a bench: a table for people, one JSON object for programs."""

import json
from dataclasses import dataclass

import click


@dataclass(frozen=True)
class Figure:
    """One measured value and the bar that it must reach."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    at_least: bool = True

    @property
    def ok(self) -> bool:
        """Whether the bar is reached; a figure without a bar is for information."""
        if self.bar is None:
            return True
        return self.value >= self.bar if self.at_least else self.value <= self.bar


def show(bench: str, figures: list[Figure], *, as_json: bool) -> bool:
    """Print the figures; True when every bar is reached."""
    if as_json:
        rows = [{"name": f.name, "value": round(f.value, 3), "unit": f.unit, "bar": f.bar, "ok": f.ok} for f in figures]
        click.echo(json.dumps({"bench": bench, "figures": rows}))
    else:
        click.echo(f"bench {bench}")
        for figure in figures:
            bar = "" if figure.bar is None else f"{'at least' if figure.at_least else 'at most'} {figure.bar:g}"
            click.echo(f"  {figure.name:<46} {figure.value:>10.2f} {figure.unit:<8} {bar:<16} {'ok' if figure.ok else 'MISSED'}")
    return all(figure.ok for figure in figures)


