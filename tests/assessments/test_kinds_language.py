"""Everything that this room says to people is there in German, with the same places to fill."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
PLACE = re.compile(r"%\(\w+\)s")


def said() -> Iterator[str]:
    for folder in ("assessments", "exercises"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("N_", "_"):
                    yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))
    for path in (ROOT / "templates" / "assessments").rglob("*.html"):
        yield from re.findall(r"(?<!\w)_\('([^']*)'", path.read_text("utf-8"))
        yield from (found for pair in re.findall(r"ngettext\('([^']*)', '([^']*)'", path.read_text("utf-8")) for found in pair)


def test_every_text_is_translated_with_its_places() -> None:
    german: dict[str, str] = {}
    for room in ("assessments", "core"):
        with (ROOT / "locale" / "de" / f"{room}.po").open("rb") as file:
            for message in read_po(file):
                ids = [message.id] if isinstance(message.id, str) else message.id
                texts = [message.string] if isinstance(message.string, str) else message.string
                german |= dict(zip(ids, texts, strict=True))
    texts = set(said())
    assert len(texts) > 150
    assert [text for text in texts if not german.get(text)] == []
    assert [text for text in texts if sorted(PLACE.findall(text)) != sorted(PLACE.findall(german[text]))] == []
