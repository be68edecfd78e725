"""What is wrong with a template, a style sheet or a picture, told so that its writer can mend it."""

from collections.abc import Mapping
from typing import Any


class LookError(ValueError):
    """`message` is an English text to be translated, with places for `values`; `part` and `line` say where."""

    def __init__(self, message: str, values: Mapping[str, Any] | None = None, *, part: str = "", line: int | None = None) -> None:
        self.message, self.values, self.part, self.line = message, dict(values or {}), part, line
        super().__init__(f"{f'{part}, line {line}: ' if line else ''}{message % self.values}")

    def to_json(self) -> dict[str, Any]:
        """For the way between two processes."""
        return {"message": self.message, "values": self.values, "part": self.part, "line": self.line}


PAGE, STYLE = "page", "style"
