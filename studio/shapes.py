"""What authors can insert into a text and edit as a form: every kind of question, legal statements, and what draws questions or brings them in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assessments.kinds import KINDS, variants
from assessments.kinds.base import Kind
from core import db
from core.i18n import N_
from modules import pools
from modules.split import LAW

SHARED = ("points", "attempts", "competence", "tags", "scoring", "shuffle", "show")
GIFT = "gift"


@dataclass(frozen=True)
class Shape:
    """How a block is written: its attributes, its answers, its fenced parts, and a first example in each language."""

    name: str
    title: str
    sample: Mapping[str, str]
    attributes: tuple[str, ...] = ()
    begins: str = "points=1"                                # the attributes of a new one
    has_text: bool = True
    asks: bool = True                                       # it is a question, with hints and an explanation
    signs: re.Pattern[str] | None = None                    # of answers; none: it has no answers
    written: tuple[str, ...] = ()
    line: str = "{sign} {text}"
    beside: str = ""
    together: Mapping[str, str] = field(default_factory=dict)
    table: bool = False
    weighted: bool = False                                  # an answer may be worth a part of the points
    told: bool = True                                       # an answer may have feedback
    fences: frozenset[str] = frozenset()


def _of(kind: Kind[Any]) -> Shape:
    shared = tuple(name for name in SHARED if name not in kind.unknown)
    # The lines of a rubric make the points.
    begins = "points=1" if "points" in shared and not kind.by_people else ""
    return Shape(
        kind.name, kind.title, kind.sample, (*shared, *kind.attributes), begins, signs=kind.signs, written=kind.written, line=kind.line,
        beside=kind.beside, together=kind.together, table=kind.table, weighted=kind.written[:1] in (("(x)",), ("[x]",), ("=",)),
        told=not kind.anonymous, fences=kind.fences | {variants.FENCE} if kind.varied else kind.fences,
    )


_POOL = Shape(pools.KIND.name, N_("Draw questions from a pool"), {}, ("pick", "from", "points"), "pick=5 from=NAME", has_text=False, asks=False)
_LAW_TEXT = {"de": "Was das Recht dazu sagt.", "en": "What the law says about it."}
_LAW = Shape(LAW, N_("Legal statement"), _LAW_TEXT, ("topic", "title", "as_of", "source"), asks=False)
_GIFT_SAMPLE = "```gift {points=1}\n// [id:ID]\nWhat is true? {=This is right.#Yes. ~This is wrong.#No. ####What to remember.}\n```"
SHAPES: Mapping[str, Shape] = {name: _of(kind) for name, kind in KINDS.items()} | {_POOL.name: _POOL, LAW: _LAW}
GIFT_TITLE = N_("Questions in GIFT")
_LAW_SAMPLE = '::: law {topic=ID as_of=%s source="https://"}\n%s\n:::'


def new_block(name: str, id_: str, language: str) -> str:
    """The source of a new block of this kind. Raises LookupError."""
    if name == GIFT:
        return _GIFT_SAMPLE.replace("ID", id_)
    if name == LAW:
        return _LAW_SAMPLE.replace("ID", id_) % (db.now().date().isoformat(), _LAW_TEXT.get(language, _LAW_TEXT["en"]))
    shape = SHAPES[name]
    opening = f"::: {name} {{{f'#{id_} {shape.begins}'.strip()}}}"
    sample = shape.sample.get(language) or shape.sample.get("en", "")
    return "\n".join([opening, *([sample] if sample else []), ":::"])
