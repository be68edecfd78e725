"""Rules about ids, kinds, languages and competences: what attempts, grades and translations lean on."""

from collections.abc import Iterator

from core.i18n import N_
from modules.blocks import Block, kinds
from modules.course import CourseSource, ModuleSource, PoolSource
from modules.easy import WRITTEN_IN
from modules.findings import Finding, FormatError, Severity
from modules.split import LAW

AnySource = ModuleSource | PoolSource


def kinds_known(course: CourseSource) -> Iterator[Finding]:
    """Each block has a kind that Lotse understands, and each kind checks its blocks."""
    for source in course.with_blocks:
        for block in source.blocks:
            kind = kinds().get(block.kind)
            if kind:
                yield from kind.check(block)
            else:
                yield _at(block, "kind-unknown", N_("There is no kind of block called “%(kind)s”."),
                          N_("Choose from: %(allowed)s."), kind=block.kind, allowed=", ".join(sorted([*kinds(), LAW])))


def ids_unique(course: CourseSource) -> Iterator[Finding]:
    """Attempts name a block by course and id alone, so an id stands once in the whole course (in each language)."""
    seen: dict[tuple[str, str], Block] = {}
    for source in course.with_blocks:
        for block in source.blocks:
            first = seen.setdefault((source.language, block.id), block)
            if block.id and first is not block:
                yield _at(block, "id-twice", N_("The id “%(id)s” stands here a second time; the first is in %(path)s, line %(line)s."),
                          N_("Give the newer block another id."), id=block.id, path=first.path, line=first.line - 1)


def modules_unique(course: CourseSource) -> Iterator[Finding]:
    """A module's id is the same in its languages and another one than every other module's."""
    seen: dict[str, str] = {}
    for module in course.modules:
        for source in module.sources.values():
            if source.id != module.id:
                yield Finding("module-id", source.path, 1, N_("The module's id is “%(id)s” here and “%(other)s” in the other language."),
                              N_("Use the same id in all languages."), values={"id": source.id, "other": module.id})
        if seen.setdefault(module.id, module.folder) != module.folder:
            path = next(iter(module.sources.values())).path
            yield Finding("module-id-twice", path, 1, N_("The module “%(folder)s” has the same id “%(id)s”."),
                          N_("Give the newer module another id."), values={"folder": seen[module.id], "id": module.id})


def terms_agree(course: CourseSource) -> Iterator[Finding]:
    """A module's time limit, due date and counting attempt are the same in all its texts: the first language's hold."""
    for module in course.modules:
        first, *others = module.sources.values()
        for source in others:
            for name in ("time_limit", "due", "attempts"):
                if getattr(source, name) != getattr(first, name):
                    yield Finding("module-terms", source.path, 1, N_("“%(name)s” is another one here than in %(path)s."),
                                  N_("Write the same line in all languages."), values={"name": name, "path": first.path})


def languages_complete(course: CourseSource) -> Iterator[Finding]:
    """Each module exists in each language of the course."""
    for module in course.modules:
        for language in course.languages:
            if language not in module.sources:
                yield Finding("language-missing", f"{module.folder}/module.{language}.md", 0,
                              N_("The module is missing in the language %(language)s."),
                              N_("Write it, or remove the language from “languages” in course.yml."), values={"language": language})
    for name, pools in _pools(course).items():
        for language in set(course.languages) - {pool.language for pool in pools}:
            yield Finding("language-missing", f"pools/{name}.{language}.md", 0, N_("The pool is missing in the language %(language)s."),
                          N_("Write it, or remove the language from “languages” in course.yml."), values={"language": language})


def _pools(course: CourseSource) -> dict[str, list[PoolSource]]:
    """The languages of each pool, by its name."""
    found: dict[str, list[PoolSource]] = {}
    for source in course.pools:
        found.setdefault(source.name, []).append(source)
    return found


def languages_agree(course: CourseSource) -> Iterator[Finding]:
    """The same questions with the same keys in every language: an answer counts the same in each.

    An easy text may leave questions out: they stand in the usual one.
    """
    files: list[list[AnySource]] = [[*module.sources.values()] for module in course.modules]
    files += [[*pools] for pools in _pools(course).values()]
    for first, *others in files:
        for other in others:
            if other.language not in WRITTEN_IN:
                yield from _missing(first, other)
            yield from _missing(other, first)
            yield from _different(first, other)


def _missing(here: AnySource, there: AnySource) -> Iterator[Finding]:
    ids = {block.id for block in there.blocks}
    for block in here.blocks:
        if block.id and block.id not in ids:
            yield _at(block, "language-ids", N_("The block “%(id)s” is missing in %(path)s."),
                      N_("Translate it, or correct its id there."), id=block.id, path=there.path)


def _different(first: AnySource, other: AnySource) -> Iterator[Finding]:
    originals = {block.id: block for block in first.blocks}
    for block in other.blocks:
        original = originals.get(block.id)
        if original and _fingerprint(original) != _fingerprint(block):
            yield _at(block, "language-keys", N_("The block “%(id)s” differs from %(path)s, line %(line)s, in kind, points, options or key."),
                      N_("Make attributes, number of options and right answers the same in both languages."),
                      id=block.id, path=original.path, line=original.line - 1)


def _fingerprint(block: Block) -> str:
    kind = kinds().get(block.kind)
    try:
        return f"{block.kind} {kind.fingerprint(block)}" if kind else block.kind
    except FormatError:  # check() says what is wrong.
        return block.kind


def competences_known(course: CourseSource) -> Iterator[Finding]:
    """Modules, questions and the certificate name competences that the course has."""
    known = course.competences
    for source in course.sources:
        for id_ in source.competences:
            if id_ not in known:
                yield _unknown(source.path, source.competences_line, id_)
    for holder in course.with_blocks:
        for block in holder.blocks:
            for id_ in filter(None, map(str.strip, block.attributes.get("competence", "").split(","))):
                if id_ not in known:
                    yield _unknown(block.path, block.line - 1, id_)
    for id_ in course.certificate_competences:
        if id_ not in known:
            yield _unknown("course.yml", 0, id_)


def competences_taught(course: CourseSource) -> Iterator[Finding]:
    """Each competence is taught by a module, is for others than this course, or says that it is planned."""
    taught = {id_ for source in course.sources for id_ in source.competences}
    for competence in course.competences.values():
        for_others = competence.audience and course.audience and not set(competence.audience) & set(course.audience)
        if competence.id not in taught and not competence.planned and not for_others:
            yield Finding("competence-untaught", "competences.yml", competence.line,
                          N_("No module teaches the competence “%(id)s”."),
                          N_("Name it under “competencies” in a module, or remove it."), Severity.WARNING, {"id": competence.id})


def _unknown(path: str, line: int, id_: str) -> Finding:
    return Finding("competence-unknown", path, line, N_("There is no competence “%(id)s” in competences.yml."),
                   N_("Add it there, or correct its id."), values={"id": id_[:80]})


def _at(block: Block, rule: str, message: str, mend: str, **values: str | int) -> Finding:
    return Finding(rule, block.path, block.line - 1, message, mend, values=values)
