"""What looks like personal data in a prompt: a warning before sending, not a promise to find everything (names are not found)."""

import re

from core.i18n import N_

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_PHONE = re.compile(r"(?<![\w.,-])(?:\+|00)[1-9]\d{0,2}[ ()/-]{0,3}\d(?:[ ()/-]{0,2}\d){6,12}(?!\w)|(?<![\w.,-])\(?0[1-9]\d{1,4}\)?[ /-]{1,3}\d(?:[ -]?\d){3,9}(?!\w)")
_STUDENT = re.compile(r"\b(?:matrikel\w*|matr\.?|student id|student number|enrolment number)\D{0,20}\d{5,10}\b", re.IGNORECASE)
_BIRTH = re.compile(r"\b(?:geboren|geburts\w+|geb\.|born|date of birth|birthday)\D{0,20}\d{1,4}[./-]\d{1,2}[./-]\d{1,4}", re.IGNORECASE)


def personal_data(text: str) -> tuple[str, ...]:
    """Message ids for the sorts of personal data that the text seems to hold."""
    found = {
        N_("an e-mail address"): _EMAIL.search(text),
        N_("a bank account (IBAN)"): any(_is_iban(match[0]) for match in _IBAN.finditer(text)),
        N_("a telephone number"): _PHONE.search(text),
        N_("a matriculation number"): _STUDENT.search(text),
        N_("a date of birth"): _BIRTH.search(text),
    }
    return tuple(name for name, hit in found.items() if hit)


def _is_iban(text: str) -> bool:
    """ISO 13616: moved to the end and read as numbers, the first four signs make the rest 1 modulo 97."""
    digits = text.replace(" ", "")
    moved = digits[4:] + digits[:4]
    return int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1
