"""An edition's questions, read once per process: editions never change."""

from assessments.kinds import KINDS
from assessments.kinds.item import Item
from core.once import once_each
from modules.easy import written_in
from modules.service import parsed

EDITIONS_KEPT = 64


@once_each(EDITIONS_KEPT * 12)
def items(edition_id: int, module: str, language: str) -> dict[str, Item]:
    """A module's questions by id, in the order of the text; what an easy text leaves out is that of the usual one.

    Raises LookupError for an unknown module.
    """
    edition = parsed(edition_id)
    media_url = edition.media_url(module)
    usual, chosen = edition.module(module, written_in(language)), edition.module(module, language)
    blocks = {block.id: block for source in (usual, chosen) for block in source.blocks}
    return {id_: KINDS[block.kind].parse(block, media_url, edition.pictures) for id_, block in blocks.items()}


def item(edition_id: int, module: str, item_id: str, language: str) -> Item:
    """One question. Raises LookupError when the edition has none of this id."""
    return items(edition_id, module, language)[item_id]


@once_each(EDITIONS_KEPT)
def points(edition_id: int) -> dict[str, dict[str, float]]:
    """What each question is worth, by module and item. All languages have the same (lint sees to it)."""
    edition = parsed(edition_id)
    return {
        module: {item.id: item.points for item in items(edition_id, module, edition.languages[0]).values()}
        for module in edition.module_ids
    }
