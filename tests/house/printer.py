"""Workers that award and print the certificates of a class at the same moment; some stay where a test wants to kill them.

python -m tests.house.printer RUN_ID FOLDER: one process for each stage, which leaves a mark in the folder when it is there and
waits for the end. Another one waits for all marks and prints whatever is left; with it the program ends, the others stay.
"""

import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn

import weasyprint  # noqa: F401 - imported once for all workers
from sqlalchemy import select

from app import create_app
from certificates import bulk, pdf, service
from certificates.models import Certificate
from certificates.sealing import pades, seal  # noqa: F401 - as above
from certificates.tasks import print_certificate
from core import db
from courses.models import Run

STAGES = ("print", "seal", "store")    # before the page is laid out, before it is sealed, before it is stored
SECONDS = 60


def work(run_id: int, stage: str, folder: Path) -> None:
    """Confirm everybody's participation, as others do at the same moment; then print."""
    with create_app().app_context():
        db.act_for(_organisation_of(run_id))
        bulk.confirm(run_id, [entry.enrolment_id for entry in bulk.entries(run_id)])
        ids = list(db.session.scalars(select(Certificate.id).order_by(Certificate.id)))
        db.session.commit()
        if stage:
            _stay(stage, folder)
            ids = [ids[STAGES.index(stage)]]
        else:
            _await_marks(folder)
        for certificate_id in ids:
            print_certificate(certificate_id)


def _organisation_of(run_id: int) -> int:
    with db.unscoped():
        return db.session.scalars(select(Run.organisation_id).where(Run.id == run_id)).one()


def _stay(stage: str, folder: Path) -> None:
    def here() -> NoReturn:
        (folder / f"at-{stage}").touch()
        while True:
            signal.pause()

    def sealed_and_here(*given: Any, **named: Any) -> NoReturn:
        whole(*given, **named)
        here()

    whole = seal.seal
    if stage == "print":
        vars(pdf)["write"] = lambda *_, **__: here()
    else:
        vars(service)["seal"] = (lambda *_, **__: here()) if stage == "seal" else sealed_and_here


def _await_marks(folder: Path) -> None:
    end = time.monotonic() + SECONDS
    while not all((folder / f"at-{stage}").exists() for stage in STAGES) and time.monotonic() < end:
        time.sleep(0.02)


def main(run_id: int, folder: Path) -> int:
    """Fork the workers, so that what takes long is imported once; the exit code of the one that nobody stops."""
    for stage in STAGES:
        _fork(run_id, stage, folder)
    return os.waitstatus_to_exitcode(os.waitpid(_fork(run_id, "", folder), 0)[1])


def _fork(run_id: int, stage: str, folder: Path) -> int:
    child = os.fork()
    if child == 0:
        try:
            work(run_id, stage, folder)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2])))
