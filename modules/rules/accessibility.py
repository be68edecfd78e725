"""Rules about prose that everyone can use. Universities' accessibility statements blame authors' content most of all."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from core.i18n import N_
from modules.findings import Finding, Severity
from modules.outline import ProseReport

_VAGUE = {
    "hier", "da", "dort", "klick", "klicken sie hier", "hier klicken", "link", "dieser link", "mehr", "weiter", "weiterlesen",
    "mehr erfahren", "mehr dazu", "siehe hier", "here", "click", "click here", "this", "this link", "more", "read more",
    "learn more", "see here", "continue",
}


def alternative_text(report: ProseReport) -> Iterator[Finding]:
    """WCAG 1.1.1: a picture says in words what it shows."""
    line = 0
    for address, text in report.outline.images:
        name = PurePosixPath(address).name
        line = report.line_of(name or "![", line if name else 0)
        if not text.strip():
            yield _error(report, "alt-missing", line, N_("The picture has no alternative text."),
                         N_("Write between the brackets what it shows: ![What it shows](%(address)s)."), address=address)
        elif text.strip().lower() in (name.lower(), PurePosixPath(name).stem.lower()):
            yield _warning(report, "alt-filename", line, N_("The alternative text is only the file's name."),
                           N_("Write between the brackets what the picture shows."))


def heading_order(report: ProseReport) -> Iterator[Finding]:
    """WCAG 1.3.1: no level of heading is left out, so that the contents can be followed by ear."""
    level, line = 1, 0
    for heading in report.outline.headings:
        line = report.line_of(heading.text, line)
        if not heading.text:
            yield _warning(report, "heading-empty", line, N_("A heading has no text."), N_("Write it, or remove the #."))
        if heading.level > level + 1:
            yield _warning(report, "heading-order", line,
                           N_("The heading “%(text)s” skips a level."),
                           N_("Use %(marks)s, one # more than the heading above it at most."),
                           text=heading.text[:60], marks="#" * level)
        level = heading.level


def link_text(report: ProseReport) -> Iterator[Finding]:
    """WCAG 2.4.4: a link says where it leads."""
    for address, text in report.outline.links:
        if address.startswith("#-fn"):  # Footnotes' own links.
            continue
        line = report.line_of(address.lstrip("#-") or text)
        if not text:
            yield _error(report, "link-empty", line, N_("A link has no text."), N_("Write where it leads: [the text](address)."))
        elif text.strip(" .:…»>").lower() in _VAGUE:
            yield _warning(report, "link-text", line, N_("The link text “%(text)s” does not say where it leads."),
                           N_("Use the title of the page that it leads to."), text=text)
        elif text.startswith(("http://", "https://")):
            yield _warning(report, "link-bare", line, N_("A bare address is read out letter by letter."),
                           N_("Use the title of the page: [title](%(address)s)."), address=address[:200])


def table_headers(report: ProseReport) -> Iterator[Finding]:
    """WCAG 1.3.1: a table's columns have names (the corner may be empty)."""
    for headers in report.outline.tables:
        missing = sum(not header for header in headers[1:]) + (len(headers) == 1 and not headers[0])
        if missing or not headers:
            yield _warning(report, "table-header", report.line_of("|--") or report.line_of("<table"),
                           N_("A table has columns without a name."), N_("Write a name above each column."))


def left_out(report: ProseReport) -> Iterator[Finding]:
    """HTML that is not allowed, pictures from elsewhere, formulas that cannot be read."""
    for what in report.dropped:
        yield _warning(report, "html-dropped", report.line_of(what.rstrip(">")),
                       N_("This cannot be shown and was left out: %(what)s"),
                       N_("Use Markdown; put pictures and files into the folder media; check a formula's LaTeX."), what=what[:120])


def _error(report: ProseReport, rule: str, line: int, message: str, mend: str, **values: str) -> Finding:
    return Finding(rule, report.source.path, line, message, mend, Severity.ERROR, values)


def _warning(report: ProseReport, rule: str, line: int, message: str, mend: str, **values: str) -> Finding:
    return Finding(rule, report.source.path, line, message, mend, Severity.WARNING, values)
