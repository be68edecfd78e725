"""What a certificate says, as plain data. The PDF and the public page both show it, each in its language."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any, Self

MOST_MONTHS = 120
Texts = Mapping[str, str]
"""A text by language: {"de": …, "en": …}."""


@dataclass(frozen=True)
class Signatory:
    """Somebody who answers for the certificate."""

    name: str
    role: Texts


@dataclass(frozen=True)
class Snapshot:
    """All that a certificate says: the mandatory elements of a European micro-credential (Council Recommendation
    2022/C 243/02, Annex I) as far as the course names them. What is None is not shown.
    """

    award: str
    number: str
    address: str                       # of the public page
    issuer: str
    unit: str
    name: str | None                   # None while the certificate waits for it
    name_by_holder: bool               # the learner wrote the name; otherwise it came from the university
    course: Texts
    edition: int
    competences: tuple[Texts, ...]
    hours: float | None
    ects: float | None
    level: Texts | None
    assessment: Texts | None
    participation: Texts | None
    quality: Texts | None
    least: int                         # the threshold in percent that was reached; 0: a lecturer confirmed that they took part
    completed_on: str                  # ISO dates, in the installation's time zone
    issued_on: str
    legal: Texts | None
    signatories: tuple[Signatory, ...]
    expires_on: str | None = None      # ISO date of the last day; None: it does not expire
    renews: str | None = None          # the number of the certificate that it renews

    def named(self, name: str, issued_on: date, *, by_holder: bool) -> "Snapshot":
        """The same with the name that the learner, or those who teach, gave."""
        return replace(self, name=name, name_by_holder=by_holder, issued_on=issued_on.isoformat())

    def corrected(self, name: str, *, number: str, address: str, issued_on: date) -> "Snapshot":
        """The certificate that follows this one: the same award, another name. How long it is valid stays."""
        return replace(self, name=name, name_by_holder=False, number=number, address=address, issued_on=issued_on.isoformat())

    def without_name(self) -> "Snapshot":
        """What is kept of a deleted certificate."""
        return replace(self, name=None, name_by_holder=False)

    def to_json(self) -> dict[str, Any]:
        """For the database."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """From the database."""
        return cls(**{
            **data, "competences": tuple(data["competences"]),
            "signatories": tuple(Signatory(**entry) for entry in data["signatories"]),
        })


@dataclass(frozen=True)
class Terms:
    """What a course's `certificate:` section says, read forgivingly: a certificate must not fail for a missing line."""

    hours: float | None
    ects: float | None
    level: Texts | None
    assessment: Texts | None
    participation: Texts | None
    quality: Texts | None
    competences: tuple[str, ...] | None    # ids; None: all that the course has
    valid_months: int | None               # None: it does not expire

    def attested(self, known: Mapping[str, Any]) -> tuple[Texts, ...]:
        """The titles of the competences, of those that the course knows and teaches (by id, each with `title` and `planned`)."""
        chosen = known if self.competences is None else self.competences
        return tuple(both for id_ in chosen if id_ in known and not known[id_].planned and (both := texts(known[id_].title)))

    @classmethod
    def read(cls, section: Mapping[str, Any]) -> Self:
        """Read the section of course.yml."""
        listed = section.get("competences", section.get("competencies"))
        return cls(
            hours=_number(section.get("hours")),
            ects=_number(section.get("ects")),
            level=texts(section.get("level")),
            assessment=texts(section.get("assessment")),
            participation=texts(section.get("participation")),
            quality=texts(section.get("quality", section.get("quality_assurance"))),
            competences=tuple(str(entry) for entry in listed) if isinstance(listed, list) else None,
            valid_months=_months(section.get("valid_months")),
        )


def texts(value: Any) -> Texts | None:
    """A text in both languages; where one is missing, the other stands in."""
    if isinstance(value, Mapping):
        present = {language: str(value[language]) for language in ("de", "en") if value.get(language)}
        other = next(iter(present.values()), None)
        return {"de": other, "en": other, **present} if other else None
    return {"de": str(value), "en": str(value)} if value not in (None, "") else None


def last_day(issued_on: date, months: int | None) -> date | None:
    """The last day of a certificate's validity: the day before the same day so many months later."""
    return None if months is None else months_later(issued_on, months) - timedelta(days=1)


def months_later(day: date, months: int) -> date:
    """The same day so many months later; the last one of a month that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _months(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_MONTHS else None


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
