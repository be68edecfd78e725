"""The language of a page or print, and how dates and numbers look in it."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask_babel import format_date, format_decimal, gettext

from core.i18n import in_language, language

# Half past eleven at night in London is tomorrow in Münster.
LATE = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)


@pytest.fixture
def database_url() -> str:
    """Nothing is stored here."""
    return "sqlite://"


@pytest.mark.parametrize(("chosen", "short", "long", "number"), [
    ("de", "22.11.2026", "22. November 2026", "1.234,5"), ("en", "22 Nov 2026", "22 November 2026", "1,234.5"),
])
def test_dates_and_numbers_are_written_as_in_europe(app: Flask, chosen: str, short: str, long: str, number: str) -> None:
    with app.test_request_context(headers={"Accept-Language": chosen}):
        assert (format_date(LATE), format_date(LATE, "long"), format_decimal(1234.5)) == (short, long, number)
        assert language() == chosen


@pytest.mark.parametrize(("chosen", "text", "day"), [("de", "Anmelden", "22. November 2026"), ("en", "Sign in", "22 November 2026")])
def test_a_task_writes_in_the_language_that_it_is_told(app: Flask, chosen: str, text: str, day: str) -> None:
    with app.app_context(), in_language(chosen):
        assert (gettext("Sign in"), format_date(LATE, "long"), language()) == (text, day, chosen)
