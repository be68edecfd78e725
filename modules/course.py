"""What a course consists of once its folder has been read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modules.blocks import Block
from modules.easy import written_in
from modules.findings import Finding
from modules.split import Law, Prose, Segment


@dataclass(frozen=True)
class Competence:
    """Something that learners can do afterwards; questions and modules refer to it by id."""

    id: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    audience: tuple[str, ...]
    references: Mapping[str, Any]  # framework → places in it, as the author wrote them
    planned: bool                  # a module that teaches it is still to be written
    line: int


@dataclass(frozen=True)
class ModuleSource:
    """A module in one language, or in easy language (modules.easy)."""

    path: str
    language: str
    id: str
    title: str
    minutes: int
    audience: tuple[str, ...]
    competences: tuple[str, ...]
    competences_line: int
    pass_percent: int
    ai_policy: int
    licence: str
    segments: tuple[Segment, ...]
    time_limit: int = 0            # minutes for its questions; 0: none
    due: str = ""                  # a day or a moment (modules.dates), as written
    attempts: str = ""             # which attempt counts; empty: as the course says

    @property
    def written_in(self) -> str:
        """The language of the words: that of an easy text is not its name."""
        return written_in(self.language)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks alone, in order."""
        return tuple(segment for segment in self.segments if isinstance(segment, Block))

    @property
    def prose(self) -> tuple[Prose, ...]:
        """The prose alone, in order; legal statements are a part of it."""
        return tuple(segment for segment in self.segments if isinstance(segment, Prose))

    @property
    def laws(self) -> tuple[Law, ...]:
        """The legal statements alone, in order."""
        return tuple(segment for segment in self.segments if isinstance(segment, Law))


@dataclass(frozen=True)
class PoolSource:
    """A file of questions to draw from, in one language. Prose in it is for authors."""

    path: str
    language: str
    name: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Module:
    """A module in all its languages, the easy text last."""

    folder: str
    sources: Mapping[str, ModuleSource]

    @property
    def id(self) -> str:
        """The same in every language (lint sees to it)."""
        return next(iter(self.sources.values())).id


@dataclass(frozen=True)
class Thresholds:
    """Shares in percent that make up participation (content opened) and achievement (points)."""

    participation: int = 50
    achievement: int = 60


@dataclass(frozen=True)
class CourseSource:
    """All that a course folder says."""

    id: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    audience: tuple[str, ...]
    languages: tuple[str, ...]
    licence: str
    thresholds: Thresholds
    certificate: Mapping[str, Any]
    competences: Mapping[str, Competence]
    modules: tuple[Module, ...]
    paths: frozenset[str]
    findings: tuple[Finding, ...] = ()
    pools: tuple[PoolSource, ...] = ()
    attempts: str = "best"         # which attempt at a question counts, where a module says nothing else

    def titled(self, language: str) -> str:
        """The title in this language, else in the first one that it has."""
        return self.title.get(language, next(iter(self.title.values())))

    @property
    def certificate_competences(self) -> tuple[str, ...]:
        """Ids of the competences that the certificate names."""
        named = self.certificate.get("competences")
        return tuple(str(id_) for id_ in named) if isinstance(named, list) else ()

    @property
    def sources(self) -> tuple[ModuleSource, ...]:
        """Every module in every language."""
        return tuple(source for module in self.modules for source in module.sources.values())

    @property
    def with_blocks(self) -> tuple[ModuleSource | PoolSource, ...]:
        """Every file that holds questions, in every language."""
        return (*self.sources, *self.pools)
