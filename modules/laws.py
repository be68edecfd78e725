"""Legal statements of a course as learners see them: the course's words, or the organisation's own where they are as new.

Law changes faster than editions. So a module writes what the law says as a block `law` with a topic and a day, and an
organisation can say it anew for all of its courses. Who keeps such texts registers here when the house opens (app.py).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from urllib.parse import urlsplit

from flask import render_template
from markupsafe import Markup

from core.i18n import in_language
from modules.split import Law

BOXES_KEPT = 1024


@dataclass(frozen=True)
class Note:
    """A statement as the course has it, rendered."""

    topic: str
    as_of: date
    source: str
    html: str
    language: str
    title: str = ""


@dataclass(frozen=True)
class Own:
    """What an organisation says about a topic, in each language, and from which day on. Plain text."""

    as_of: date
    source: str
    texts: Mapping[str, str]

    def overtaken_by(self, as_of: date) -> bool:
        """Whether a course's statement of that day is newer."""
        return self.as_of < as_of


OwnTexts = Callable[[Collection[str]], Mapping[str, Own]]
_registered: list[OwnTexts] = []


def register(own_texts: OwnTexts) -> None:
    """Offer the texts that hold today, by topic, for the organisation that the session acts for. Called once when the house opens."""
    _registered[:] = [own_texts]


def place_of(topic: str) -> str:
    """Where a page has the statement; no question has such an id."""
    return f"_law-{topic}"


def note_of(law: Law, html: str, language: str) -> Note | None:
    """A statement of a course, with its text rendered; None where the check has something against it."""
    return Note(law.topic, law.as_of, law.source, html, language, law.title) if law.topic and law.as_of else None


def draw(notes: Iterable[Note]) -> dict[str, Markup]:
    """The statements of a page as HTML, by their places."""
    notes = tuple(notes)
    own = _own({note.topic for note in notes})
    return {place_of(note.topic): _drawn(note, own.get(note.topic)) for note in notes}


def _own(topics: Collection[str]) -> Mapping[str, Own]:
    return _registered[0](topics) if topics and _registered else {}


def _drawn(note: Note, own: Own | None) -> Markup:
    if own is None or own.overtaken_by(note.as_of):
        return _box(note.html, note.as_of, note.source, note.language, note.title, False)
    return _box(paragraphs(own.texts[note.language]), own.as_of, own.source, note.language, note.title, True)


def paragraphs(text: str) -> Markup:
    """Plain text as HTML; an empty line begins a new paragraph."""
    parts = "\n".join(line.strip() for line in text.splitlines()).split("\n\n")
    return Markup("\n").join(Markup("<p>{}</p>").format(part.strip()) for part in parts if part.strip())


@lru_cache(maxsize=BOXES_KEPT)
def _box(html: str, as_of: date, source: str, language: str, title: str, own: bool) -> Markup:
    """One statement with its day and its source, in the language of the text around it."""
    with in_language(language):
        return Markup(render_template(  # noqa: S704 - our template; the text was sanitised or escaped
            "modules/law.html", html=html, as_of=as_of, source=source, host=urlsplit(source).hostname or source, title=title, own=own,
        ))
