"""Python tests of other systems (`print(f(2))` with what it prints, `assert f(2) == 4`) to the tests of our exercises.

Only what is a call with plain values can be told as data; nothing is ever run.
"""

import ast
import json
import warnings
from collections.abc import Mapping
from typing import Any

Test = Mapping[str, Any]
_PLAIN = (str, int, float, bool, type(None))


def from_print(code: str, expected: str) -> Test | None:
    """`print(f(2))` and what it prints; None when it says more than a call."""
    call = _only_call(code)
    if call is not None and isinstance(call.func, ast.Name) and call.func.id == "print" and len(call.args) == 1 and not call.keywords:
        called = _called(call.args[0])
        return called and {**called, "returns": _value_of(expected.strip())}
    return None


def from_assert(line: ast.stmt) -> Test | None:
    """`assert f(2) == 4`, `assert f(2) is True` or `assert not f(2)`."""
    if not isinstance(line, ast.Assert):
        return None
    test = line.test
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Eq, ast.Is)):
        called, value = _called(test.left), _literal(test.comparators[0])
        return {**called, "returns": value[0]} if called and value else None
    is_not = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    called = _called(test.operand if isinstance(test, ast.UnaryOp) else test)
    return {**called, "returns": not is_not} if called else None


def statements(code: str) -> list[ast.stmt] | None:
    """The statements of a program; None when it is no Python."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(code[:50_000]).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _only_call(code: str) -> ast.Call | None:
    lines = statements(code)
    if lines and len(lines) == 1 and isinstance(lines[0], ast.Expr) and isinstance(lines[0].value, ast.Call):
        return lines[0].value
    return None


def _called(node: ast.expr) -> dict[str, Any] | None:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or any(word.arg is None for word in node.keywords):
        return None
    args = [_literal(arg) for arg in node.args]
    words = {str(word.arg): _literal(word.value) for word in node.keywords}
    if None in args or None in words.values():
        return None
    called: dict[str, Any] = {"call": node.func.id, "args": [arg[0] for arg in args if arg]}
    if words:
        called["kwargs"] = {name: value[0] for name, value in words.items() if value}
    return called


def _literal(node: ast.expr) -> tuple[Any] | None:
    """The value within a tuple, None when it is none that JSON can hold."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
    return (value,) if _is_plain(value) else None


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_plain(part) for part in value)
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(part) for key, part in value.items())
    return isinstance(value, _PLAIN)


def _value_of(printed: str) -> Any:
    try:
        value = ast.literal_eval(printed)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return printed
    return value if _is_plain(value) and str(value) == printed else printed


def as_yaml(tests: list[Test]) -> str:
    """The tests as the fence `tests` wants them. JSON within the lines is YAML, whatever the texts say."""
    lines = []
    for test in tests:
        sign = "- "
        for key, value in test.items():
            lines.append(f"{sign}{key}: {json.dumps(value, ensure_ascii=False)}")
            sign = "  "
    return "\n".join(lines)
