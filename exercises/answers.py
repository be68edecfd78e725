"""What a check may look at, and what it says."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class CheckResult:
    """What one check found. `label` and `detail` are message ids filled from `values`; `detail` says why not."""

    ok: bool
    label: str
    detail: str = ""
    values: Mapping[str, str | int] = field(default_factory=dict)
    own_label: bool = False               # the author's words: shown as they are, never translated

    def as_dict(self) -> dict[str, Any]:
        """For storing with a grade."""
        return asdict(self)


@dataclass(frozen=True)
class Answers:
    """The answers of all runs of one ask, the exercise's contexts, and what the learner wrote."""

    texts: tuple[str, ...]
    contexts: Mapping[str, str]
    prompt: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    secret: str = ""
