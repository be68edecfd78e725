"""Work of pyHanko's, which runs event loops of its own: a thread that has one already would not let it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


def apart(work: Callable[[], T]) -> T:
    """Do it in a thread without a loop, with the caller's context (time limits, language); wait for it."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="seal") as threads:
        return threads.submit(copy_context().run, work).result()
