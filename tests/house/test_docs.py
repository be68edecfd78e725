"""What is not documented does not exist: settings, commands, block kinds, dependencies."""

import ast
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import click
import pytest
from flask import Flask

from assessments.kinds import KINDS
from core.config import PREFIX, Settings

ROOT = Path(__file__).parents[2]
ROOMS = ("core", "accounts", "courses", "modules", "gateway", "exercises", "assessments", "certificates", "lti", "exchange", "studio", "reports", "demo", "setup", "bench")


def test_every_setting_stands_in_the_table_of_settings() -> None:
    text = (ROOT / "docs/operators/settings.md").read_text()
    documented = set(re.findall(r"^\| `(LOTSE_\w+)`", text, re.MULTILINE))
    assert documented == {PREFIX + field.name.upper() for field in fields(Settings)}


def test_every_command_stands_in_the_list_of_commands(app: Flask) -> None:
    text = (ROOT / "docs/operators/commands.md").read_text()
    missing = [name for name in _commands(app.cli) if f"./lotse {name}" not in text]
    assert missing == []


def _commands(group: click.Group, prefix: str = "") -> list[str]:
    found = []
    for name, command in group.commands.items():
        found += _commands(command, f"{prefix}{name} ") if isinstance(command, click.Group) else [prefix + name]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_block_kind_is_explained_to_trainers(kind: str) -> None:
    assert f"::: {kind}" in (ROOT / "docs/trainers/questions.md").read_text()


def test_every_dependency_has_a_line_that_says_why() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = {re.split(r"[\[<>=]", entry)[0] for entry in project["project"]["dependencies"]}
    text = (ROOT / "docs/decisions/0002-dependencies.md").read_text()
    assert names - set(re.findall(r"^\| ([\w.-]+) \|", text, re.MULTILINE)) == set()


def test_public_functions_and_classes_say_what_they_are_for() -> None:
    silent = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if path.name != "guest.py"  # It is no module of the house.
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert silent == []
