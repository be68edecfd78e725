"""The words that credentials have beyond the snapshot's own, in the languages of Lotse."""

from flask_babel import gettext as _

from certificates.credentials.badge import Wording
from certificates.models import Award
from certificates.sheet import result, terms
from certificates.snapshot import Snapshot, Texts
from core.i18n import LANGUAGES, in_language


def wording(snapshot: Snapshot, language: str) -> Wording:
    """The words of a badge. Its criteria are a Markdown list of what holds for everybody who earns the certificate."""
    with in_language(language):
        return Wording(
            language=language,
            criteria="\n".join(f"- **{_plain(fact.label)}:** {_plain(fact.text)}" for fact in terms(snapshot, language)),
            measure=_("Points") if snapshot.award == Award.ACHIEVEMENT else _("Content opened"),
        )


def results(snapshot: Snapshot) -> Texts:
    """What was reached, in every language, for the European Learning Model."""
    found = {}
    for language in LANGUAGES:
        with in_language(language):
            found[language] = result(snapshot)
    return found


def _plain(text: str) -> str:
    """A text of the course as Markdown that shows it as it is."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]<>#|" else character for character in text)
