"""When what Lotse signs was made, and until when it holds."""

SET_BACK = 10                          # seconds: Moodle refuses what is 2 s ahead of its own clock


def dated(now: float, life: int) -> dict[str, int]:
    """`iat` and `exp` of a token that is sent now and holds for `life` seconds."""
    issued = int(now) - SET_BACK
    return {"iat": issued, "exp": issued + life}
