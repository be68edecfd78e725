"""The report's figures and dates in words, the same on the page, in the PDF and in the table."""

from datetime import date

from flask_babel import format_date, format_decimal
from flask_babel import gettext as _

from certificates.snapshot import Texts
from reports.anonymity import Count
from reports.evidence import Content, Line, Report, Span


def count(value: Count) -> str:
    """A number, or a range."""
    low, high = str(format_decimal(value.low)), str(format_decimal(value.high))
    return low if value.exact else f"{low}–{high}"


def span(value: Span | None) -> str:
    """One quarter, or from one to another."""
    if value is None:
        return "–"
    first, last = (_("Q%(number)s/%(year)s", number=quarter.number, year=quarter.year) for quarter in value)
    return str(first) if first == last else f"{first} – {last}"


def day(value: date | None) -> str:
    """A day in short, or a dash."""
    return str(format_date(value, "medium")) if value else "–"


def long_day(value: date) -> str:
    """A day in words."""
    return str(format_date(value, "long"))


def period(report: Report) -> str:
    """From when to when."""
    return str(_("%(first)s to %(last)s", first=long_day(report.period.first), last=long_day(report.period.last)))


def extent(content: Content) -> str:
    """Hours and credit points, as far as the course says them."""
    hours = _("%(hours)s hours", hours=format_decimal(content.hours)) if content.hours and content.hours != 1 else _("1 hour") if content.hours else ""
    parts = [str(hours), f"{format_decimal(content.ects)} ECTS" if content.ects else ""]
    return ", ".join(part for part in parts if part) or str(_("not stated"))


def group(report: Report, line: Line) -> str:
    """What a line of a table is called."""
    return title(report.groups[line.group]) if line.group is not None else str(_("Other groups"))


def title(group_title: str | None) -> str:
    """What a course group is called: by its learning platform, or because it belongs to none."""
    return group_title or str(_("Open offer"))


def text(both: Texts | None, language: str) -> str:
    """In one language; nothing where the course says nothing."""
    return both[language] if both else ""
