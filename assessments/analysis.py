"""What was chosen how often: the counts that item analysis begins with. Pure: responses in, counts out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from assessments.kinds import KINDS
from assessments.kinds.item import Item, Offer, Response

MOST_OTHERS = 20


@dataclass(frozen=True)
class OptionCount:
    """One option, cell, pair or accepted answer, and how many chose it."""

    offer: Offer
    count: int


@dataclass(frozen=True)
class PartCount:
    """One part of a question. `others` are texts that nobody foresaw, the most frequent first; empty where there are options."""

    part: str
    label: str
    options: tuple[OptionCount, ...]
    others: tuple[tuple[str, int], ...]


def counted(item: Item, responses: Iterable[Response]) -> tuple[PartCount, ...]:
    """How often each option of a question was chosen, in the author's order, with those that nobody chose.

    `responses` are answers to this text of the item, or to its translation: positions are the same in every language.
    """
    kind = KINDS[item.kind]
    found = Counter((choice.part, choice.value) for response in responses for choice in kind.choices(item, response))
    offered: dict[str, list[Offer]] = {}
    for offer in kind.offers(item):
        offered.setdefault(offer.part, []).append(offer)
    return tuple(
        PartCount(part, offers[0].label, tuple(OptionCount(offer, found.pop((part, offer.value), 0)) for offer in offers), _others(found, part))
        for part, offers in offered.items()
    )


def _others(found: Counter[tuple[str, str]], part: str) -> tuple[tuple[str, int], ...]:
    return tuple((value, count) for (where, value), count in found.most_common() if where == part)[:MOST_OTHERS]
