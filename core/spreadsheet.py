"""What goes into tables for spreadsheets."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: object) -> str:
    """A text that no spreadsheet takes for a formula: names come from the users of platforms and from gateways (OWASP, CSV injection)."""
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) or text.startswith(_FORMULA) else text
