"""Where an admitted launch leads, and what its session has to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.models import Role


@dataclass(frozen=True)
class Landing:
    """The first page (a Flask endpoint with its values), and what the launch session holds beyond what all hold.

    `outcome` is what the record of launches says.
    """

    endpoint: str
    values: Mapping[str, Any] = field(default_factory=dict)
    session: Mapping[str, Any] = field(default_factory=dict)
    outcome: str = "admitted"


def session_of(person_id: int, role: Role, run_id: int, link_id: int) -> dict[str, Any]:
    """What the session of a launch holds about the person who came."""
    return {"_user_id": str(person_id), "_fresh": True, "lti_link": link_id, "launch_run": run_id, "launch_role": role.value}
