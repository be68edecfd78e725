"""Small changes of a course's own files, as text: everything that is not asked for stays as its author wrote it."""

import json
import re
from collections.abc import Mapping, Sequence

from core.i18n import LANGUAGES
from modules.blocks import Block
from modules.easy import WRITTEN_IN, written_in
from modules.fields import SLUG
from modules.source import front_matter
from modules.split import split
from modules.yamltext import YamlError, read_yaml
from studio.shapes import new_block

TEXTS = (*LANGUAGES, *WRITTEN_IN)      # what a module may be written in: a language, or an easy text
_MODULE = re.compile(rf"(?P<folder>[^/]+)/module\.(?P<language>{'|'.join(TEXTS)})\.md")
_POOL = re.compile(rf"pools/(?P<name>[^/.]+)\.(?P<language>{'|'.join(LANGUAGES)})\.md")
_TITLES = {"de": "Neues Modul", "en": "New module"}
_BEGIN = {
    "de": "# Worum es geht\n\nSchreiben Sie hier in Markdown, was Lernende lesen sollen.\n",
    "en": "# What it is about\n\nWrite here in Markdown what learners should read.\n",
}


def new_course(slug: str, titles: Mapping[str, str]) -> dict[str, bytes]:
    """The files of a course with one module, ready to be filled."""
    languages = list(titles)
    course = (
        f"id: {slug}\ntitle: {inline(titles)}\ndescription: {inline(dict.fromkeys(titles, '…'))}\naudience: [students]\n"
        f"languages: [{', '.join(languages)}]\nlicence: CC-BY-4.0\nthresholds: {{participation: 50, achievement: 60}}\nmodules: [01-start]\n"
    )
    return {"course.yml": course.encode(), "competences.yml": b"[]\n", **new_module("01-start", {language: _TITLES[language] for language in languages})}


def new_module(folder: str, titles: Mapping[str, str]) -> dict[str, bytes]:
    """The files of an empty module, one for each language."""
    id_ = re.sub(r"^\d+-", "", folder) or folder
    head = "---\nid: {id}\ntitle: {title}\nlang: {language}\nminutes: 15\naudience: [students]\ncompetencies: []\npass: 60\nlicense: CC-BY-4.0\n---\n\n{text}"
    return {
        f"{folder}/module.{language}.md": head.format(id=id_, title=inline(titles), language=language, text=_BEGIN[language]).encode()
        for language in titles
    }


def inline(texts: Mapping[str, str]) -> str:
    """A text in several languages as YAML on one line."""
    return "{" + ", ".join(f"{language}: {json.dumps(text, ensure_ascii=False)}" for language, text in texts.items()) + "}"


def listed(course_yml: str, key: str = "modules") -> list[str]:
    """A list of course.yml as it stands there; empty when it cannot be read."""
    try:
        value = read_yaml(course_yml, first_line=1).value
    except YamlError:
        return []
    words = value.get(key) if isinstance(value, dict) else None
    return [str(word) for word in words] if isinstance(words, list) else []


def title_in(course_yml: str, language: str) -> str:
    """The course's title in a language, else in the first that it has; empty when it cannot be read."""
    try:
        value = read_yaml(course_yml, first_line=1).value
    except YamlError:
        return ""
    title = value.get("title") if isinstance(value, dict) else None
    if isinstance(title, dict):
        title = title.get(language) or next(iter(title.values()), "")
    return title if isinstance(title, str) else ""


def with_list(course_yml: str, key: str, words: Sequence[str]) -> str:
    """course.yml with another list under `key`."""
    line = f"{key}: [{', '.join(words)}]"
    changed, count = re.subn(rf"^{key}:[^\n]*(?:\n(?:[ \t]+|-)[^\n]*)*", lambda _: line, course_yml, count=1, flags=re.MULTILINE)
    return changed if count else f"{course_yml.rstrip()}\n{line}\n"


def module_files(paths: Sequence[str]) -> dict[str, dict[str, str]]:
    """The modules' files: by folder and language, easy texts last."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(paths, key=lambda path: (TEXTS.index(text_of(path) or TEXTS[-1]), path)):
        if match := _MODULE.fullmatch(path):
            found.setdefault(match["folder"], {})[match["language"]] = path
    return dict(sorted(found.items()))


def pool_files(paths: Sequence[str]) -> dict[str, dict[str, str]]:
    """The pools' files: by name and language."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(paths):
        if match := _POOL.fullmatch(path):
            found.setdefault(match["name"], {})[match["language"]] = path
    return found


def beside(path: str, paths: Sequence[str]) -> dict[str, str]:
    """The files of the same module, or of the same pool, by language; empty for a file that is neither."""
    if match := _POOL.fullmatch(path):
        return pool_files(paths).get(match["name"], {})
    return module_files(paths).get(path.split("/", maxsplit=1)[0], {}) if text_of(path) else {}


def with_block(text: str, source: str, before: Sequence[str], language: str) -> str:
    """A module with one more block, behind the last of these blocks that it has; without any of them at its end."""
    _head, body, line = front_matter(text)
    blocks = [segment for segment in split(body, path="", language=language, first_line=line).segments if isinstance(segment, Block)]
    ends = [block.line + len(block.body.split("\n") if block.body else ()) for block in blocks if block.id in before and not block.lines]
    lines = text.split("\n")
    if not ends:
        return f"{text.rstrip()}\n\n{source}\n"
    return "\n".join([*lines[: ends[-1]], "", source, *lines[ends[-1] :]])


def new_pool(name: str, languages: Sequence[str]) -> dict[str, bytes]:
    """The files of a pool with a first question."""
    return {f"pools/{name}.{language}.md": f"{new_block('single', f'{name}-1', language)}\n".encode() for language in languages}


def text_of(path: str) -> str:
    """The language or easy text that a module's file is written in; empty for other files."""
    match = _MODULE.fullmatch(path)
    return match["language"] if match else ""


def folder_name(title: str, number: int) -> str:
    """A folder's name for a title: 03-asking-well."""
    return f"{number:02}-{short_name(title) or 'modul'}"


def short_name(title: str) -> str:
    """A short name for a title: asking-well. Empty where it has no letters that one may take."""
    plain = title.lower()
    for letter, two in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        plain = plain.replace(letter, two)
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")


def is_slug(text: str) -> bool:
    """Whether this may be a course's or module's short name."""
    return SLUG.fullmatch(text) is not None


# --- Front matter -----------------------------------------------------------------------------------------------------

def front_values(text: str) -> dict[str, str]:
    """What the form of a module's head shows; empty for what is missing or cannot be read."""
    head, _, _ = front_matter(text)
    try:
        value = read_yaml(head or "", first_line=2).value
    except YamlError:
        value = {}
    given = value if isinstance(value, dict) else {}
    title = given.get("title")
    titles = title if isinstance(title, dict) else {language: title for language in LANGUAGES if title}
    competences = given.get("competencies")
    return {
        "title": "" if isinstance(title, dict) else str(title or ""),  # Of a text in one language, such as an easy one.
        "title-de": str(titles.get("de") or ""), "title-en": str(titles.get("en") or ""),
        "minutes": str(given.get("minutes", "")), "pass": str(given.get("pass", "")),
        "competencies": ", ".join(map(str, competences)) if isinstance(competences, list) else "",
    }


def with_front(text: str, values: Mapping[str, str]) -> str:
    """A module with other values in its head; whatever has the same value stays as its author wrote it."""
    head, _, line = front_matter(text)
    lines = text.split("\n")
    body = lines[line - 1:]
    written, old = head or "", front_values(text)
    for key, value in _wanted(values, old).items():
        if value:
            written = _with_line(written, key, value)
    return "\n".join(["---", *written.split("\n"), "---", *body])


def _wanted(values: Mapping[str, str], old: Mapping[str, str]) -> dict[str, str]:
    """What is new, as it is written."""
    new = {key: value.strip() for key, value in values.items() if key in old and value.strip() != old[key].strip()}
    wanted: dict[str, str] = {}
    if new.keys() & {f"title-{language}" for language in LANGUAGES}:
        wanted["title"] = inline({language: title for language in LANGUAGES if (title := values.get(f"title-{language}", "").strip())})
    elif "title" in new:
        wanted["title"] = json.dumps(new["title"], ensure_ascii=False) if new["title"] else ""
    wanted |= {key: _number(new[key]) for key in ("minutes", "pass") if key in new}
    if "competencies" in new:
        wanted["competencies"] = f"[{', '.join(_competences(new['competencies']))}]"
    return wanted


def _competences(text: str) -> list[str]:
    return [word for word in re.split(r"[,;\s]+", text) if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", word)]


def _number(text: str) -> str:
    return text.strip() if re.fullmatch(r"\d{1,4}", text.strip()) else ""


def _with_line(head: str, key: str, value: str) -> str:
    changed, count = re.subn(rf"^{key}:[^\n]*(?:\n[ \t]+[^\n]*)*", lambda _: f"{key}: {value}", head, count=1, flags=re.MULTILINE)
    return changed if count else f"{head.rstrip()}\n{key}: {value}".lstrip("\n")


def in_language(text: str, language: str) -> str:
    """A module's source as the beginning of its translation, or of its easy text, which has a title of its own."""
    head, _, line = front_matter(text)
    written = _with_line(head or "", "lang", language)
    if language in WRITTEN_IN:
        written = _with_line(written, "title", json.dumps(front_values(text)[f"title-{written_in(language)}"], ensure_ascii=False))
    return "\n".join(["---", *written.split("\n"), "---", *text.split("\n")[line - 1:]])
