"""What a link can open, course by course, as a lecturer chooses from it."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from flask_babel import gettext as _

from assessments import items
from assessments.drawing import own_items
from assessments.kinds.item import Item
from core.once import once_each
from courses import service as courses
from lti.deep_linking import key_of
from lti.target import Target
from modules.course import ModuleSource
from modules.outline import outline_of
from modules.service import parsed

OFFERS_KEPT = 128
LONGEST_NAME = 90
AUDIENCES = ("students", "teaching", "admin")


@dataclass(frozen=True)
class Offer:
    """Something that a link can open. `count` says how many questions it has; `words` is what a search looks at."""

    target: Target
    title: str
    text: str
    points: float
    count: int
    minutes: int
    words: str

    @property
    def key(self) -> str:
        """Its name in forms and addresses."""
        return key_of(self.target)


@dataclass(frozen=True)
class ModuleOffers:
    """A module, its questions as a quiz where it has any, and each of them alone."""

    module: Offer
    quiz: Offer | None
    exercises: tuple[Offer, ...]
    audience: tuple[str, ...]
    unfolded: bool = False             # a search has found some of the questions

    @property
    def all(self) -> tuple[Offer, ...]:
        """All offers, the larger ones first."""
        return (self.module, *([self.quiz] if self.quiz else []), *self.exercises)


@dataclass(frozen=True)
class CourseOffers:
    """A course as a whole, its modules, its certificate."""

    course: Offer
    certificate: Offer
    modules: tuple[ModuleOffers, ...]
    audience: tuple[str, ...]
    languages: tuple[str, ...]

    @property
    def all(self) -> tuple[Offer, ...]:
        """All offers, the larger ones first."""
        return (self.course, self.certificate, *(offer for module in self.modules for offer in module.all))


@dataclass(frozen=True)
class Search:
    """What is looked for. Empty strings do not narrow."""

    query: str = ""
    audience: str = ""
    language: str = ""


def offered(language: str) -> list[CourseOffers]:
    """All courses of the organisation that the session acts for, in the newest edition, with titles in this language where there are."""
    return [_offers(courses.newest_edition(course.id).id, course.slug, language) for course in courses.courses()]


def by_key(found: Iterable[CourseOffers]) -> dict[str, Offer]:
    """All offers by their names."""
    return {offer.key: offer for course in found for offer in course.all}


def edition_of(slug: str) -> int | None:
    """The newest edition of the organisation's course; None where it has none of this name."""
    course_id = courses.course_ids().get(slug)
    return courses.newest_edition(course_id).id if course_id is not None else None


# --- Search -----------------------------------------------------------------------------------------------------------

def find(found: Iterable[CourseOffers], search: Search) -> list[CourseOffers]:
    """The courses with something that fits. All words must be there; a course or module stays around what was found in it."""
    words = plain(search.query).split()
    narrowed = [_in_course(course, words, search.audience) for course in found if search.language in ("", *course.languages)]
    return [course for course in narrowed if course is not None]


def _in_course(course: CourseOffers, words: Sequence[str], audience: str) -> CourseOffers | None:
    modules = [_in_module(module, words) for module in course.modules if not audience or audience in (module.audience or course.audience)]
    kept = tuple(module for module in modules if module is not None)
    itself = audience in ("", *course.audience) and any(_fits(offer, words) for offer in (course.course, course.certificate))
    return replace(course, modules=kept) if kept or itself else None


def _in_module(module: ModuleOffers, words: Sequence[str]) -> ModuleOffers | None:
    hits = tuple(offer for offer in module.exercises if _fits(offer, words))
    whole = _fits(module.module, words) or (module.quiz is not None and _fits(module.quiz, words))
    if not hits and not whole:
        return None
    return replace(module, exercises=hits or module.exercises, unfolded=bool(words and hits) and not (whole and len(hits) == len(module.exercises)))


def _fits(offer: Offer, words: Iterable[str]) -> bool:
    return all(word in offer.words for word in words)


def plain(text: str) -> str:
    """A text as a search compares it: no capitals, no accents."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter))


# --- From an edition --------------------------------------------------------------------------------------------------

@once_each(OFFERS_KEPT)
def _offers(edition_id: int, slug: str, language: str) -> CourseOffers:
    edition = parsed(edition_id)
    spoken = language if language in edition.languages else edition.languages[0]
    title = edition.course.title[spoken]
    modules = tuple(_module(edition_id, slug, edition.module(module, spoken), title) for module in edition.module_ids)
    points = sum(module.module.points for module in modules)
    course = _offer(
        Target(slug), title, edition.course.description[spoken], _("Course"), points=points,
        count=sum(len(module.exercises) for module in modules), minutes=sum(module.module.minutes for module in modules),
    )
    certificate = _offer(
        Target(slug, kind="certificate"), _("Certificate: %(title)s", title=title),
        _("Your certificate of the course “%(title)s”, or what is still missing for it.", title=title),
    )
    return CourseOffers(course, certificate, modules, edition.course.audience, edition.languages)


def _module(edition_id: int, slug: str, source: ModuleSource, course: str) -> ModuleOffers:
    found = items.items(edition_id, source.id, source.language)
    drawn = own_items(edition_id, source.id, "")  # Whatever pools draw, it is as many and worth the same for everybody.
    points, count = sum(found[item].points for item in drawn), len(drawn)
    about = _("Module of the course “%(title)s”", title=course)
    whole = _offer(Target(slug, source.id), source.title, about, _("Module"), points=points, count=count, minutes=source.minutes)
    quiz = _offer(
        Target(slug, source.id, "quiz"), _("Quiz: %(title)s", title=source.title), _("Questions on the module “%(title)s”", title=source.title),
        course, points=points, count=count,
    )
    exercises = tuple(_exercise(slug, source, found[item]) for item in items.layout(edition_id, source.id) if isinstance(item, str))
    return ModuleOffers(whole, quiz if found else None, exercises, source.audience)


def asked(item: Item) -> str:
    """What a question asks, in one line that is not too long to name it."""
    name = _in_one_line(item)
    return name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME].rsplit(" ", 1)[0] + " …"


def _in_one_line(item: Item) -> str:
    return " ".join(outline_of(item.text).text.split())


def _exercise(slug: str, source: ModuleSource, item: Item) -> Offer:
    short = asked(item)
    title = _("Exercise: %(title)s", title=short) if item.kind == "prompt" else _("Question: %(title)s", title=short)
    about = _("From the module “%(title)s”", title=source.title)
    return _offer(Target(slug, source.id, "exercise", item.id), title, about, _in_one_line(item), item.id, points=item.points, count=1)


def _offer(target: Target, title: str, text: str, *more: str, points: float = 0, count: int = 0, minutes: int = 0) -> Offer:
    return Offer(target, title, text, points, count, minutes, plain(" ".join((title, text, *more))))
