"""Lint: everything about a course that can be seen without running it. Each rule is one small function in these tables."""

from modules.course import CourseSource
from modules.findings import Finding, Severity
from modules.outline import report_on
from modules.rules import accessibility, laws, links, pools, structure

COURSE_RULES = (
    structure.kinds_known,
    structure.ids_unique,
    structure.modules_unique,
    structure.terms_agree, structure.languages_complete,
    structure.languages_agree,
    structure.competences_known,
    structure.competences_taught,
    pools.pools_filled,
    pools.pools_used,
    laws.laws_written, laws.laws_agree,
)
PROSE_RULES = (
    accessibility.alternative_text,
    accessibility.heading_order,
    accessibility.link_text,
    accessibility.table_headers,
    accessibility.left_out,
    links.anchors,
    links.footnotes,
)


def lint(course: CourseSource) -> list[Finding]:
    """What reading the course found and what the rules find, in the order of files and lines."""
    findings = [*course.findings]
    for course_rule in COURSE_RULES:
        findings += course_rule(course)
    for source in course.sources:
        report = report_on(source)
        for prose_rule in PROSE_RULES:
            findings += prose_rule(report)
        findings += links.prose_targets(report, course)
    for holder in course.with_blocks:
        findings += links.block_pictures(holder, course)
    return sorted(findings, key=lambda finding: (finding.path, finding.line, finding.severity, finding.rule))


def errors(findings: list[Finding]) -> list[Finding]:
    """Those that forbid publishing."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]
