"""Findings: what is wrong in a course folder, where, by which rule, and how to mend it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """An error forbids publishing; a warning is advice."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One thing to mend. Texts are gettext message ids with %(name)s places, filled from `values` when shown."""

    rule: str                  # short stable name, e.g. "single-one-right"
    path: str                  # file inside the course folder
    line: int                  # from 1; 0 when the whole file is meant
    message: str               # what is wrong
    mend: str                  # what to do
    severity: Severity = Severity.ERROR
    values: Mapping[str, str | int | float] = field(default_factory=dict)


class FormatError(ValueError):
    """A block or file cannot be read; carries the findings that say why."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(f"{finding.path}:{finding.line} {finding.rule}" for finding in findings))
        self.findings = findings
