"""Made-up certificates to try a look with: a short name and a long one, little to say and much, in every language it may speak."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from certificates import pdf
from certificates.credentials import sample
from certificates.letterhead import Style, legal_on
from certificates.looks import apart
from certificates.looks.designs import template_of
from certificates.looks.languages import Languages
from certificates.looks.values import other_language
from certificates.models import Award
from certificates.sheet import Sheet, sheet
from certificates.snapshot import Signatory, Snapshot
from core.i18n import LANGUAGES, in_language

LONG_NAME = "Prof. Dr. Maria-Theresia Wilhelmine Freifrau von Hohenlohe-Waldenburg-Schillingsfürst zu Öttingen"
LONG_COURSE = {
    "de": "Künstliche Intelligenz verstehen, beurteilen und verantwortungsvoll einsetzen in Studium, Lehre, Forschung und Verwaltung",
    "en": "Understanding, judging and responsibly using artificial intelligence in studies, teaching, research and administration",
}
_MORE = (
    {"de": "Chancen, Grenzen und Risiken von KI-Systemen einschätzen", "en": "Judge chances, limits and risks of AI systems"},
    {"de": "Datenschutz und Urheberrecht beim KI-Einsatz beachten", "en": "Respect data protection and copyright when using AI"},
    {"de": "Risikoklassen der KI-Verordnung einordnen", "en": "Place systems in the risk classes of the AI Act"},
)


@dataclass(frozen=True)
class Trial:
    """What is tried: in which language first, with the second one beside it or not, and whether there is much to say."""

    language: str
    bilingual: bool
    long: bool


def trials(languages: Languages) -> Iterator[Trial]:
    """All that a look must be fit for."""
    for language in [languages] if languages in LANGUAGES else LANGUAGES:
        for long in (False, True):
            yield Trial(str(language), languages is Languages.BOTH, long)


def snapshot(style: Style, *, long: bool, issuer: str = "", unit: str = "") -> Snapshot:
    """What the made-up certificate says."""
    said = replace(
        sample.SNAPSHOT, competences=(*sample.SNAPSHOT.competences, *_MORE), legal=legal_on(date.max, style.legal),
        signatories=tuple(Signatory(entry["name"], entry["role"]) for entry in style.signatories),
    )
    if issuer:
        said = replace(said, issuer=issuer, unit=unit)
    if not long:
        return said
    return replace(
        said, name=LONG_NAME, name_by_holder=True, award=Award.PARTICIPATION, course=LONG_COURSE, competences=(said.competences * 3)[:15],
        expires_on="2028-11-19",
    )


def order(style: Style, trial: Trial, *, issuer: str = "", unit: str = "") -> pdf.Order:
    """What is to be printed."""
    said = snapshot(style, long=trial.long, issuer=issuer, unit=unit)
    look = pdf.Look.of(style, style.own or template_of(style.design))
    other = _sheet(said, other_language(trial.language)) if trial.bilingual else None
    first = _sheet(said, trial.language)
    with in_language(trial.language):
        return pdf.order_of(first, look, trial.language, said.issued_on, None, other)


def try_out(style: Style, *, wait: float = apart.LONGEST_WAIT, issuer: str = "", unit: str = "") -> None:
    """Print all trials. Raises LookError, apart.BusyError, apart.RoomError."""
    for trial in trials(style.languages):
        apart.printed(order(style, trial, issuer=issuer, unit=unit), wait=wait)


def _sheet(said: Snapshot, language: str) -> Sheet:
    with in_language(language):
        return sheet(said, language)
