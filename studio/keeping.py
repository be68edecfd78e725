"""Findings and notes as rows keep them: message ids with their values, so that each reader has them in their own language."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from modules.findings import Finding


def kept(finding: Finding) -> dict[str, Any]:
    """A finding; told again by studio.views.findings_told."""
    return {**asdict(finding), "severity": finding.severity.value, "values": plain(finding.values)}


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a message."""
    return {name: value if isinstance(value, int | float | str) else str(value) for name, value in values.items()}
