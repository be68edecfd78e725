"""Small changes of a course's own files, as text: everything that is not asked for stays as its author wrote it."""

import json
import re
from collections.abc import Mapping, Sequence

from modules.fields import SLUG
from modules.source import front_matter
from modules.yamltext import YamlError, read_yaml

_MODULE = re.compile(r"(?P<folder>[^/]+)/module\.(?P<language>de|en)\.md")
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
    """The modules' files: by folder and language."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(paths):
        if match := _MODULE.fullmatch(path):
            found.setdefault(match["folder"], {})[match["language"]] = path
    return found


def folder_name(title: str, number: int) -> str:
    """A folder's name for a title: 03-asking-well."""
    plain = title.lower()
    for letter, two in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        plain = plain.replace(letter, two)
    return f"{number:02}-{re.sub(r'[^a-z0-9]+', '-', plain).strip('-')[:40].strip('-') or 'modul'}"


def is_slug(text: str) -> bool:
    """Whether this may be a course's or module's short name."""
    return SLUG.fullmatch(text) is not None


# --- Front matter -----------------------------------------------------------------------------------------------------

FRONT = ("title", "minutes", "competencies", "pass")


def front_values(text: str) -> dict[str, str]:
    """What the form of a module's head shows; empty for what is missing or cannot be read."""
    head, _, _ = front_matter(text)
    try:
        value = read_yaml(head or "", first_line=2).value
    except YamlError:
        value = {}
    given = value if isinstance(value, dict) else {}
    titles = given.get("title")
    titles = titles if isinstance(titles, dict) else {language: titles for language in ("de", "en") if titles}
    competences = given.get("competencies")
    return {
        "title-de": str(titles.get("de") or ""), "title-en": str(titles.get("en") or ""),
        "minutes": str(given.get("minutes", "")), "pass": str(given.get("pass", "")),
        "competencies": ", ".join(map(str, competences)) if isinstance(competences, list) else "",
    }


def with_front(text: str, values: Mapping[str, str]) -> str:
    """A module with other values in its head; other lines of it stay as they are."""
    head, _, line = front_matter(text)
    lines = text.split("\n")
    body = lines[line - 1:]
    written = head or ""
    titles = {language: values[f"title-{language}"].strip() for language in ("de", "en") if values.get(f"title-{language}", "").strip()}
    wanted = {
        "title": inline(titles) if titles else "", "minutes": _number(values.get("minutes", "")), "pass": _number(values.get("pass", "")),
        "competencies": f"[{', '.join(_competences(values.get('competencies', '')))}]",
    }
    for key, value in wanted.items():
        if value:
            written = _with_line(written, key, value)
    return "\n".join(["---", *written.split("\n"), "---", *body])


def _competences(text: str) -> list[str]:
    return [word for word in re.split(r"[,;\s]+", text) if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", word)]


def _number(text: str) -> str:
    return text.strip() if re.fullmatch(r"\d{1,4}", text.strip()) else ""


def _with_line(head: str, key: str, value: str) -> str:
    changed, count = re.subn(rf"^{key}:[^\n]*(?:\n[ \t]+[^\n]*)*", lambda _: f"{key}: {value}", head, count=1, flags=re.MULTILINE)
    return changed if count else f"{head.rstrip()}\n{key}: {value}".lstrip("\n")


def in_language(text: str, language: str) -> str:
    """A module's source as the beginning of its translation."""
    head, _, line = front_matter(text)
    return "\n".join(["---", *_with_line(head or "", "lang", language).split("\n"), "---", *text.split("\n")[line - 1:]])
