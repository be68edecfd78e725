"""The check of one module while it is being written: of the course only what the module leans on is read."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from modules.findings import Finding
from modules.lint import lint
from modules.source import read_course
from studio.structure import module_files

_OF_THE_WHOLE = ("module-missing", "module-unlisted", "competence-untaught")


def check_file(path: str, files: Mapping[str, bytes], paths: Collection[str]) -> list[Finding]:
    """What is wrong in one file. `files` are course.yml, competences.yml and the module's own, `paths` all of the draft."""
    course = read_course(files)
    folders = module_files(list(paths))
    findings = lint(replace(course, paths=frozenset(paths)))
    return [
        finding for finding in findings
        if finding.path == path and finding.rule not in _OF_THE_WHOLE
        and not (finding.rule == "link-module" and finding.values.get("folder") in folders)
    ]
