"""What people type into forms."""


def whole(typed: str, digits: int) -> int | None:
    """A whole number from 0 on, of at most so many digits; None for anything else that a form or an address may bring."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= digits else None


def visible(typed: str | None) -> str | None:
    """A text without what cannot be seen, as a filter of fields: pasted control characters, and NUL, which PostgreSQL cannot hold."""
    return "".join(letter for letter in typed if letter.isprintable() or letter.isspace()) if typed else typed
