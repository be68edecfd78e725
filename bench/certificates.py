"""`./lotse bench certificates`: the processor time and memory that certificates cost, warm, of the sample certificate."""

import resource
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
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
from certificates.snapshot import Snapshot
from core.config import Settings
from core.i18n import in_language

WARM, MEASURED, MANY = 5, 40, 500
LANGUAGE = "de"
NAMES = ("Erika Mustermann", "Max Müller", "Dr. Anna-Katharina Müßiggang", "Łukasz Żółć", "Nguyễn Thị Ánh", "Seán Ó Briain", "Ada Lovelace")


def figures() -> list[Figure]:
    """All figures; the bar of a whole course's certificates is that of the engine that Moodle uses, which prints them untagged."""
    with _house() as (settings, sealer):
        now, key = datetime.now(UTC), SigningKey.generate()

        def sealed(content: bytes) -> None:
            seal(content, sealer, settings, issuer=badges.SNAPSHOT.issuer, language=LANGUAGE)

        def whole(number: int) -> bytes:
            pdf.forget()
            return _certificate(number, now, key)

        plain = _certificate(0, now, key)
        took = _taken({"one": lambda number: sealed(whole(number)), "printing": whole, "sealing": lambda _: sealed(plain)})
        took |= _taken({
            "placing": lambda number: [_certificate(len(NAMES) * number + name, now, key) for name in range(len(NAMES))],
            "signing": lambda number: [badges.signed(now, key, _snapshot(len(NAMES) * number + name)) for name in range(len(NAMES))],
        })
        before = _memory()
        for number in range(MANY):
            sealed(_certificate(number, now, key))
        grown = _memory() - before
    return [
        Figure("one, warm, with its badge, sealed", took["one"], "ms CPU", 130, at_least=False),
        Figure("each of a course, with its badge, before sealing", round(took["placing"] / len(NAMES), 2), "ms CPU", 12, at_least=False),
        Figure("of these the badge", round(took["signing"] / len(NAMES), 2), "ms CPU"),
        Figure("a page that was not printed before, with its badge", took["printing"], "ms CPU"),
        Figure("sealing", took["sealing"], "ms CPU", 20, at_least=False),
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


def _certificate(number: int, now: datetime, key: SigningKey) -> bytes:
    said = _snapshot(number)
    badge = badges.signed(now, key, said)[1].encode()
    return pdf.write(sheet(said, LANGUAGE), pdf.Look.of(letterhead.default()), LANGUAGE, said.issued_on, badge)


def _snapshot(number: int) -> Snapshot:
    """One of a course: name, number and address are its own."""
    said = badges.SNAPSHOT
    return replace(
        said, name=f"{NAMES[number % len(NAMES)]} {number}", number=f"{said.number[:-6]}{number:06d}",
        address=f"{badges.BASE}/z/{secrets.token_urlsafe(16)}",
    )


def _taken(works: Mapping[str, Callable[[int], object]]) -> dict[str, float]:
    """The processor time of each, in ms.

    They take turns, and the least counts, as Python's timeit advises: on a machine that others share, the same instructions take up to
    twice as long, for seconds at a time, which says nothing of the certificates.
    """
    taken: dict[str, list[float]] = {name: [] for name in works}
    for number in range(WARM + MEASURED):
        for name, work in works.items():
            began = time.process_time()
            work(number)
            taken[name].append(time.process_time() - began)
    return {name: round(1000 * min(times[WARM:]), 2) for name, times in taken.items()}


def _memory() -> float:
    """The most that the process has taken so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
