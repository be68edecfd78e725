"""Course Groups Service 1.0: in which groups an LMS course is divided."""

from collections.abc import Iterable
from dataclasses import dataclass

from lti import scopes
from lti.claims import cleaned
from lti.paging import Ask
from lti.roster import pages

SCOPE = scopes.GROUPS.uri
GROUPS_TYPE = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"
SETS_TYPE = "application/vnd.ims.lti-gs.v1.contextgroupsetcontainer+json"


@dataclass(frozen=True)
class Group:
    """A group of learners. `set_name` is that of the division it belongs to, such as "Practicals"; empty when to none."""

    id: str
    name: str
    set_name: str = ""


def groups(ask_groups: Ask, url: str, ask_sets: Ask, sets_url: str | None) -> tuple[Group, ...]:
    """All groups by set and name; hidden ones are left out. Raises RosterError and LaterError."""
    sets = dict(_named(pages(ask_sets, sets_url, "sets")[0])) if sets_url else {}
    entries = [entry for entry in pages(ask_groups, url, "groups")[0] if isinstance(entry, dict) and entry.get("hidden") is not True]
    set_of = {str(entry.get("id")): sets.get(str(entry.get("set_id")), "") for entry in entries}
    found = (Group(id_, name, set_of[id_]) for id_, name in _named(entries))
    return tuple(sorted(found, key=lambda group: (group.set_name.casefold(), group.name.casefold(), group.id)))


def _named(entries: Iterable[object]) -> Iterable[tuple[str, str]]:
    for entry in entries:
        if isinstance(entry, dict) and isinstance(entry.get("id"), str | int) and (name := cleaned(entry.get("name"))):
            yield str(entry["id"]), name
