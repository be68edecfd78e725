"""Small files in the shapes of other systems, and a course with one question of each kind."""

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

from exchange import service
from exchange.model import Entry, Item, Reading
from exchange.reading import item_of
from exchange.writing import block
from modules.blocks import Block
from modules.split import split

PNG = "iVBORw0KGgo="
BLOCKS = """\
::: single {#capital points=2}
Which is **right**, if \\(a_1 < b*c\\)?

![A map](media/map.png)
(x) Bern
    > Yes.
( ) %50% Zurich
    > Nearly *so*.
( ) Geneva
! Since 1848.
:::

::: single {#truth points=1 shuffle=no}
The earth is flat.
( ) True
    > No.
(x) False
:::

::: multi {#primes points=3 tags="easy,whole numbers"}
Which are prime?
[x] 2
    > The only even one.
[x] 3
[ ] 4
:::

::: multi {#weights points=1}
Which?
[x] %75% much
[x] %25% little
[ ] %-50% none
:::

::: short {#act points=1}
Which act?
= AI Act | AI Regulation
= %50% Act
    > Which one?
:::

::: numeric {#half points=2 unit=m}
How long?
= 12.5 +- 0.5
    > Right.
= %50% [10; 11]
:::

::: match {#roles points=3}
What belongs together?
Role -> tone
Example -> pattern
Format -> shape
-> size
:::

::: order {#steps points=1}
Bring into order.
1. first
2. second
3. third
:::

::: matrix {#lights points=2}
Which data?
|   | yes | no |
|---|---|---|
| public | (x) | ( ) |
| secret | ( ) | (x) |
:::

::: cloze {#gaps points=2}
A model is [[small|(large)|round]] and reads [[token|=tokens]].
! So it is.
:::
"""


def items(text: str = BLOCKS, language: str = "en") -> list[Item]:
    """The items of some blocks."""
    return [item_of(part) for part in split(text, path="", language=language).segments if isinstance(part, Block)]


def reading(text: str = BLOCKS) -> Reading:
    """The same as something to be written; its picture is there."""
    return Reading("bundle", tuple(items(text)), media={"media/map.png": b"\x89PNG\r\n\x1a\n"}, title="Sample")


def blocks(found: Iterable[Item], language: str = "en") -> dict[str, str]:
    """Blocks by id."""
    return {item.id: block(item, language) for item in found}


def read(content: bytes | str, name: str = "file.txt", format_: str = "auto", language: str = "en") -> Reading:
    """Read a file."""
    return service.read(content.encode() if isinstance(content, str) else content, name, format_, language)


def one(content: bytes | str, name: str = "file.txt", format_: str = "auto", language: str = "en") -> tuple[str, Entry]:
    """The only item of a file as a block, "" when it was dropped, and its entry."""
    found = read(content, name, format_, language)
    assert len(found.report) == 1, found
    return (block(found.items[0], language) if found.items else ""), found.report[0]


def notes(entry: Entry) -> list[str]:
    """What was changed in an item, in words."""
    return [note.message % note.values for note in entry.notes]


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    """A zip file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return buffer.getvalue()


def h5p(library: str, params: Mapping[str, Any], **files: bytes) -> bytes:
    """An H5P package."""
    about = {"title": "Sample", "mainLibrary": library}
    return zipped({"h5p.json": json.dumps(about), "content/content.json": json.dumps(params), **{f"content/{name}.png": content for name, content in files.items()}})


def moodle(*questions: str) -> str:
    """A file of Moodle XML."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n{"".join(questions)}\n</quiz>'


def question(kind: str, rest: str, text: str = "Well?") -> str:
    """One question of Moodle XML."""
    return (f'<question type="{kind}"><name><text>N</text></name><questiontext format="html"><text><![CDATA[{text}]]></text></questiontext>'
            f"<defaultgrade>1</defaultgrade>{rest}</question>\n")


def answer(text: str, fraction: float, feedback: str = "") -> str:
    """An answer of Moodle XML."""
    return f'<answer fraction="{fraction}"><text><![CDATA[{text}]]></text><feedback><text>{feedback}</text></feedback></answer>'
