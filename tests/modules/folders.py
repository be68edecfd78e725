"""Small course folders to break."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modules.findings import Finding
from modules.source import read_course

COURSE = """\
id: probe
title: {de: "Probe", en: "Sample"}
languages: [de, en]
modules: [01-eins]
"""
FRONT = """\
---
id: eins
title: {de: "Eins", en: "One"}
competencies: [kk.token]
---
"""
COMPETENCES = """\
- id: kk.token
  title: {de: "Token", en: "Tokens"}
"""
QUESTION = """\
::: single {#farbe points=1}
Welche Farbe?
(x) Blau
( ) Rot
:::
"""
DE, EN = "01-eins/module.de.md", "01-eins/module.en.md"


def folder(body: str = QUESTION, body_en: str | None = None, /, **files: Any) -> dict[str, bytes]:
    """A sound course with this text in its module; further files by path, None takes one away."""
    whole: dict[str, bytes | str | None] = {
        "course.yml": COURSE, "competences.yml": COMPETENCES, DE: FRONT + body, EN: FRONT + (body if body_en is None else body_en),
        **files,
    }
    return {path: text.encode() if isinstance(text, str) else text for path, text in whole.items() if text is not None}


def write(root: Path, files: Mapping[str, bytes] | None = None) -> Path:
    """Put these files, or a sound course, into a folder."""
    for path, content in (folder() if files is None else files).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def rules(findings: list[Finding] | tuple[Finding, ...]) -> list[str]:
    """The names of the rules that found something."""
    return [finding.rule for finding in findings]


def found(files: Mapping[str, bytes], rule: str) -> Finding:
    """The one finding of this rule when the files are read."""
    hits = [finding for finding in read_course(files).findings if finding.rule == rule]
    assert len(hits) == 1, rules(read_course(files).findings)
    return hits[0]
