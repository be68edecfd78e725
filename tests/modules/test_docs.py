"""What authors are told about: every rule stands in the handbook, every text has a German translation."""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CALLS = {"Finding": 0, "find": 1, "_find": 1, "_error": 1, "_warning": 1, "_at": 1}


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted((ROOT / "modules").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
                yield node.func.id if isinstance(node.func, ast.Name) else node.func.attr, node


def constants(node: ast.Call) -> list[str]:
    return [argument.value for argument in node.args if isinstance(argument, ast.Constant) and isinstance(argument.value, str)]


def test_every_rule_stands_in_the_handbook() -> None:
    handbook = (ROOT / "docs" / "trainers" / "course-format.md").read_text()
    documented = re.findall(r"`([a-z-]+\*?)`", handbook[handbook.index("## Rules of the check"):])
    rules = {text for name, node in calls() if name in CALLS for text in constants(node) if re.fullmatch("[a-z]+(-[a-z]+)*", text)}
    assert {"alt-missing", "block-close", "yaml-missing", "id-twice"} <= rules
    assert [rule for rule in sorted(rules) if not any(fnmatch(rule, pattern) for pattern in documented)] == []
