"""Bounds that keep a page's Markdown renderable in seconds, whatever it says.

Python-Markdown searches again from every bracket, angle bracket and dollar sign of a paragraph, and compares each heading,
tab and footnote reference with all others. So its time grows with the square of their number. These squares, summed up,
are the cost of a text: one to two microseconds each on the machine where they were measured, seconds at the limit. Emphasis
costs far less; a cell of a table costs the same wherever it stands. A module with 300 paragraphs, each with 10 links, costs a fortieth of the limit.
"""

import re

from core.i18n import N_
from modules.findings import Finding

MOST_COST = 2_000_000
MOST_LINES = 7_500
DEEPEST_INDENT = 100
DEEPEST_QUOTE = 10
LONGEST_LINE = 20_000
_RISKY = re.compile(r"[\[<$]|\\[(\[]")
_EMPHASIS = re.compile(r"[*_`]")
_MARKER = re.compile(r"^[\s>]*(?:#|=|-{2}|\?{3}|!{3}|`{3}|~{3}|<|\{)|\[\^", re.MULTILINE)
_MAYBE_DEEP = re.compile(rf"^[ \t>]{{{DEEPEST_QUOTE + 1}}}", re.MULTILINE)
_BLANK = re.compile(r"\n[ \t]*\n")


def cost(text: str) -> int:
    """What rendering costs at worst, in microseconds or so."""
    paragraphs = sum(
        len(_RISKY.findall(paragraph)) ** 2 + len(_EMPHASIS.findall(paragraph)) ** 2 // 100
        for paragraph in _BLANK.split(text)
    )
    return paragraphs + len(_MARKER.findall(text)) ** 2 + text.count("|") * 100


def check_bounds(text: str, path: str, first_line: int = 1) -> list[Finding]:
    """Findings for a text that would take too long to render."""
    if text.count("\n") > MOST_LINES:
        return [Finding("too-long", path, first_line, N_("The text has more than %(most)s lines."),
                        N_("Split it into several modules."), values={"most": MOST_LINES})]
    findings = []
    if cost(text) > MOST_COST:
        findings.append(Finding("too-complex", path, first_line, N_("The text has too many brackets, headings, footnotes or table cells to be shown."),
                                N_("Split it into several modules, and separate paragraphs by empty lines.")))
    if len(text) <= LONGEST_LINE and not _MAYBE_DEEP.search(text):  # Most texts: no line of them needs a look.
        return findings
    for number, line in enumerate(text.split("\n"), first_line):
        if len(line) > LONGEST_LINE:
            findings.append(Finding("line-length", path, number, N_("The line has more than %(most)s characters."),
                                    N_("Break it into several lines."), values={"most": LONGEST_LINE}))
        head = line[: len(line) - len(line.lstrip(" \t>"))].expandtabs(4)
        if head.count(" ") > DEEPEST_INDENT or head.count(">") > DEEPEST_QUOTE:
            findings.append(Finding("nesting", path, number, N_("The line is nested too deeply."),
                                    N_("Make the list or quotation flatter; for code use a fence.")))
    return findings
