"""Base58 as Bitcoin writes it, behind the multibase letter z: keys and signatures of Data Integrity are written so."""

_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_LETTERS)}
LONGEST = 200
"""Characters; decoding takes time by the square of the length, and keys and signatures are shorter than 100."""


class Base58Error(ValueError):
    """A text is not written so."""


def multibase(content: bytes) -> str:
    """Bytes as text."""
    number, letters = int.from_bytes(content, "big"), ""
    while number:
        number, value = divmod(number, 58)
        letters = _LETTERS[value] + letters
    zeros = len(content) - len(content.lstrip(b"\0"))
    return "z" + _LETTERS[0] * zeros + letters


def from_multibase(text: str) -> bytes:
    """Bytes from text. Raises Base58Error."""
    if not text.startswith("z") or len(text) > LONGEST or not set(text) <= _VALUES.keys():
        raise Base58Error(f"{text[:20]!r} is not Base58 with the letter z before it")
    digits = text.removeprefix("z")
    number = 0
    for letter in digits:
        number = number * 58 + _VALUES[letter]
    zeros = len(digits) - len(digits.lstrip(_LETTERS[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
