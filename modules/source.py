"""A course folder as the house understands it: read whole, with everything that is wrong in it.

Reading never stops at the first problem, so that a trainer can mend all of them in one go. A course with an error among its
findings is for reading reports only, not for publishing.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from core.i18n import LANGUAGES, N_
from modules.blocks import Block
from modules.bounds import check_bounds
from modules.course import Competence, CourseSource, Module, ModuleSource, PoolSource, Thresholds
from modules.dates import readable
from modules.easy import WRITTEN_IN, written_in
from modules.fields import Fields
from modules.findings import Finding, FormatError, Severity
from modules.folder import check_files, most_bytes
from modules.sharing import place_in
from modules.split import Segment, split
from modules.text import read_text
from modules.yamltext import Yaml, YamlError, read_yaml

ATTEMPTS = ("best", "last", "first")
AUDIENCES = ("students", "teaching", "admin")
_POOL_FILE = re.compile(r"pools/(?P<name>[^/.]+)\.(?P<language>[^/.]+)\.md")
_MODULE_FILE = re.compile(r"(?P<folder>[^/]+)/module\.(?P<language>[^/.]+)\.md")


def read_course(files: Mapping[str, bytes]) -> CourseSource:
    """Read a course from its files. Raises nothing: what is wrong stands in `findings`."""
    return _Reader(files).read()


class _Reader:
    """Reads the parts of a course and collects what is wrong with them."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._findings = check_files(files)

    def read(self) -> CourseSource:
        yaml = self._yaml("course.yml")
        # What is missing from a file that could not be read at all is no news.
        course = Fields(yaml or Yaml({}, {}), "course.yml", self._findings if yaml else [])
        languages = course.words("languages", allowed=LANGUAGES) or LANGUAGES
        thresholds = course.inside("thresholds")
        competences = self._competences(languages)
        result = CourseSource(
            id=course.slug("id"),
            title=course.texts("title", languages, required=True),
            description=course.texts("description", languages),
            audience=course.words("audience", allowed=AUDIENCES),
            languages=languages,
            licence=course.text("licence", "license"),
            thresholds=Thresholds(thresholds.number("participation", 0, 100, 50), thresholds.number("achievement", 0, 100, 60)),
            certificate=course.mapping("certificate"),
            modules=self._modules(course),
            competences=competences,
            paths=frozenset(self._files),
            pools=self._pools(),
            attempts=course.one_of("attempts", ATTEMPTS) or ATTEMPTS[0],
        )
        self._shared(course)
        thresholds.refuse_others()
        course.refuse_others()
        return replace(result, findings=tuple(self._findings))

    def _shared(self, course: Fields) -> None:
        """What the folder takes from those beside it is in the files already; here it is only looked at."""
        for index, text in enumerate(course.words("shared")):
            if place_in(text) is None:
                course.find(("shared", index), "shared-place", N_("“%(place)s” is no file or folder of a course beside this one."),
                            N_("Write ../COURSE/NAME, such as ../ki-kompetenz/01-was-ki-ist."), place=text[:80])

    def _yaml(self, path: str, text: str | None = None, first_line: int = 1) -> Yaml | None:
        """A file's YAML (or that of `text`, a part of the file). None: it cannot be read, which is reported."""
        text = self._text(path) if text is None else text
        if text is None:
            return None
        try:
            return read_yaml(text, first_line=first_line)
        except YamlError as error:
            self._findings.append(Finding("yaml", path, error.line, error.message, error.mend, values=error.values))
            return None

    def _text(self, path: str) -> str | None:
        if path not in self._files:
            self._find("file-missing", path, 0, N_("The file is missing."), N_("Create it."))
            return None
        if len(self._files[path]) > most_bytes(path):  # check_files() has reported it.
            return None
        try:
            return read_text(path, self._files[path])
        except FormatError as error:
            self._findings += error.findings
            return None

    # --- Competences --------------------------------------------------------------------------------------------------

    def _competences(self, languages: tuple[str, ...]) -> dict[str, Competence]:
        """A list of entries, each with at least `id` and `title`."""
        path = "competences.yml"
        if path not in self._files:
            return {}
        yaml = self._yaml(path) or Yaml([], {})
        entries = yaml.value.get("competences") if isinstance(yaml.value, dict) else yaml.value
        prefix: tuple[str, ...] = ("competences",) if isinstance(yaml.value, dict) else ()
        found: dict[str, Competence] = {}
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            lines = {where[len(prefix) + 1:]: line for where, line in yaml.lines.items()
                     if where[:len(prefix) + 1] == (*prefix, index)}
            competence = _competence(Fields(Yaml(entry, lines), path, self._findings), languages, lines[()])
            if competence.id in found:
                self._find("competence-twice", path, lines[()], N_("The competence “%(id)s” stands here twice."),
                           N_("Keep one of the two."), id=competence.id)
            found[competence.id] = competence
        return found

    # --- Modules ------------------------------------------------------------------------------------------------------

    def _modules(self, course: Fields) -> tuple[Module, ...]:
        listed = course.words("modules", required=True)
        by_folder: dict[str, dict[str, str]] = {}
        for path in sorted(self._files):
            if match := _MODULE_FILE.fullmatch(path):
                by_folder.setdefault(match["folder"], {})[match["language"]] = path
        for index, folder in enumerate(listed):
            if folder not in by_folder:
                course.find(("modules", index), "module-missing", N_("There is no “%(folder)s/module.de.md” or “…en.md”."),
                            N_("Create the module, or correct the name."), folder=folder[:80])
        for folder in sorted(by_folder.keys() - set(listed)):
            course.find(("modules",), "module-unlisted", N_("The module “%(folder)s” is not listed and is not shown."),
                        N_("Add it under “modules”, or remove the folder."), severity=Severity.WARNING, folder=folder)
        # What is not listed is read too: its mistakes are worth knowing, and course.yml may be the broken file.
        order = [*dict.fromkeys(folder for folder in listed if folder in by_folder), *sorted(by_folder.keys() - set(listed))]
        modules = {folder: self._module(folder, by_folder[folder]) for folder in order}
        return tuple(module for folder, module in modules.items() if module.sources and (folder in listed or not listed))

    def _module(self, folder: str, paths: Mapping[str, str]) -> Module:
        sources = {}
        for language, path in sorted(paths.items(), key=lambda text: text[0] in WRITTEN_IN):
            if language not in (*LANGUAGES, *WRITTEN_IN):
                self._find("language-unknown", path, 0, N_("“%(language)s” is no language that Lotse shows; the file is only kept."),
                           N_("Choose from: %(allowed)s."), severity=Severity.WARNING, language=language,
                           allowed=", ".join((*LANGUAGES, *WRITTEN_IN)))
            elif source := self._source(path, language):
                sources[language] = source
        return Module(folder, sources)

    def _source(self, path: str, language: str) -> ModuleSource | None:
        text = self._text(path)
        if text is None:
            return None
        front, body, line = front_matter(text)
        unbearable = check_bounds(body, path, line)
        parts = split("" if unbearable else body, path=path, language=language, first_line=line)
        self._findings += [*unbearable, *parts.findings]
        if front is None:
            self._find("front-matter", path, 1, N_("The module does not begin with its front matter."),
                       N_("Begin with a line “---”, then id and title, then a line “---”."))
            return None
        yaml = self._yaml(path, front, first_line=2)
        return _module_source(Fields(yaml, path, self._findings), path, language, parts.segments) if yaml else None

    def _pools(self) -> tuple[PoolSource, ...]:
        """Files of questions to draw from. Their front matter may be missing."""
        found = []
        for path in sorted(self._files):
            match = _POOL_FILE.fullmatch(path)
            text = self._text(path) if match and match["language"] in LANGUAGES else None
            if match and text is not None:
                _, body, line = front_matter(text)
                unbearable = check_bounds(body, path, line)
                parts = split("" if unbearable else body, path=path, language=match["language"], first_line=line)
                self._findings += [*unbearable, *parts.findings]
                blocks = tuple(segment for segment in parts.segments if isinstance(segment, Block))
                found.append(PoolSource(path, match["language"], match["name"], blocks))
        return tuple(found)

    def _find(self, rule: str, path: str, line: int, message: str, mend: str, *, severity: Severity = Severity.ERROR,
              **values: str) -> None:
        self._findings.append(Finding(rule, path, line, message, mend, severity, values))


def front_matter(text: str) -> tuple[str | None, str, int]:
    """The YAML between the first two lines `---`, the rest, and the line on which the rest begins."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return None, text, 1
    for index, line in enumerate(lines[1:], 1):
        if line.rstrip() == "---":
            return "\n".join(lines[1:index]), "\n".join(lines[index + 1:]), index + 2
    return None, "\n".join(lines[1:]), 2


def _competence(fields: Fields, languages: tuple[str, ...], line: int) -> Competence:
    id_ = fields.text("id")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", id_):
        fields.find(("id",), "competence-id", N_("The competence has no usable id."),
                    N_("Use letters, digits, “.”, “-” and “_”, at most 64 characters."))
    competence = Competence(
        id=id_,
        title=fields.texts("title", languages, required=True),
        description=fields.texts("description", languages),
        audience=fields.words("audience", allowed=AUDIENCES),
        references=fields.mapping("references"),
        planned=fields.text("status") == "planned",
        line=line,
    )
    fields.refuse_others()
    return competence


def _due(fields: Fields) -> str:
    """A due date as written; empty when there is none, or none that can be read."""
    text = fields.text("due")
    if text and not readable(text):
        fields.find(("due",), "yaml-date", N_("“%(key)s” is no date."), N_("Write a day such as 2026-12-20, or a moment such as 2026-12-20 18:00."), key="due")
        return ""
    return text


def _module_source(fields: Fields, path: str, language: str, segments: tuple[Segment, ...]) -> ModuleSource:
    source = ModuleSource(
        path=path,
        language=language,
        id=fields.slug("id"),
        title=fields.texts("title", (language,), required=True).get(language, ""),
        minutes=fields.number("minutes", 1, 600, 30),
        audience=fields.words("audience", allowed=AUDIENCES),
        competences=fields.words("competencies", "competences"),
        competences_line=fields.line("competencies"),
        pass_percent=fields.number("pass", 0, 100, 60),
        ai_policy=fields.number("ki_policy", 0, 5, 0),
        licence=fields.text("licence", "license"),
        segments=segments,
        time_limit=fields.number("time_limit", 1, 600, 0),
        due=_due(fields),
        attempts=fields.one_of("attempts", ATTEMPTS),
    )
    if fields.text("lang") not in ("", language, written_in(language)):
        fields.find(("lang",), "language-name", N_("The file's name says %(language)s, but “lang” says something else."),
                    N_("Correct one of the two."), language=language)
    fields.refuse_others()
    return source
