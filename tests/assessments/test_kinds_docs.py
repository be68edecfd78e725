"""The trainers' guide shows what really works."""

import re
from pathlib import Path

from assessments.kinds import KINDS
from assessments.kinds.attributes import COMMON
from exercises.checks import CHECKS
from modules import pools
from modules.blocks import Block, BlockKind
from modules.split import split

GUIDE = (Path(__file__).parents[2] / "docs" / "trainers" / "questions.md").read_text("utf-8")


def test_every_example_of_the_guide_can_be_published_without_a_warning() -> None:
    examples = re.findall(r"````markdown\n(.*?)````", GUIDE, re.DOTALL)
    blocks = [segment for text in examples for segment in split(text, path="m.md", language="en").segments]
    known: dict[str, BlockKind] = {**KINDS, "pool": pools.KIND}
    assert {block.kind for block in blocks if isinstance(block, Block)} == set(known)
    findings = [finding for block in blocks if isinstance(block, Block) for finding in known[block.kind].check(block)]
    assert findings == []


def test_the_guide_names_every_attribute_and_every_check() -> None:
    names = {*COMMON, *CHECKS, *(name for kind in KINDS.values() for name in kind.attributes)}
    assert {name for name in names if not re.search(rf"`[^`]*\b{name}\b[^`]*`", GUIDE)} == set()
