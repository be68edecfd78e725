"""Settings are checked before anything starts."""

from pathlib import Path

import pytest

from core.config import Settings, SettingsError


def test_a_wrong_value_is_refused_with_its_name_and_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"LOTSE_MODE=live: allowed is demo, production"):
        Settings.from_env({"LOTSE_MODE": "live", "LOTSE_DATA_DIR": str(tmp_path)})


def test_all_wrong_values_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        Settings.from_env({"LOTSE_JOB_THREADS": "many", "LOTSE_SESSION_HOURS": "0", "LOTSE_BASE_URL": "lotse"})
    assert all(name in str(error.value) for name in ("LOTSE_JOB_THREADS", "LOTSE_SESSION_HOURS", "LOTSE_BASE_URL"))


def test_a_misspelt_setting_is_refused_rather_than_ignored() -> None:
    with pytest.raises(SettingsError, match="LOTSE_DATABASE_URI: there is no such setting"):
        Settings.from_env({"LOTSE_DATABASE_URI": "sqlite://"})


def test_production_needs_a_key_of_its_own() -> None:
    with pytest.raises(SettingsError, match="LOTSE_SECRET_KEY"):
        Settings.from_env({"LOTSE_MODE": "production", "LOTSE_BASE_URL": "https://lotse.example"})


def test_a_key_that_is_too_short_is_refused_without_being_printed() -> None:
    with pytest.raises(SettingsError) as error:
        Settings.from_env({"LOTSE_SECRET_KEY": "hunter2"})
    assert "hunter2" not in str(error.value)


def test_plain_http_is_refused_except_on_this_machine() -> None:
    with pytest.raises(SettingsError, match="LOTSE_BASE_URL"):
        Settings.from_env({"LOTSE_BASE_URL": "http://lotse.example", "LOTSE_SECRET_KEY": "k" * 32})


def test_the_demo_keeps_the_key_that_it_made(tmp_path: Path) -> None:
    first, second = (Settings.from_env({"LOTSE_DATA_DIR": str(tmp_path)}) for _ in range(2))
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 32
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
