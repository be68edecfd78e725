"""Results that are kept in the process, and made by one thread only.

`functools.lru_cache` lets everybody who misses make the same thing at once. After a start all readers of a course come
together, and reading a module takes a tenth of a second of CPU: then each of them would wait for all the others' work.
"""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Made = TypeVar("Made")


class OnceEach(Generic[Arguments, Made]):
    """Remembers what `make` gave for the same (positional, hashable) arguments; of more than `most` the oldest goes."""

    def __init__(self, make: Callable[Arguments, Made], most: int) -> None:
        self.make = make
        self._most = most
        self._known: dict[Hashable, Made] = {}
        self._making = threading.RLock()

    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Made:
        """What is known, or what `make` gives now. Errors are not remembered."""
        if kwargs:
            raise TypeError("only positional arguments are compared")
        if args in self._known:
            return self._known[args]
        with self._making:
            if args in self._known:
                return self._known[args]
            made = self.make(*args, **kwargs)
            while len(self._known) >= self._most:
                del self._known[next(iter(self._known))]
            self._known[args] = made
            return made

    def cache_clear(self) -> None:
        """Throw everything away (tests: another database may use the same numbers)."""
        self._known.clear()


def once_each(most: int) -> Callable[[Callable[Arguments, Made]], OnceEach[Arguments, Made]]:
    """Decorate a function whose results never change."""
    return lambda make: OnceEach(make, most)
