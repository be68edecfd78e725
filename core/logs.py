"""Structured logs without personal data: events, ids and counts, never names, answers, prompts or keys."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from core.config import Settings

_SECRET = re.compile(r"(authorization|cookie|password|secret|token|key|name|email|answer|prompt)", re.IGNORECASE)
_ALLOWED = {"logger_name", "tokens", "task_name"}


def connect(settings: Settings) -> None:
    """Set up structlog; the standard library's loggers go the same way."""
    renderer: Any = structlog.processors.JSONRenderer() if settings.log_format == "json" else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            withhold,
            structlog.processors.format_exc_info,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)


def withhold(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Last line of defence: a field whose name speaks of a secret or a person is not written."""
    for field in list(event):
        if field not in _ALLOWED and _SECRET.search(field):
            event[field] = "withheld"
    return event
