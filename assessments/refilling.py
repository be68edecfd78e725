"""Puts what somebody sent back into the HTML of the form that it came from, whatever fields the form has."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from html.parser import HTMLParser

Attrs = list[tuple[str, str | None]]
_ADDRESSES = ("action", "formaction", "href", "hx-post", "hx-get")
_CHOICES = ("radio", "checkbox")
_KEPT = ("hidden", "submit", "button")


def refilled(html: str, sent: Mapping[str, Sequence[str]], resolve: Callable[[str], str] = str) -> str:
    """The form with these values in its fields. What cannot be changed in it stays as it is; `resolve` makes its addresses absolute."""
    form = _Form(html, sent, resolve)
    form.feed(html)
    form.close()
    for start, end, text in reversed(form.changes):
        html = html[:start] + text + html[end:]
    return html


class _Form(HTMLParser):
    """Collects what is to be changed, so that all else stays to the letter."""

    def __init__(self, html: str, sent: Mapping[str, Sequence[str]], resolve: Callable[[str], str]) -> None:
        super().__init__()
        self.changes: list[tuple[int, int, str]] = []
        self._lines = [0]
        for line in html.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._left = {name: list(values) for name, values in sent.items()}   # several fields of one name take one value each
        self._sent, self._resolve = sent, resolve
        self._fieldsets: list[bool] = []                                     # open ones, and whether they are disabled
        self._select = ""
        self._option: tuple[int, int, Attrs] | None = None                   # one whose value is its text, which is still to come
        self._text: tuple[int, str] | None = None                            # where a text area begins, and what goes there

    def handle_starttag(self, tag: str, attrs: Attrs) -> None:
        start = self._here()
        end, given = start + len(self.get_starttag_text() or ""), dict(attrs)
        locked = any(self._fieldsets) or "disabled" in given or "readonly" in given
        name = given.get("name") or ""
        if tag == "fieldset":
            self._fieldsets.append("disabled" in given)
        elif tag in ("form", "a", "button"):
            self._change(start, end, tag, [(key, self._resolved(key, value)) for key, value in attrs])
        elif tag == "select":
            self._select = "" if locked else name
        elif tag == "option" and self._select:
            self._option = (start, end, attrs)
        elif tag == "input" and name and not locked:
            self._input(start, end, name, attrs)
        elif tag == "textarea" and name and not locked:
            self._text = (end, self._next(name))

    def handle_data(self, data: str) -> None:
        if self._option:
            start, end, attrs = self._option
            self._option = None
            value = dict(attrs).get("value", data.strip())
            self._change(start, end, "option", _flagged(attrs, "selected", value in self._sent.get(self._select, ())))

    def handle_endtag(self, tag: str) -> None:
        if tag == "fieldset" and self._fieldsets:
            self._fieldsets.pop()
        elif tag == "select":
            self._select = ""
        elif tag == "textarea" and self._text:
            begin, text = self._text
            self._text = None
            self.changes.append((begin, self._here(), "\n" + escape(text)))  # A browser drops the first line break.

    def _input(self, start: int, end: int, name: str, attrs: Attrs) -> None:
        kind = dict(attrs).get("type") or "text"
        if kind in _CHOICES:
            self._change(start, end, "input", _flagged(attrs, "checked", dict(attrs).get("value", "on") in self._sent.get(name, ())))
        elif kind not in _KEPT:
            self._change(start, end, "input", [*((key, value) for key, value in attrs if key != "value"), ("value", self._next(name))])

    def _resolved(self, key: str, value: str | None) -> str | None:
        return self._resolve(value) if key in _ADDRESSES and value and not value.startswith("#") else value

    def _next(self, name: str) -> str:
        left = self._left.get(name)
        return left.pop(0) if left else ""

    def _change(self, start: int, end: int, tag: str, attrs: Attrs) -> None:
        written = "".join(f" {key}" if value is None else f' {key}="{escape(value)}"' for key, value in attrs)
        self.changes.append((start, end, f"<{tag}{written}>"))

    def _here(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column


def _flagged(attrs: Attrs, flag: str, on: bool) -> Attrs:
    return [*((key, value) for key, value in attrs if key != flag), *([(flag, None)] if on else [])]
