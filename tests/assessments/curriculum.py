"""The courses that come with Lotse, read once for all tests about them."""

from functools import cache
from pathlib import Path

import pytest

from assessments.kinds import KINDS
from assessments.kinds.item import Item
from modules import blocks
from modules.blocks import Block
from modules.pools import KIND as POOL
from modules.service import CheckedFolder, check_folder

CONTENT = Path(__file__).parents[2] / "content"
STARTERS = ("ki-kompetenz", "ki-kompetenz-lehre", "ki-kompetenz-verwaltung")
WORKSHOP = "werkstatt"
TEST = "abschlusstest"


@pytest.fixture
def curriculum_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """All kinds of blocks, as in a house that is open."""
    monkeypatch.setattr(blocks, "_kinds", {**KINDS, POOL.name: POOL})


@cache
def checked(course: str) -> CheckedFolder:
    """A course that comes with Lotse, read and checked once."""
    return check_folder(CONTENT / course)


_PARSED: dict[int, Item] = {}


def parsed(block: Block) -> Item:
    """Rendering takes long, so each block is read once; the courses keep them alive."""
    if id(block) not in _PARSED:
        _PARSED[id(block)] = KINDS[block.kind].parse(block)
    return _PARSED[id(block)]
