"""Settings: one frozen table, read from the environment once, refused at start when wrong.

The table in docs/settings.md is checked against this one by tests/house/test_docs.py.
"""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app

from core.post.addresses import named

PREFIX = "LOTSE_"


class SettingsError(ValueError):
    """One or more settings are wrong; the text names each one and says what is allowed."""


@dataclass(frozen=True)
class Rule:
    """How one setting is read: `parse` raises ValueError on a value that is not `allowed`."""

    doc: str
    allowed: str
    parse: Callable[[str], Any]


def _choice(*allowed: str) -> tuple[str, Callable[[str], str]]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError
        return text

    return ", ".join(allowed), parse


def _number(low: int, high: int) -> tuple[str, Callable[[str], int]]:
    def parse(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError
        return number

    return f"a whole number from {low} to {high}", parse


def _url(*schemes: str) -> tuple[str, Callable[[str], str]]:
    def parse(text: str) -> str:
        if urlsplit(text).scheme not in schemes:
            raise ValueError
        return text

    return f"an address that begins with {' or '.join(f'{scheme}:' for scheme in schemes)}", parse


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError
    return f"{parts.scheme}://{parts.netloc}"


def _key(text: str) -> str:
    if len(text) < 32:
        raise ValueError
    return text


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _mail_address(text: str) -> str:
    named(text)
    return text


def _days(text: str) -> tuple[int, ...]:
    if text == "off":
        return ()
    days = sorted({int(word) for word in _words(text)}, reverse=True)
    if not days or days[0] > 365 or days[-1] < 1:
        raise ValueError
    return tuple(days)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _setting(default: Any, doc: str, allowed_and_parse: tuple[str, Callable[[str], Any]]) -> Any:
    allowed, parse = allowed_and_parse
    return field(default=default, metadata={"rule": Rule(doc, allowed, parse)})


@dataclass(frozen=True)
class Settings:
    """All that an operator can set. Each field is read from `LOTSE_` + its name in capitals."""

    mode: str = _setting(
        "demo", "demo: sample people, a stand-in LMS, a banner on every page. production: none of these.",
        _choice("demo", "production"),
    )
    data_dir: Path = _setting(Path("var"), "Folder for the database, the models and the logs.", ("a folder", _path))  # noqa: RUF009
    base_url: str = _setting(
        "http://localhost:8000", "The address under which people reach Lotse, as the LMS must see it.",
        ("http(s)://host[:port], without a path; https in production unless the host is localhost", _base_url),
    )
    secret_key: str = _setting(
        "", "Signs and encrypts. Empty: made at the first start and kept in the data folder (demo only).",
        ("at least 32 characters", _key),
    )
    secret_key_file: str = _setting(
        "", "A file that holds what LOTSE_SECRET_KEY would: for containers and service managers that hand secrets over as files.", ("a file", str),
    )
    database_url: str = _setting(
        "", "Empty: SQLite in the data folder.", _url("sqlite", "postgresql+psycopg"),
    )
    broker_url: str = _setting(
        "memory://", "memory:// runs background work inside the web processes; redis:// needs workers of its own.",
        _url("memory", "redis", "rediss"),
    )
    job_threads: int = _setting(2, "Threads for background work in each web process (memory:// only).", _number(1, 16))
    sweep_seconds: int = _setting(30, "How often stalled work is looked for.", _number(1, 3600))
    language: str = _setting("de", "Language for people whose browser asks for neither.", _choice("de", "en"))
    timezone: str = _setting("Europe/Berlin", "Time zone for dates on pages.", ("a name such as Europe/Berlin", str))
    session_hours: int = _setting(12, "Hours after which a sign-in ends.", _number(1, 168))
    max_request_mb: int = _setting(8, "Largest request that is read, in MB.", _number(1, 512))
    trusted_proxies: int = _setting(0, "How many reverse proxies stand in front (X-Forwarded-* is read).", _number(0, 5))
    outgoing_hosts: tuple[str, ...] = _setting(
        (), "host or host:port of private or plain-http servers that Lotse may call (an LMS inside the university).",
        ("names separated by spaces or commas", _words),
    )
    model: str = _setting(
        "default", "Embedded language model: none, small (93 MB, English) or default (1.1 GB, German and English).",
        _choice("none", "small", "default"),
    )
    embedded_model_path: str = _setting("", "A GGUF file of your own in place of the default model.", ("a file", str))
    daily_tokens: int = _setting(60_000, "Tokens that one learner may use on models in a day.", _number(0, 100_000_000))
    usage_days: int = _setting(
        400, "Days for which single calls of models are kept in the figures of use, without what was asked; after that only a course's tokens of a day remain.",
        _number(1, 3650),
    )
    sandbox_workers: int = _setting(
        4, "Most processes that run learners' Python in each web or worker process; they are started when needed.", _number(1, 64),
    )
    demo_lms_url: str = _setting(
        "", "Address of the demo's stand-in LMS. Empty: this machine, on the port after Lotse's.",
        ("http(s)://host[:port], without a path", _base_url),
    )
    lti11: str = _setting("off", "on: old platforms may launch by LTI 1.1 with a key and a secret, see lti11.md.", _choice("off", "on"))
    smtp_host: str = _setting("", "The university's mail server, see mail.md. Empty: Lotse sends no mail.", ("a name or address", str))
    smtp_port: int = _setting(0, "Its port. 0: 587 for starttls, 465 for tls, 25 for none.", _number(0, 65535))
    smtp_security: str = _setting(
        "starttls", "How the connection is encrypted; the server's certificate is checked. none only for a mail server on this machine.",
        _choice("starttls", "tls", "none"),
    )
    smtp_ca_file: str = _setting("", "Certificates (PEM) that the mail server's is checked with, in place of the system's.", ("a file", str))
    smtp_user: str = _setting("", "The name to sign in with at the mail server. Empty: without.", ("a name", str))
    smtp_password: str = _setting("", "The password for it.", ("a password", str))
    smtp_password_file: str = _setting("", "A file that holds what LOTSE_SMTP_PASSWORD would.", ("a file", str))
    mail_from: str = _setting(
        "", "Whose name stands in the mails, also for mails that come back: Lotse <lotse@uni.example>.", ("an e-mail address, with or without a name", _mail_address),
    )
    mail_reply_to: str = _setting("", "Where answers to them go. Empty: to LOTSE_MAIL_FROM.", ("an e-mail address, with or without a name", _mail_address))
    mail_per_minute: int = _setting(60, "Most mails that leave in a minute.", _number(1, 10_000))
    mail_days: int = _setting(7, "Days after which Lotse forgets to whom a mail went and what it said.", _number(1, 365))
    reminder_days: tuple[int, ...] = _setting(
        (60, 14), "How many days before a certificate expires its holder is reminded by mail.", ("numbers from 1 to 365 separated by spaces or commas, or off", _days),
    )
    imprint_url: str = _setting("", "Address of the imprint (Impressum), for the foot of every page.", _url("https", "http"))
    privacy_url: str = _setting("", "Address of the privacy notice.", _url("https", "http"))
    accessibility_url: str = _setting("", "Address of the accessibility statement.", _url("https", "http"))
    log_format: str = _setting("text", "text for people, json for log collectors.", _choice("text", "json"))

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ, **given: str) -> "Settings":
        """Read and check the whole table. `given` (by field name) wins over the environment.

        Raises SettingsError that lists every wrong value at once.
        """
        values: dict[str, Any] = {}
        wrong: list[str] = []
        for setting in fields(cls):
            rule: Rule = setting.metadata["rule"]
            name = PREFIX + setting.name.upper()
            text = given.get(setting.name, environ.get(name, ""))
            if not text:
                continue
            try:
                values[setting.name] = rule.parse(text)
            except ValueError:
                wrong.append(f"{name}={text if 'KEY' not in name and 'PASSWORD' not in name else '…'}: allowed is {rule.allowed}")
        wrong += [f"{name}: there is no such setting" for name in _unknown(environ)]
        if wrong:
            raise SettingsError("\n".join(wrong))
        return _complete(cls(**values))

    @property
    def production(self) -> bool:
        """True where real people's data is."""
        return self.mode == "production"

    @property
    def origin_is_local(self) -> bool:
        """True when only this machine's browsers reach Lotse (browsers treat it like https)."""
        return urlsplit(self.base_url).hostname in ("localhost", "127.0.0.1", "::1")


def _unknown(environ: Mapping[str, str]) -> list[str]:
    known = {PREFIX + setting.name.upper() for setting in fields(Settings)}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)


def _complete(settings: Settings) -> Settings:
    """Fill what depends on other settings, and refuse what production must not have."""
    wrong = []
    if settings.secret_key_file and settings.secret_key:
        wrong.append(f"{PREFIX}SECRET_KEY_FILE: please set this or {PREFIX}SECRET_KEY, not both")
    elif settings.secret_key_file:
        settings = replace_settings(settings, secret_key=_key_in(Path(settings.secret_key_file)))
        if not settings.secret_key:
            wrong.append(f"{PREFIX}SECRET_KEY_FILE: there is no key of at least 32 characters in it, or it cannot be read")
    elif settings.production and not settings.secret_key:
        wrong.append(f"{PREFIX}SECRET_KEY: production needs a key of its own, at least 32 characters (or {PREFIX}SECRET_KEY_FILE)")
    if urlsplit(settings.base_url).scheme == "http" and not settings.origin_is_local:
        wrong.append(f"{PREFIX}BASE_URL: browsers keep sign-ins only over https, or on localhost")
    wrong += _wrong_about_mail(settings)
    if wrong:
        raise SettingsError("\n".join(wrong))
    changes: dict[str, Any] = {}
    if not settings.database_url:
        changes["database_url"] = f"sqlite:///{settings.data_dir / 'lotse.sqlite3'}"
    if not settings.secret_key:
        changes["secret_key"] = _kept_key(settings.data_dir)
    if not settings.production:
        lms = settings.demo_lms_url or _beside(settings.base_url)
        changes["demo_lms_url"] = lms
        changes["outgoing_hosts"] = (*settings.outgoing_hosts, urlsplit(lms).netloc)
    return replace_settings(settings, **changes)


def _wrong_about_mail(settings: Settings) -> list[str]:
    wrong = []
    if settings.smtp_host and not settings.mail_from:
        wrong.append(f"{PREFIX}MAIL_FROM: a mail server is named, so this is needed, too")
    if settings.smtp_host and settings.smtp_security == "none" and settings.smtp_host not in ("localhost", "127.0.0.1", "::1"):
        wrong.append(f"{PREFIX}SMTP_SECURITY: none is for a mail server on this machine only; mails and passwords would be readable on the way")
    if settings.smtp_password and settings.smtp_password_file:
        wrong.append(f"{PREFIX}SMTP_PASSWORD_FILE: please set this or {PREFIX}SMTP_PASSWORD, not both")
    return wrong


def _key_in(path: Path) -> str:
    """The key in a file; empty when there is none that is long enough."""
    try:
        return _key(path.read_text().strip())
    except (OSError, ValueError):
        return ""


def _beside(base_url: str) -> str:
    """The next port under this machine's other name: to a browser another site, as a real LMS is."""
    parts = urlsplit(base_url)
    name = "localhost" if parts.hostname == "127.0.0.1" else "127.0.0.1"
    return f"http://{name}:{(parts.port or 80) + 1}"


def replace_settings(settings: Settings, **changes: Any) -> Settings:
    """A copy with other values (already parsed)."""
    return Settings(**{entry.name: changes.get(entry.name, getattr(settings, entry.name)) for entry in fields(settings)})


def _kept_key(data_dir: Path) -> str:
    """The demo's key, made once; two processes that start together agree because only one can create the file."""
    path = data_dir / "secret_key"
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text().strip()


def connect(app: Flask, chosen: Settings) -> None:
    """Keep the settings with the app."""
    app.extensions["settings"] = chosen


def settings() -> Settings:
    """The settings of the present app."""
    chosen: Settings = current_app.extensions["settings"]
    return chosen
