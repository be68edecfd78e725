"""Use cases about legal statements in courses: which there are, and what the organisation says in their place."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from certificates.service import today_here
from courses import service as courses
from modules.laws import Note, Own
from modules.service import page, parsed
from modules.views import edition_language
from reports import legal, service
from reports.legal import LegalText


@dataclass(frozen=True)
class Use:
    """A statement where a course has it, in its newest edition."""

    course: str
    module: str
    note: Note


@dataclass(frozen=True)
class Topic:
    """What courses say about a topic, and what the organisation says, the newest text first."""

    name: str
    uses: tuple[Use, ...]
    texts: tuple[LegalText, ...]
    own: LegalText | None               # the one that holds today

    @property
    def title(self) -> str:
        """What it is about in words, as the first course that has them says; without any, the name."""
        return next((use.note.title for use in self.uses if use.note.title), self.name)

    @property
    def overtaken(self) -> bool:
        """Whether a course has a newer statement than the organisation's own text."""
        return self.own is not None and any(self.overtaken_in(use) for use in self.uses)

    def overtaken_in(self, use: Use) -> bool:
        """Whether this course's statement is newer than the organisation's own text."""
        return self.own is not None and _own(self.own).overtaken_by(use.note.as_of)


def own_texts(topics: Collection[str]) -> Mapping[str, Own]:
    """The organisation's own texts that hold today, by topic."""
    today = today_here()
    holding = {topic: legal.on(texts, today) for topic, texts in service.own_texts(topics).items()}
    return {topic: _own(text) for topic, text in holding.items() if text}


def topics() -> list[Topic]:
    """All topics that courses of the organisation have, and those that it has written about, by title."""
    own, today = service.own_texts(), today_here()
    uses: dict[str, list[Use]] = {name: [] for name in own if name != service.EVIDENCE}
    for use in _uses():
        uses.setdefault(use.note.topic, []).append(use)
    found = (_topic(name, uses[name], own.get(name, []), legal.on(own.get(name, []), today)) for name in uses)
    return sorted(found, key=lambda topic: (topic.title.casefold(), topic.name))


def _topic(name: str, uses: list[Use], texts: list[LegalText], own: LegalText | None) -> Topic:
    newest_first = sorted(enumerate(texts), key=lambda written: (written[1].valid_from, written[0]), reverse=True)
    return Topic(name, tuple(uses), tuple(text for _number, text in newest_first), own)


def _uses() -> Iterator[Use]:
    for course in courses.courses():
        edition_id = courses.newest_edition(course.id).id
        edition, language = parsed(edition_id), edition_language(edition_id)
        for module in edition.course.modules:
            if any(source.laws for source in module.sources.values()):
                text = page(edition_id, module.id, language)
                yield from (Use(edition.title(language), text.title, note) for note in text.laws)


def _own(text: LegalText) -> Own:
    return Own(text.valid_from, text.source, {"de": text.de, "en": text.en})
