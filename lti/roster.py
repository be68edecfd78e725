"""Names and Role Provisioning Services 2.0: who is in the LMS course. Read with suspicion, as all that platforms send."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.http import Answer, OutgoingError
from lti import scopes
from lti.addresses import with_query
from lti.claims import cleaned, name_of, strings_in
from lti.paging import Ask, walk
from lti.roles import learns, role_in_context

SCOPE = scopes.ROSTER.uri
MEDIA_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
PAGE = 200                             # members asked for at once; a platform may give fewer (NRPS 2.0, section 2.4.1)
MOST_PAGES = 50
MOST_MEMBERS = 5000
ACTIVE = "active"

class Trouble(StrEnum):
    """Why a platform's list could not be read, for people to be told."""

    UNREACHABLE = "unreachable"        # no answer, no token, or an error of its own
    FORBIDDEN = "forbidden"
    GONE = "gone"
    UNREADABLE = "unreadable"


class RosterError(RuntimeError):
    """The platform's list cannot be had."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


@dataclass(frozen=True)
class Member:
    """Somebody in the LMS course. `name` is None where it is withheld; the e-mail is for finding the same person, and not shown."""

    user_id: str
    name: str | None
    email: str | None
    teaches: bool
    learns: bool
    active: bool
    groups: frozenset[str]


@dataclass(frozen=True)
class Listing:
    """All members that were read. `whole` is False when there are more than Lotse reads."""

    members: tuple[Member, ...]
    whole: bool = True


def members(ask: Ask, url: str, *, groups: bool = False) -> Listing:
    """Everybody on the platform's list, page by page. Raises RosterError, and LaterError when the platform does not answer.

    `groups`: also in which groups they are (Course Groups 1.0, section 3.2.2.2).
    """
    first = with_query(url, limit=str(PAGE), **({"groups": "true"} if groups else {}))
    found: dict[str, Member] = {}
    entries, whole = pages(ask, first, "members")
    for entry in entries[:MOST_MEMBERS]:
        if member := read_member(entry):
            found.setdefault(member.user_id, member)
    return Listing(tuple(found.values()), whole and len(entries) <= MOST_MEMBERS)


def pages(ask: Ask, url: str, name: str) -> tuple[list[Any], bool]:
    """The entries of a list and whether these are all: no more pages than bounded, none twice. Raises RosterError."""
    entries: list[Any] = []
    whole = True
    for answer, more in walk(ask, url, MOST_PAGES):
        entries += _entries_in(answer, name)
        whole = not more
        if len(entries) > MOST_MEMBERS:
            break
    return entries, whole


def _entries_in(answer: Answer, name: str) -> list[Any]:
    if answer.status != 200:
        raise RosterError({401: Trouble.FORBIDDEN, 403: Trouble.FORBIDDEN, 404: Trouble.GONE}.get(answer.status, Trouble.UNREACHABLE))
    try:
        entries = answer.json()[name]
    except (OutgoingError, TypeError, KeyError) as error:
        raise RosterError(Trouble.UNREADABLE) from error
    if not isinstance(entries, list):
        raise RosterError(Trouble.UNREADABLE)
    return entries


def read_member(entry: object) -> Member | None:
    """One entry (NRPS 2.0, section 2.2); None when it names nobody. Without a status a member is active."""
    if not isinstance(entry, dict) or not isinstance(entry.get("user_id"), str) or not entry["user_id"]:
        return None
    roles = strings_in(entry.get("roles"))
    teaches = role_in_context(roles).value != "learner"
    status = entry.get("status")
    return Member(
        user_id=entry["user_id"], name=name_of(entry), email=cleaned(entry.get("email")), teaches=teaches,
        learns=not teaches and learns(roles), active=not isinstance(status, str) or status.casefold() == ACTIVE,
        groups=_groups(entry.get("group_enrollments")),
    )


def _groups(value: object) -> frozenset[str]:
    entries = value if isinstance(value, list) else []
    return frozenset(entry["group_id"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("group_id"), str))
