"""What repeating asks of the rules of answering: whether a question is closed for somebody, and its answer may be shown to them."""

from dataclasses import dataclass

from assessments.grading import showing
from assessments.kinds import KINDS
from assessments.kinds.item import Item
from assessments.kinds.looking import LookKind
from assessments.service import Standing
from courses.service import AnyPart


def repeatable(item: Item) -> bool:
    """Whether a program grades the question at once, so that it can be asked again without anybody's work or tokens."""
    kind = KINDS[item.kind]
    return not (kind.deferred or kind.by_people or kind.anonymous or isinstance(kind, LookKind))


@dataclass(frozen=True)
class Revealing:
    """The rules of one part as they stand now, for many of its questions."""

    part: AnyPart

    def may_show(self, module: str, item: Item) -> bool:
        """Whether the answer may be seen by somebody who gives no counted one to this question any more."""
        return repeatable(item) and showing(item.show, is_closed=True, due_passed=None).solution

    def shown(self, module: str, item: Item, standing: Standing | None) -> bool:
        """Whether the question is closed for the learner, and its answer may be shown."""
        return standing is not None and standing.closed(item) and self.may_show(module, item)
