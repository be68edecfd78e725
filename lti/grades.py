"""Assignment and Grade Services 2.0: the line item of a link, and a score for it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from core.http import Answer, OutgoingError
from lti import scopes
from lti.addresses import with_query
from lti.connection import Connection, LaterError, judge
from lti.paging import walk
from lti.platforms.generic import Generic

LINE_ITEMS, READ_LINE_ITEMS, SCORES = scopes.LINE_ITEM.uri, scopes.LINE_ITEM_READ.uri, scopes.SCORE.uri
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
CONTAINER_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
LINE_ITEM_MAXIMUM = 100
MOST_PAGES = 20


@dataclass(frozen=True)
class Address:
    """Where a link's scores go."""

    link: int
    resource_link_id: str
    module: str | None
    title: str
    lineitem: str | None
    lineitems: str | None
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Parcel:
    """A score with everything that sending needs."""

    address: Address
    user_id: str
    other_user_id: str | None
    points: float
    maximum: float
    second: int
    comment: str
    sourcedid: str | None = None       # where this score goes, in LTI 1.1

    def body(self) -> dict[str, Any]:
        """The score. Only a complete and final one: for anything else Moodle removes the grade (ags-score.http)."""
        return {
            "userId": self.user_id, "scoreGiven": _plain(self.points), "scoreMaximum": _plain(self.maximum),
            "activityProgress": "Completed", "gradingProgress": "FullyGraded", "comment": self.comment,
            # Milliseconds and an offset are the one form that every recorded platform reads.
            "timestamp": datetime.fromtimestamp(self.second, UTC).isoformat(timespec="milliseconds"),
        }


def _plain(number: float) -> float | int:
    rounded = round(number, 4)
    return int(rounded) if rounded == int(rounded) else rounded


def can_make_line_item(lineitems: str | None, scopes: Collection[str]) -> bool:
    """Whether the launch allows the tool to make a line item of its own."""
    return bool(lineitems) and LINE_ITEMS in scopes


def scores_url(lineitem: str) -> str:
    """`/scores` belongs to the path: Moodle's line items have a query (AGS 2.0, section 3.4.3)."""
    parts = urlsplit(lineitem)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/scores"))


# --- Line item and score ----------------------------------------------------------------------------------------------

def send(connection: Connection, profile: Generic, lineitem: str, parcel: Parcel) -> None:
    """Post a score. Raises LaterError or NeverError."""
    answer = _post_score(connection, lineitem, parcel)
    if parcel.other_user_id and profile.wants_other_user(answer.status, answer.content.decode(errors="replace")):
        answer = _post_score(connection, lineitem, replace(parcel, user_id=parcel.other_user_id))
    judge(answer, "score")


def _post_score(connection: Connection, lineitem: str, parcel: Parcel) -> Answer:
    return connection.call(
        "POST", scores_url(lineitem), [SCORES], json=parcel.body(),
        headers={"Content-Type": SCORE_TYPE, "Accept": SCORE_TYPE},
    )


def find_line_item(connection: Connection, address: Address) -> str | None:
    """The address of the line item that Lotse has made for a link earlier. Raises LaterError or NeverError."""
    assert address.lineitems
    first = with_query(address.lineitems, resource_link_id=address.resource_link_id, resource_id=_resource(address))
    for listed, _more in walk(lambda page: connection.call("GET", page, _reading(address), {"Accept": CONTAINER_TYPE}), first, MOST_PAGES):
        judge(listed, "items")
        mine: list[str] = [entry["id"] for entry in _list_in(listed) if _is_mine(entry, address)]
        if mine:
            return mine[0]
    return None


def make_line_item(connection: Connection, address: Address) -> str:
    """A new line item's address. Platforms make another one each time (ags-lineitems.http), so search before.

    Raises LaterError or NeverError.
    """
    assert address.lineitems
    made = connection.call(
        "POST", address.lineitems, _reading(address), headers={"Content-Type": LINE_ITEM_TYPE, "Accept": LINE_ITEM_TYPE},
        json={
            "label": address.title or "Lotse", "scoreMaximum": LINE_ITEM_MAXIMUM, "resourceId": _resource(address),
            "resourceLinkId": address.resource_link_id,
        },
    )
    judge(made, "item")
    return _line_item_in(made)


def _resource(address: Address) -> str:
    return address.module or "course"


def _reading(address: Address) -> list[str]:
    return [LINE_ITEMS] if READ_LINE_ITEMS not in address.scopes else [LINE_ITEMS, READ_LINE_ITEMS]


def _is_mine(entry: object, address: Address) -> bool:
    """Some platforms leave out the filters, so the entries are compared here too."""
    return (
        isinstance(entry, dict) and isinstance(entry.get("id"), str)
        and entry.get("resourceLinkId") == address.resource_link_id and entry.get("resourceId") == _resource(address)
    )


def _list_in(answer: Answer) -> list[Any]:
    try:
        found = answer.json()
    except OutgoingError as error:
        raise LaterError("items_unreadable") from error
    return found if isinstance(found, list) else []


def _line_item_in(answer: Answer) -> str:
    try:
        found = answer.json()["id"]
    except (OutgoingError, TypeError, KeyError) as error:
        raise LaterError("item_unreadable") from error
    return str(found)
