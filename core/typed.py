"""What people type into forms."""


def visible(typed: str | None) -> str | None:
    """A text without what cannot be seen, as a filter of fields: pasted control characters, and NUL, which PostgreSQL cannot hold."""
    return "".join(letter for letter in typed if letter.isprintable() or letter.isspace()) if typed else typed
