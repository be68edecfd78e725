"""What a server says of how much it still answers: Kong's and LiteLLM's headers, and the draft of the IETF.

Some count below zero, and some send words: what is no number is left out, and nothing is less than zero.
"""

from collections.abc import Mapping
from contextlib import suppress

MOST = 10**12
_KEPT = ("limit", "remaining", "reset")


def limits_of(headers: Mapping[str, str]) -> dict[str, int]:
    """What stands in the headers of an answer, such as {"remaining-minute": 28, "limit-minute": 30}."""
    found = {}
    for name, value in headers.items():
        plain = name.casefold().removeprefix("x-").removeprefix("litellm-")
        plain = plain.removeprefix("key-")
        if plain.startswith("ratelimit-") and plain.removeprefix("ratelimit-").startswith(_KEPT):
            with suppress(ValueError, OverflowError):
                found[plain.removeprefix("ratelimit-")] = min(MOST, max(0, int(float(value))))
    return found
