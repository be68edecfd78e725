"""A snapshot in the words of one language: what the PDF and the public page show, from one source so that they agree."""

from dataclasses import dataclass, fields
from datetime import date

from flask_babel import format_date, format_decimal
from flask_babel import gettext as _

from certificates.codes import AWARDS
from certificates.models import Award
from certificates.snapshot import Snapshot, Texts


@dataclass(frozen=True)
class Fact:
    """A line with its label."""

    label: str
    text: str


@dataclass(frozen=True)
class Sheet:
    """All texts of a certificate. The template decides where they stand, not what they say."""

    title: str
    number: str
    issuer: str
    unit: str
    intro: str
    name: str
    name_note: str
    statement: str
    course: str
    edition: str
    competences_title: str
    competences: tuple[str, ...]
    facts: tuple[Fact, ...]
    legal: str
    signatories: tuple[Fact, ...]
    address: str

    def all_texts(self, *, with_name: bool = True) -> list[str]:
        """Every text that is not empty, for comparing what is shown with what is recorded."""
        found: list[str] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "name" and not with_name:
                continue
            for entry in value if isinstance(value, tuple) else (value,):
                found += [entry.label, entry.text] if isinstance(entry, Fact) else [entry]
        return [text for text in found if text]


def sheet(snapshot: Snapshot, language: str) -> Sheet:
    """Write a snapshot out. Labels come in the language of the present request or in_language(), which must be the same."""
    achieved = snapshot.award == Award.ACHIEVEMENT
    return Sheet(
        title=_(AWARDS[Award(snapshot.award)]),
        number=_("Certificate no. %(number)s", number=snapshot.number),
        issuer=snapshot.issuer,
        unit=snapshot.unit,
        intro=_("This is to certify that"),
        name=snapshot.name or "",
        name_note=_("Name as stated by the holder.") if snapshot.name_by_holder else "",
        statement=_("has successfully completed the course") if achieved else _("has taken part in the course"),
        course=snapshot.course[language],
        edition=_("Edition %(number)s", number=snapshot.edition),
        competences_title=_("Competences demonstrated") if achieved else _("Competences taught"),
        competences=tuple(entry[language] for entry in snapshot.competences),
        facts=tuple(_facts(snapshot, language)),
        legal=_text(snapshot.legal, language),
        signatories=tuple(Fact(entry.role[language], entry.name) for entry in snapshot.signatories),
        address=snapshot.address,
    )


def _facts(snapshot: Snapshot, language: str) -> list[Fact]:
    return [
        *terms(snapshot, language),
        Fact(_("Completed on"), _day(snapshot.completed_on)),
        Fact(_("Issued on"), _day(snapshot.issued_on)),
        *([Fact(_("Valid until"), _day(snapshot.expires_on))] if snapshot.expires_on else []),
        *([Fact(_("Renews"), snapshot.renews)] if snapshot.renews else []),
    ]


def terms(snapshot: Snapshot, language: str) -> list[Fact]:
    """What holds for everybody who earns this certificate."""
    facts = [
        Fact(_("Workload"), _workload(snapshot.hours, snapshot.ects)),
        Fact(_("Level"), _text(snapshot.level, language)),
        Fact(_("Form of participation"), _text(snapshot.participation, language)),
        Fact(_("Form of assessment"), _text(snapshot.assessment, language)),
        Fact(_("Quality assurance"), _text(snapshot.quality, language)),
        Fact(_("Result"), result(snapshot)),
    ]
    return [fact for fact in facts if fact.text]


def _workload(hours: float | None, ects: float | None) -> str:
    time = _("%(hours)s hours", hours=format_decimal(hours)) if hours and hours != 1 else _("1 hour") if hours else ""
    points = f"{format_decimal(ects)} ECTS" if ects else ""
    return f"{time} ({points})" if time and points else time or points


def result(snapshot: Snapshot) -> str:
    """The threshold, not the score: the certificate is made at the moment when the threshold is reached."""
    if snapshot.award == Award.ACHIEVEMENT:
        return str(_("Passed: at least %(percent)s%% of the points", percent=snapshot.least))
    if not snapshot.least:
        return str(_("Took part, as confirmed by those who teach the course"))
    return str(_("Took part: at least %(percent)s%% of the content", percent=snapshot.least))


def _day(iso: str) -> str:
    return str(format_date(date.fromisoformat(iso), "long"))


def _text(both: Texts | None, language: str) -> str:
    return both[language] if both else ""
