"""Typed values out of a YAML mapping; what is missing or of another shape becomes a finding with its line."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from core.i18n import N_
from modules.findings import Finding, Severity
from modules.yamltext import Where, Yaml

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class Fields:
    """One YAML document that should be a mapping. Each method reads one key and notes what is wrong with it."""

    def __init__(self, yaml: Yaml, path: str, findings: list[Finding]) -> None:
        self._lines = yaml.lines
        self._path = path
        self._findings = findings
        self._asked: set[str] = set()
        self._values: dict[str, Any] = yaml.value if isinstance(yaml.value, dict) else {}
        if not isinstance(yaml.value, dict):
            self.find((), "yaml-shape", N_("Here should be lines of the form “key: value”."),
                      N_("Compare with the example in docs/trainers/course-format.md."))

    def find(self, where: Where, rule: str, message: str, mend: str, *, severity: Severity = Severity.ERROR,
             **values: str | int) -> None:
        """Note a finding on the line of a value."""
        line = self._lines.get(where) or self._lines.get(where[:1]) or self._lines.get((), 1)
        self._findings.append(Finding(rule, self._path, line, message, mend, severity, values))

    def line(self, key: str) -> int:
        """The line on which a key's value begins."""
        return self._lines.get((key,), self._lines.get((), 1))

    def slug(self, key: str) -> str:
        """A name that may stand in addresses; required."""
        value = self._get(key, required=True)
        if value is not None and not (isinstance(value, str) and SLUG.fullmatch(value)):
            self.find((key,), "yaml-id", N_("“%(key)s” must be a short name for addresses."),
                      N_("Use a–z, 0–9 and -, at most 64 characters."), key=key)
            return ""
        return value or ""

    def text(self, *keys: str) -> str:
        """A text, under the first of `keys` (spellings) that is there; empty when there is none."""
        key = next((key for key in keys if key in self._values), keys[0])
        value = self._get(key)
        if isinstance(value, (dict, list, bool)):
            self._wrong_shape(key, N_("Write one text."))
            return ""
        return "" if value is None else str(value)

    def texts(self, key: str, languages: Collection[str], *, required: bool = False) -> Mapping[str, str]:
        """A text in each language; one text alone counts for all languages."""
        value = self._get(key, required=required)
        if isinstance(value, str):
            return dict.fromkeys(languages, value)
        nothing = dict.fromkeys(languages, "")
        if value is None:
            return nothing
        if not isinstance(value, dict) or not all(isinstance(text, str) and text for text in value.values()):
            self._wrong_shape(key, N_("Write one text for each language: {de: …, en: …}."))
            return nothing
        for language in languages:
            if language not in value:
                self.find((key,), "language-missing", N_("“%(key)s” is missing in the language %(language)s."),
                          N_("Write it as {de: …, en: …}."), key=key, language=language)
        return nothing | value

    def number(self, key: str, low: int, high: int, default: int) -> int:
        """A whole number within bounds."""
        value = self._get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.find((key,), "yaml-number", N_("“%(key)s” must be a whole number from %(low)s to %(high)s."),
                      N_("Write the number without a unit."), key=key, low=low, high=high)
            return default
        return value

    def one_of(self, key: str, allowed: Collection[str]) -> str:
        """One of a few words; empty when there is none."""
        value = self.text(key)
        if value and value not in allowed:
            self.find((key,), "yaml-value", N_("“%(value)s” is not known under “%(key)s”."), N_("Choose from: %(allowed)s."),
                      key=key, value=value[:80], allowed=", ".join(allowed))
            return ""
        return value

    def words(self, *keys: str, allowed: Collection[str] = (), required: bool = False) -> tuple[str, ...]:
        """A list of short texts, under the first of `keys` (spellings) that is there."""
        key = next((key for key in keys if key in self._values), keys[0])
        value = self._get(key, required=required)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            self._wrong_shape(key, N_("Write a list of texts: [one, two]."))
            return ()
        for index, word in enumerate(value):
            if allowed and word not in allowed:
                self.find((key, index), "yaml-value", N_("“%(value)s” is not known under “%(key)s”."),
                          N_("Choose from: %(allowed)s."), key=key, value=word[:80], allowed=", ".join(allowed))
        return tuple(value)

    def mapping(self, key: str) -> Mapping[str, Any]:
        """Further keys and values, read by whom they concern."""
        value = self._get(key)
        if value is not None and not isinstance(value, dict):
            self._wrong_shape(key, N_("Write indented lines of the form “key: value” below it."))
            return {}
        return value or {}

    def inside(self, key: str) -> "Fields":
        """The mapping under a key, to be read field by field."""
        lines = {where[1:]: line for where, line in self._lines.items() if where[:1] == (key,)}
        return Fields(Yaml(self.mapping(key), lines), self._path, self._findings)

    def refuse_others(self) -> None:
        """Warn of keys that nobody asked for: most often a slip of the pen."""
        for key in sorted(self._values.keys() - self._asked):
            self.find((key,), "yaml-unknown", N_("“%(key)s” is not known here and has no effect."),
                      N_("Remove it, or correct its spelling."), severity=Severity.WARNING, key=key[:80])

    def _get(self, key: str, *, required: bool = False) -> Any:
        self._asked.add(key)
        value = self._values.get(key)
        if required and value in (None, "", [], {}):
            self.find((key,), "yaml-missing", N_("“%(key)s” is missing."), N_("Add the line “%(key)s: …”."), key=key)
            return None
        return value

    def _wrong_shape(self, key: str, mend: str) -> None:
        self.find((key,), "yaml-shape", N_("“%(key)s” has the wrong shape."), mend, key=key)
