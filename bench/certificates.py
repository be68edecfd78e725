"""`./lotse bench certificates`: the processor time and memory that certificates cost, warm, of the sample certificate."""

import resource
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from app import create_app
from bench.report import Figure
from certificates import letterhead, pdf, sample
from certificates.credentials import sample as badges
from certificates.credentials.keys import SigningKey
from certificates.sealing.seal import seal
from certificates.sealing.settings import Sealer, sealer_of
from certificates.sheet import sheet
from core.config import Settings
from core.i18n import in_language

WARM, MEASURED, MANY = 5, 20, 100
LANGUAGE = "de"


def figures() -> list[Figure]:
    """All figures; the bar of a whole course's certificates is that of the engine that Moodle uses, which prints them untagged."""
    with _house() as (settings, sealer):
        key, now = SigningKey.generate(), datetime.now(UTC)
        badge = badges.signed(now, key)[1].encode()
        plain = _print(0, badge)

        def whole(number: int) -> None:
            seal(_print(number, badges.signed(now, key)[1].encode()), sealer, settings, issuer=badges.SNAPSHOT.issuer, language=LANGUAGE)

        one = _median(whole)
        printing = _median(lambda number: _print(number, badge))
        sealing = _median(lambda _: seal(plain, sealer, settings, issuer=badges.SNAPSHOT.issuer, language=LANGUAGE))
        before = _memory()
        for number in range(MANY):
            whole(number)
        grown = _memory() - before
    return [
        Figure("one, warm, with its badge, sealed", one, "ms CPU", 130, at_least=False),
        Figure("each of a course, before sealing", printing, "ms CPU", 12, at_least=False),
        Figure("sealing", sealing, "ms CPU", 20, at_least=False),
        Figure(f"memory that {MANY} more take", grown, "MB", 10, at_least=False),
    ]


@contextmanager
def _house() -> Iterator[tuple[Settings, Sealer]]:
    with TemporaryDirectory() as data:
        settings = Settings.from_env({}, database_url=f"sqlite:///{data}/none.sqlite3", data_dir=data, secret_key="x" * 40, model="none")
        sample.throw_away_seal(Path(data), badges.SNAPSHOT.issuer)
        sealer = sealer_of(badges.SLUG, Path(data))
        assert sealer is not None
        with create_app(settings, testing=True).app_context(), in_language(LANGUAGE):
            yield settings, sealer


def _print(number: int, badge: bytes) -> bytes:
    said = replace(badges.SNAPSHOT, name=f"Erika Mustermann {number}", number=f"{badges.SNAPSHOT.number[:-6]}{number:06d}")
    return pdf.write(sheet(said, LANGUAGE), pdf.Look.of(letterhead.default()), LANGUAGE, said.issued_on, badge)


def _median(work: Callable[[int], object]) -> float:
    taken = []
    for number in range(WARM + MEASURED):
        began = time.process_time()
        work(number)
        taken.append(time.process_time() - began)
    return round(1000 * statistics.median(taken[WARM:]), 2)


def _memory() -> float:
    """The most that the process has taken so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
