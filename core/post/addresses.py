"""E-mail addresses as mail servers take them. Pure: texts in, texts out."""

from dataclasses import dataclass
from email.errors import HeaderParseError, MessageError
from email.headerregistry import Address

import idna

LONGEST = 254


class UnusableAddressError(ValueError):
    """Nothing can be sent to this address; the text says why, without the address."""


@dataclass(frozen=True)
class Mailbox:
    """An address for the envelope and the header. `international`: only servers with SMTPUTF8 take it (RFC 6531)."""

    local: str
    domain: str                                            # in ASCII (IDNA 2008)

    @property
    def spec(self) -> str:
        """local@domain."""
        return f"{self.local}@{self.domain}"

    @property
    def international(self) -> bool:
        """Whether there are letters beyond ASCII before the @."""
        return not self.local.isascii()


def mailbox(given: str) -> Mailbox:
    """Read one plain address, without a name. Raises UnusableAddressError."""
    given = given.strip()
    if not given.isprintable() or any(letter.isspace() for letter in given):
        raise UnusableAddressError("the address has spaces or control characters in it")
    local, _, domain = given.rpartition("@")
    if not local or not domain:
        raise UnusableAddressError("the address is not of the form name@domain")
    try:
        ascii_domain = idna.encode(domain.rstrip("."), uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise UnusableAddressError("the part after the @ is no domain") from error
    if "." not in ascii_domain and ascii_domain != "localhost":
        raise UnusableAddressError("the part after the @ is no domain")
    found = Mailbox(local, ascii_domain)
    if len(found.spec.encode()) > LONGEST or len(local.encode()) > 64:
        raise UnusableAddressError("the address is too long")
    _must_be_plain(local)
    return found


def named(given: str) -> Address:
    """Read an address that may have a name: `Lotse <lotse@uni.example>`. Raises UnusableAddressError."""
    name, bracket, rest = given.strip().rpartition("<")
    found = mailbox(rest.removesuffix(">") if bracket else given)
    if found.international or not name.isprintable():
        raise UnusableAddressError("the address has letters in it that mail servers do not take")
    return Address(name.strip().strip('"').strip(), found.local, found.domain)


def _must_be_plain(local: str) -> None:
    """No quoted local parts: nobody has one, and they are where parsers disagree."""
    try:
        parsed = Address(addr_spec=f"{local}@example.org")
    except (HeaderParseError, MessageError, ValueError, IndexError) as error:
        if local.isascii() or any(letter in local for letter in '"(),:;<>@[\\]'):
            raise UnusableAddressError("the part before the @ has characters in it that are not allowed") from error
        return
    if parsed.username != local or local.startswith('"'):
        raise UnusableAddressError("the part before the @ has characters in it that are not allowed")
