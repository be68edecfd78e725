"""One pool of real workers for all tests of a process."""

from collections.abc import Iterator

import pytest

from exercises.sandbox.build import build
from exercises.sandbox.pool import Pool


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    pool = Pool(build(), 2)
    yield pool
    pool.close()
