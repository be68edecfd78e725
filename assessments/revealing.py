"""What repeating asks of the rules of answering: whether a question is closed for somebody, its answer may be shown, and how it stands by now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from assessments import corrections, items, terms
from assessments.corrections import Correction
from assessments.kinds import KINDS
from assessments.kinds.item import Item
from assessments.kinds.looking import LookKind
from assessments.service import Standing
from assessments.terms import Terms
from courses.service import AnyPart


def repeatable(item: Item) -> bool:
    """Whether a program grades the question at once, without anybody's work or tokens, so that it can be asked again."""
    kind = KINDS[item.kind]
    return not (kind.deferred or kind.by_people or kind.anonymous or isinstance(kind, LookKind))


@dataclass(frozen=True)
class Revealing:
    """The rules of one part as they stand now, for many of its questions."""

    part: AnyPart
    modules: dict[str, Terms] = field(default_factory=dict)

    def may_show(self, module: str, item: Item) -> bool:
        """Whether the answer may be seen by somebody who gives no counted one to this question any more."""
        return repeatable(item) and self._now(module).showing(item, is_closed=True).solution

    def shown(self, module: str, item: Item, standing: Standing | None) -> bool:
        """Whether the question is closed for the learner, and its answer may be shown."""
        return standing is not None and standing.closed(item, self._now(module)) and self.may_show(module, item)

    def text(self, module: str, item: str, language: str) -> Item:
        """The question as it stands, with its key corrected where that was done. Raises LookupError when the edition has none."""
        return corrections.as_it_stands(self._corrections, module, items.item(self.part.edition_id, module, item, language))

    def edition_of(self, module: str, item: str) -> int:
        """The edition whose text and key of a question hold."""
        correction = self._corrections.get((module, item))
        return (correction.by if correction else 0) or self.part.edition_id

    @cached_property
    def _corrections(self) -> Mapping[corrections.Key, Correction]:
        return corrections.in_force(self.part.edition_id, self.part.run_id)

    def _now(self, module: str) -> Terms:
        if module not in self.modules:
            self.modules[module] = terms.of(self.part, module)
        return self.modules[module]
