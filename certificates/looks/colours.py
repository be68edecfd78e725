"""Colours, and whether a text in one of them can be read on white."""

import re

HEX = re.compile(r"#[0-9a-fA-F]{6}")
LEAST_CONTRAST = 4.5                   # WCAG 2.2 AA


def contrast(colour: str, other: str = "#ffffff") -> float:
    """The ratio of WCAG 2.2, from 1 to 21."""
    light, dark = sorted((_luminance(colour), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def is_readable(colour: str) -> bool:
    """Whether text in this colour can be read on white, and white text on it."""
    return contrast(colour) >= LEAST_CONTRAST


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
