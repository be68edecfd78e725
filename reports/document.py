"""A report as something to look at or to take along: HTML, PDF, a table for spreadsheets. All from the same pieces."""

import csv
import io
from pathlib import Path

from flask import current_app
from flask_babel import gettext as _
from markupsafe import Markup

from certificates import pdf
from core.i18n import in_language
from core.spreadsheet import cell
from reports import wording
from reports.evidence import Report
from reports.legal import brought

STYLE = Path(__file__).parent / "report.css"
MOST_PRINTED = 300                     # names in a PDF: each takes some hundredths of a second, and nothing else is printed meanwhile


class TooManyNamesError(ValueError):
    """There are more names than a PDF is printed for."""


def html(report: Report, language: str, heading: int = 2) -> Markup:
    """The report as a part of a page; its own title is a heading of this level."""
    template = current_app.jinja_env.get_template("reports/report.html")
    with in_language(language):
        return Markup(template.render(report=report, chosen=language, words=wording, level=heading, as_of=brought().as_of))  # noqa: S704 - escaped by the template


def as_pdf(report: Report, language: str) -> bytes:
    """The report as tagged PDF/A-3a. Raises certificates.pdf.PressError, and TooManyNamesError."""
    if len(report.names or ()) > MOST_PRINTED:
        raise TooManyNamesError
    template = current_app.jinja_env.get_template("reports/pdf.html")
    body = html(report, language, heading=1)
    with in_language(language):
        page = template.render(report=report, chosen=language, body=body, words=wording)
    return pdf.print_html(page, STYLE, page)


def as_csv(report: Report, language: str) -> bytes:
    """For spreadsheets: a line for each course group, or for each person in a report with names. UTF-8 with a mark, for Excel."""
    out = io.StringIO()
    write = csv.writer(out, delimiter=";" if language == "de" else ",", lineterminator="\r\n")
    with in_language(language):
        rows = _people(report, language) if report.names is not None else _groups(report, language)
        write.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _groups(report: Report, language: str) -> list[list[str]]:
    rows = [[
        _("Organisation"), _("From"), _("To"), _("Measure"), _("Editions"), _("Extent"), _("Form of participation"), _("Competences taught"), _("Course group"),
        _("Participants"), _("Begun"), _("Participation"), _("Achievement"), _("To be refreshed"), _("Legal text in force since"),
    ]]
    for section in report.sections:
        newest = section.measure.editions[0]
        what = [
            report.organisation, *_dates(report), section.measure.title[language], ", ".join(str(each.number) for each in section.measure.editions),
            wording.extent(newest), wording.text(newest.form, language), "; ".join(both[language] for both in newest.competences),
        ]
        rows += [[
            *what, wording.group(report, line), *(wording.count(count) for count in line.figures), wording.span(line.refresh), _since(report),
        ] for line in section.lines]
    return rows


def _people(report: Report, language: str) -> list[list[str]]:
    rows = [[
        _("Organisation"), _("From"), _("To"), _("Purpose"), _("Name"), _("Measure"), _("Course group"), _("Begun"), _("Participation"), _("Achievement"),
        _("To be refreshed"), _("Legal text in force since"),
    ]]
    for each in report.names or ():
        part = each.part
        days = (part.begun_on, part.participated_on, part.achieved_on, part.refresh_on)
        rows.append([
            report.organisation, *_dates(report), report.purpose, part.name or "", each.measure.title[language],
            wording.title(report.groups[part.group]), *(day.isoformat() if day else "" for day in days), _since(report),
        ])
    return rows


def _dates(report: Report) -> list[str]:
    return [report.period.first.isoformat(), report.period.last.isoformat()]


def _since(report: Report) -> str:
    return ", ".join(text.valid_from.isoformat() for text in report.legal)
