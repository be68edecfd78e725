"""What a server says of how much it still answers: Kong's and LiteLLM's headers, and the draft of the IETF.

Some count below zero, and some send words: what is no number is left out, nothing is less than zero, and nothing endless.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

MOST = 10**12
OF = ("minute", "hour", "day", "month", "requests", "tokens", "")  # "": the server does not say of what
_KNOWN = frozenset(f"{part}-{of}".removesuffix("-") for part in ("limit", "remaining") for of in OF)


@dataclass(frozen=True)
class Left:
    """How much of something (see OF) a server still answers, and of how much in all; None: it did not say."""

    of: str
    remaining: int
    limit: int | None


def limits_of(headers: Mapping[str, str]) -> dict[str, int]:
    """What stands in the headers of an answer, such as {"remaining-minute": 28, "limit-minute": 30}."""
    found = {}
    for name, value in headers.items():
        plain = name.casefold().removeprefix("x-").removeprefix("litellm-").removeprefix("key-")
        known = plain.removeprefix("ratelimit-")
        if plain.startswith("ratelimit-") and known in _KNOWN:
            with suppress(ValueError, OverflowError):
                found[known] = min(MOST, max(0, int(float(value))))
    return found


def left(limits: Mapping[str, int]) -> list[Left]:
    """What of it people can read, in the order of OF. What is said of nothing in particular repeats the tightest of the others."""
    found = [
        Left(of, limits[name], limits.get(f"limit-{of}".removesuffix("-")))
        for of in OF if (name := f"remaining-{of}".removesuffix("-")) in limits
    ]
    return [entry for entry in found if entry.of] or found
