"""Where an admitted launch leads, and what its session has to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Landing:
    """The first page (a Flask endpoint with its values), and what the launch session holds beyond what all hold.

    `outcome` is what the record of launches says.
    """

    endpoint: str
    values: Mapping[str, Any] = field(default_factory=dict)
    session: Mapping[str, Any] = field(default_factory=dict)
    outcome: str = "admitted"
