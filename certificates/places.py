"""Countries of organisations, by the three letters of ISO 3166-1 that the European Learning Model uses."""

from babel import Locale
from babel.core import get_global

from certificates.credentials.elm import Place


class CountryError(ValueError):
    """There is no such country."""


def place(country: str, legal_identifier: str | None = None) -> Place:
    """Where an organisation is. Raises CountryError."""
    two = get_global("territory_aliases").get(country) if len(country) == 3 and country.isascii() and country.isupper() else None
    names = {language: Locale(language).territories.get(two[0]) for language in ("de", "en")} if two else {}
    if not all(names.values()) or not names:
        raise CountryError(country)
    return Place(country, {language: str(name) for language, name in names.items()}, legal_identifier)
