"""In which languages an organisation's certificates speak."""

from enum import StrEnum
from typing import Any

from core.i18n import LANGUAGES


class Languages(StrEnum):
    """The choice: the learner's own language, always the same one, or both at once with the learner's first."""

    LEARNER = "learner"
    GERMAN = "de"
    ENGLISH = "en"
    BOTH = "both"


def chosen(own: str, organisation: str, course: Any) -> tuple[str, bool]:
    """The first language of a certificate, and whether the second one stands beside it.

    A course may name its choice (`certificate: {language: …}`); what is no choice is left out of account, because a certificate
    must not fail for it.
    """
    choice = course if course in list(Languages) else organisation
    return (choice if choice in LANGUAGES else own), choice == Languages.BOTH
