"""Rules about legal statements: each says what it is about, of which day it is, and where the wording can be read."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from core.i18n import N_
from modules.course import CourseSource, ModuleSource
from modules.easy import WRITTEN_IN
from modules.findings import Finding, Severity
from modules.split import Law, fences

KNOWN = ("topic", "title", "as_of", "source")
_TOPIC = re.compile(r"[a-z][a-z0-9-]{0,39}")
_HEADING = re.compile(r" {0,3}#")


def laws_written(course: CourseSource) -> Iterator[Finding]:
    """Each statement has a topic that stands once in its text, a day that is not long ago, and a source."""
    today = datetime.now(UTC).date()
    for source in course.sources:
        topics: Counter[str] = Counter()
        for law in source.laws:
            topics[law.topic] += 1
            yield from _attributes(law)
            yield from _day(law, today)
            yield from _body(law)
            if law.topic and topics[law.topic] == 2:
                yield _at(law, "law-twice", N_("The topic “%(topic)s” stands here twice in one text."), N_("Give one of the two statements another topic."), topic=law.topic)


def laws_agree(course: CourseSource) -> Iterator[Finding]:
    """The same statements of the same day in every language; an easy text may leave some out."""
    for module in course.modules:
        first, *others = module.sources.values()
        for other in others:
            if other.language not in WRITTEN_IN:
                yield from _missing(first, other)
            yield from _missing(other, first)
            yield from _different(first, other)


def _attributes(law: Law) -> Iterator[Finding]:
    if not _TOPIC.fullmatch(law.topic):
        yield _at(law, "law-topic", N_("The legal statement does not say what it is about."),
                  N_("Write topic=transparency: small letters, digits and “-”, at most 40 characters."))
    parts = urlsplit(law.source)
    if parts.scheme != "https" or not parts.hostname:
        yield _at(law, "law-source", N_("The legal statement does not say where the wording can be read."), N_("Write source=https://…"))
    for name in law.attributes:
        if name not in KNOWN:
            yield _at(law, "law-attribute", N_("A legal statement has no attribute “%(name)s”."), N_("Choose from: %(allowed)s."), name=name, allowed=", ".join(KNOWN))


def _day(law: Law, today: date) -> Iterator[Finding]:
    if law.as_of is None:
        yield _at(law, "law-as-of", N_("The legal statement does not say of which day it is."), N_("Write as_of=2026-12-20: the day up to which it takes the law into account."))
    elif (today - law.as_of).days > 366:
        yield _at(law, "law-old", N_("The legal statement is more than a year old (%(as_of)s)."), N_("See whether the law has changed, and write the day on which you did so."),
                  Severity.WARNING, as_of=law.as_of.isoformat())


def _body(law: Law) -> Iterator[Finding]:
    lines = law.markdown.split("\n")
    inside = {line for first, last in fences(lines)[0].items() for line in range(first, last + 1)}
    if not law.markdown.strip():
        yield _at(law, "law-empty", N_("The legal statement has no text."), N_("Write between the two lines what the law says."))
    if any(_HEADING.match(line) for number, line in enumerate(lines) if number not in inside):
        yield _at(law, "law-heading", N_("There is a heading in the legal statement."), N_("Put it above: an organisation's own text takes the place of the whole block."))


def _missing(here: ModuleSource, there: ModuleSource) -> Iterator[Finding]:
    topics = {law.topic for law in there.laws}
    for law in here.laws:
        if law.topic not in topics:
            yield _at(law, "law-languages", N_("The legal statement on “%(topic)s” is missing in %(path)s."), N_("Write it there, too."), topic=law.topic, path=there.path)


def _different(first: ModuleSource, other: ModuleSource) -> Iterator[Finding]:
    originals = {law.topic: law for law in first.laws}
    for law in other.laws:
        original = originals.get(law.topic)
        if original and original.as_of != law.as_of:
            yield _at(law, "law-languages", N_("The legal statement on “%(topic)s” has another day in %(path)s."), N_("Write the same as_of in all languages."), topic=law.topic, path=first.path)


def _at(law: Law, rule: str, message: str, mend: str, severity: Severity = Severity.ERROR, **values: str) -> Finding:
    return Finding(rule, law.path, law.line - 1, message, mend, severity, values)
