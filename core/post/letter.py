"""What a mail says: one source for its plain text and its HTML, so that both say the same."""

import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import current_app
from jinja2 import Environment, Template

from core.config import settings

WIDTH = 72


@dataclass(frozen=True)
class Link:
    """Where something is to be done or read."""

    label: str
    address: str


@dataclass(frozen=True)
class Letter:
    """A mail in the words of one language. No names, no files: a link leads to what it tells of."""

    language: str
    subject: str
    greeting: str
    paragraphs: tuple[str, ...]
    link: Link | None
    after: tuple[str, ...]
    sender: str                                            # whose mail it is
    small: tuple[str, ...]                                 # why one gets it
    unsubscribe: Link | None = None


def address_of(endpoint: str, **values: object) -> str:
    """The full address of a page, also where there is no request; never that of a launch, which only its browser can open."""
    return settings().base_url + current_app.url_map.bind("lotse").build(endpoint, values)


def plain(letter: Letter) -> str:
    """The mail as plain text. Addresses stand on lines of their own and are not broken."""
    parts = [letter.greeting, *letter.paragraphs]
    if letter.link:
        parts.append(f"{letter.link.label}:\n{letter.link.address}")
    parts += [*letter.after, letter.sender]
    small = [*letter.small]
    if letter.unsubscribe:
        small.append(f"{letter.unsubscribe.label}:\n{letter.unsubscribe.address}")
    return "\n\n".join(map(_wrapped, parts)) + "\n\n-- \n" + "\n".join(map(_wrapped, small)) + "\n"


def _wrapped(part: str) -> str:
    return "\n".join(textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False) for line in part.split("\n"))


def html(letter: Letter) -> str:
    """The mail as a small page: no pictures, nothing that is loaded, nothing that counts who reads it."""
    return _page().render(letter=letter)


@cache
def _page() -> Template:
    """Beside the code, not among the pages: it is sent, no browser shows it under our Content Security Policy, and it asks for nobody's session."""
    return Environment(autoescape=True).from_string((Path(__file__).parent / "letter.html").read_text("utf-8"))
