"""What looks like personal data, or like a secret, in a prompt or a program: a warning before sending, not a promise to find everything.

Names are not found. Each pattern takes time in proportion to the text at most: whatever repeats in it has an upper bound.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from core.i18n import N_


class _Pattern(NamedTuple):
    """What is looked for, and what decides whether a match is one (a check digit)."""

    expression: re.Pattern[str]
    holds: Callable[[str], bool] = lambda _: True


def personal_data(text: str) -> tuple[str, ...]:
    """Message ids for the sorts of personal data that the text seems to hold."""
    return tuple(
        name for name, patterns in _PATTERNS.items()
        if any(pattern.holds(match[match.lastgroup or 0]) for pattern in patterns for match in pattern.expression.finditer(text))
    )


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


def _is_iban(text: str) -> bool:
    """ISO 13616: moved to the end and read as numbers, the first four signs make the rest 1 modulo 97."""
    signs = text.replace(" ", "")
    moved = signs[4:] + signs[:4]
    return int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1


def _is_card(text: str) -> bool:
    """ISO/IEC 7812 (Luhn): every second digit from the right doubled, the sum of all digits divisible by 10."""
    digits = [int(sign) for sign in _digits(text)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1


def _is_tax_number(text: str) -> bool:
    """§ 139b AO: eleven digits, of the first ten exactly one digit twice or thrice, the last by ISO 7064 MOD 11,10."""
    digits = [int(sign) for sign in _digits(text)]
    counts = sorted(digits[:10].count(digit) for digit in set(digits[:10]))
    if counts[-1] not in (2, 3) or counts[-2] > 1:
        return False
    product = 10
    for digit in digits[:10]:
        product = ((digit + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == digits[10]


def _is_pension_number(text: str) -> bool:
    """§ 4 VKVV: the letter as two digits, weighted, the sum of the digits of all products modulo 10."""
    signs = text.replace(" ", "")
    digits = f"{signs[:8]}{ord(signs[8]) - 64:02d}{signs[9:11]}"
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    return sum(sum(divmod(int(digit) * weight, 10)) for digit, weight in zip(digits, weights, strict=True)) % 10 == int(signs[11])


def _is_address(text: str) -> bool:
    """Of machines: four numbers to 255 that lead to somebody, not to the own machine or network, as in every manual."""
    numbers = [int(number) for number in text.split(".")]
    local = numbers[0] in (0, 10, 127) or numbers[:2] in ([192, 168], [169, 254]) or (numbers[0] == 172 and 16 <= numbers[1] <= 31)
    return max(numbers) <= 255 and not local and numbers[0] < 224 and numbers[:3] not in ([192, 0, 2], [198, 51, 100], [203, 0, 113]) and len(set(numbers)) > 1


def _is_secret(text: str) -> bool:
    """Not an empty place, not a call in a program, and not a plain word: "the password is important" tells none."""
    plain = text.strip("\"'").rstrip(".!?)\"'").casefold()
    mixed = any(sign.isdigit() for sign in plain) or any(not sign.isalnum() for sign in plain[1:])
    return len(plain) >= 6 and len(set(plain)) > 3 and mixed and not any(word in plain for word in _NO_SECRETS)


_NO_SECRETS = ("xxx", "example", "beispiel", "your", "…", "...", "<", "{", "$", "(", "[", "environ")
_I = re.IGNORECASE
_NEAR = r"[^\w\n]{0,4}(?:[a-zäöüß]{1,15}[^\w\n]{1,4}){0,3}"     # a few words between a name and its number
_STREET = r"(?:straße|strasse|str\.|weg|allee|platz|gasse|ring|damm|ufer|chaussee|street|road|avenue|lane|drive)"
_PATTERNS: Mapping[str, tuple[_Pattern, ...]] = {
    N_("an e-mail address"): (_Pattern(re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")),),
    N_("a bank account (IBAN)"): (_Pattern(re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"), _is_iban),),
    N_("a telephone number"): (_Pattern(re.compile(
        r"(?<![\w.,-])(?:\+|00)[1-9]\d{0,2}[ ()/-]{0,3}\d(?:[ ()/-]{0,2}\d){6,12}(?!\w)|(?<![\w.,-])\(?0[1-9]\d{1,4}\)?[ /-]{1,3}\d(?:[ -]?\d){3,9}(?!\w)"
    )), _Pattern(re.compile(rf"\b(?:tel|telefon|handy|mobil|mobile|phone|call me){_NEAR}0\d{{7,13}}\b", _I))),
    N_("a matriculation number"): (_Pattern(re.compile(
        rf"\b(?:matrikel\w{{0,12}}|matr\.?|student id|student number|enrolment number){_NEAR}\d{{5,10}}\b", _I
    )),),
    N_("a date of birth"): (_Pattern(re.compile(
        rf"\b(?:geboren|geburts\w{{1,12}}|geb\.|born|date of birth|dob|birthday){_NEAR}(?:\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}|\d{{1,2}}\.? ?(?:jan|feb|mär|mar|apr|mai|may|jun|jul|aug|sep|okt|oct|nov|dez|dec)\w{{0,7}}\.? \d{{4}})", _I
    )),),
    N_("a tax number"): (_Pattern(re.compile(r"(?<![\w.,-])(?:\d{11}|\d{2} \d{3} \d{3} \d{3})(?![\w-])"), _is_tax_number),),
    N_("a postal address"): (_Pattern(re.compile(
        rf"\b[A-ZÄÖÜ][\wäöüß.-]{{0,40}}[ -]?{_STREET}\s\d{{1,4}} ?[a-z]?\b[,\s]{{1,4}}(?:D-)?\d{{5}}\s[A-ZÄÖÜ]", _I
    )), _Pattern(re.compile(rf"\b\d{{1,5}} [A-Z]\w{{1,30}} {_STREET}\b[^\n]{{0,60}}\b(?:[A-Z]{{1,2}}\d[A-Z\d]? ?\d[A-Z]{{2}}|[A-Z]{{2}} \d{{5}})\b", _I))),
    N_("a credit card"): (_Pattern(re.compile(r"(?<![\w.,-])[3-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{3,4}(?![\w-])"), _is_card),),
    N_("the network address of a machine (IP)"): (_Pattern(re.compile(r"(?<![\w.])(?<!ersion )\d{1,3}(?:\.\d{1,3}){3}(?![\w.]?\d)"), _is_address),),
    N_("a number of an identity card or of social insurance"): (
        _Pattern(re.compile(rf"\b(?:personalausweis\w{{0,8}}|ausweis\w{{0,8}}|reisepass\w{{0,8}}|passport|identity card|id card){_NEAR}(?=[A-Z0-9]{{0,8}}\d)[A-Z0-9]{{8,10}}\b", _I)),
        _Pattern(re.compile(r"(?<![\w.,-])\d{2} ?\d{6} ?[A-Z] ?\d{3}(?!\w)"), _is_pension_number),
        _Pattern(re.compile(rf"\b(?:social security|ssn){_NEAR}\d{{3}}-?\d{{2}}-?\d{{4}}\b", _I)),
    ),
    N_("a password or a key"): (
        _Pattern(re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----")),
        _Pattern(re.compile(r"\b(?:sk-[A-Za-z0-9_-]{20,200}|gh[pousr]_[A-Za-z0-9]{30,200}|glpat-[\w-]{20,60}|AKIA[A-Z0-9]{16}|xox[abpr]-[\w-]{10,200}|hf_[A-Za-z0-9]{30,60})")),
        _Pattern(re.compile(r"\b(?:passwor[dt]|kennwort|passwd|pwd|pin|api[ _-]?key|secret[ _-]?key|access[ _-]?token)\b\"?'?\s{0,3}(?:[:=]|ist|is|lautet)\s{0,3}(?P<secret>[^\s,;]{1,100})", _I), _is_secret),
    ),
}
