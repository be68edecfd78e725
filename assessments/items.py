"""An edition's questions, read once per process: editions never change."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from assessments.kinds import KINDS
from assessments.kinds.item import Item
from core.once import once_each
from modules import pools
from modules.blocks import Block
from modules.easy import written_in
from modules.service import ParsedEdition, parsed

EDITIONS_KEPT = 64


@dataclass(frozen=True)
class PoolPlace:
    """A place in a module where some of these questions stand, others for each learner (assessments.drawing)."""

    id: str
    pick: int
    candidates: tuple[str, ...]


@once_each(EDITIONS_KEPT * 12)
def items(edition_id: int, module: str, language: str) -> dict[str, Item]:
    """A module's questions by id, in the order of the text, with all that its pools could draw.

    What an easy text leaves out is that of the usual one. Raises LookupError for an unknown module.
    """
    edition = parsed(edition_id)
    media_url, written = edition.media_url(module), written_in(language)
    blocks = {block.id: block for text in (written, language) for block in edition.module(module, text).blocks}
    found: dict[str, Item] = {}
    for block in blocks.values():
        if block.kind == pools.KIND.name:
            for item in _of_pool(edition, block, written):
                found.setdefault(item.id, item)
        else:
            found[block.id] = KINDS[block.kind].parse(block, media_url, edition.pictures)
    return found


def _of_pool(edition: ParsedEdition, block: Block, language: str) -> Iterator[Item]:
    pool, media_url = pools.read_pool(block), edition.media_url_in(pools.FOLDER)
    for candidate in pools.candidates(pool, edition.course, language):
        item = KINDS[candidate.kind].parse(candidate, media_url, edition.pictures)
        yield item if pool.points is None else replace(item, points=pool.points)


def item(edition_id: int, module: str, item_id: str, language: str) -> Item:
    """One question. Raises LookupError when the edition has none of this id."""
    return items(edition_id, module, language)[item_id]


@once_each(EDITIONS_KEPT * 12)
def layout(edition_id: int, module: str) -> tuple[str | PoolPlace, ...]:
    """What stands in a module, in order: the ids of questions, and pools. Raises LookupError for an unknown module."""
    edition = parsed(edition_id)
    language = edition.languages[0]
    return tuple(
        PoolPlace(block.id, int(block.attributes["pick"]), tuple(found.id for found in pools.candidates(pools.read_pool(block), edition.course, language)))
        if block.kind == pools.KIND.name else block.id
        for block in edition.module(module, language).blocks
    )


@once_each(EDITIONS_KEPT)
def points(edition_id: int) -> dict[str, dict[str, float]]:
    """What each question is worth, by module and item, with all that pools could draw. All languages have the same (lint sees to it)."""
    edition = parsed(edition_id)
    return {
        module: {item.id: item.points for item in items(edition_id, module, edition.languages[0]).values()}
        for module in edition.module_ids
    }


def item_in(edition_id: int, module: str, item_id: str, language: str) -> Item:
    """The same in a language or easy text, or in the edition's first language where it does not speak it. Raises LookupError."""
    return item(edition_id, module, item_id, parsed(edition_id).spoken(language))


@once_each(EDITIONS_KEPT)
def hiding(edition_id: int) -> dict[str, dict[str, str]]:
    """Questions whose right and wrong are not shown at once: their `show`, by module and item."""
    edition = parsed(edition_id)
    return {
        module: {item.id: item.show for item in items(edition_id, module, edition.languages[0]).values() if item.show != "now"}
        for module in edition.module_ids
    }
