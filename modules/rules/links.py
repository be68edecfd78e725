"""Rules about what a text refers to: pictures, files, other modules, places in the text, footnotes."""

import re
from collections.abc import Iterator

from core.i18n import N_
from modules.blocks import Block
from modules.course import CourseSource, ModuleSource, PoolSource
from modules.findings import Finding, Severity
from modules.folder import TYPES, suffix_of
from modules.outline import ProseReport

_IMAGE = re.compile(r"!\[(?P<alt>[^\]\n]*)\]\((?P<address>[^)\s]+)")
_FOOTNOTE = re.compile(r"\[\^[^\]\s]{1,40}\]")
_MODULE = re.compile(r"\.\./(?P<folder>[^/]+)/module\.(?:de|en)\.md(?:#.*)?")


def prose_targets(report: ProseReport, course: CourseSource) -> Iterator[Finding]:
    """Relative addresses in prose lead to a file in media/ or to another module of the course."""
    for address in report.addresses:
        yield from _check(address, report.source, report.line_of(address), course)


def block_pictures(source: ModuleSource | PoolSource, course: CourseSource) -> Iterator[Finding]:
    """Pictures in questions exist and have an alternative text."""
    for block in source.blocks:
        for line, match in _images(block):
            if not match["alt"].strip():
                yield Finding("alt-missing", source.path, line, N_("The picture has no alternative text."),
                              N_("Write between the brackets what it shows: ![What it shows](%(address)s)."),
                              values={"address": match["address"]})
            yield from _check(match["address"], source, line, course)


def anchors(report: ProseReport) -> Iterator[Finding]:
    """A link to a place in the text has that place."""
    for address, _ in report.outline.links:
        if address.startswith("#") and address[1:] not in report.outline.ids:
            name = address.removeprefix("#-")
            yield Finding("link-anchor", report.source.path, report.line_of(f"#{name}"),
                          N_("There is no place “#%(name)s” in this text."),
                          N_("Use a heading's name in small letters with - for spaces, or give it one: # Heading {#name}."),
                          values={"name": name[:60]})


def footnotes(report: ProseReport) -> Iterator[Finding]:
    """A footnote that is referred to is written somewhere in the module."""
    for match in dict.fromkeys(_FOOTNOTE.findall(report.outline.text)):
        yield Finding("footnote-missing", report.source.path, report.line_of(match),
                      N_("The footnote %(mark)s is not written anywhere."), N_("Add a line “%(mark)s: …”."),
                      Severity.WARNING, {"mark": match})


def _images(block: Block) -> Iterator[tuple[int, re.Match[str]]]:
    for offset, line in enumerate(block.body.split("\n")):
        for match in _IMAGE.finditer(line):
            yield block.line_at(block.line + offset), match


def _check(address: str, source: ModuleSource | PoolSource, line: int, course: CourseSource) -> Iterator[Finding]:
    folder = source.path.rsplit("/", 1)[0]
    if module := _MODULE.fullmatch(address):
        if module["folder"] not in {module.folder for module in course.modules}:
            yield Finding("link-module", source.path, line, N_("There is no module “%(folder)s” in this course."),
                          N_("Correct the folder's name, or list the module in course.yml."),
                          values={"folder": module["folder"][:60]})
    elif not address.startswith("media/") or f"{folder}/{address}" not in course.paths:
        yield Finding("media-missing", source.path, line, N_("There is no file “%(address)s” beside this module."),
                      N_("Put it into the module's folder media/ and write media/name.svg."),
                      values={"address": address[:120]})
    elif suffix_of(address) not in TYPES:
        yield Finding("media-type", source.path, line, N_("Files like “%(address)s” are not shown."),
                      N_("Use one of these kinds: %(allowed)s."),
                      values={"address": address[:120], "allowed": ", ".join(sorted(TYPES))})
