"""What the stand-in's views share: its addresses, key, memory, and who has signed in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import current_app, session
from werkzeug.exceptions import Unauthorized

from demo import campus
from demo.campus import ACTIVITIES, Activity, Addresses, Member
from demo.keys import Key
from demo.store import Store

Signer = Callable[[Key, dict[str, Any]], str]
EXTENSION = "campus"


@dataclass
class Parts:
    """One stand-in. `signer` makes id_tokens; tests put in one that forges them."""

    addresses: Addresses
    key: Key
    store: Store
    signer: Signer = Key.sign


def parts() -> Parts:
    """The parts of the present app."""
    found: Parts = current_app.extensions[EXTENSION]
    return found


def addresses() -> Addresses:
    """Where platform and tool are."""
    return parts().addresses


def key() -> Key:
    """The signing key."""
    return parts().key


def store() -> Store:
    """What is remembered."""
    return parts().store


def activities() -> list[Activity]:
    """All activities of the course: those of the demonstration, and those that lecturers have added."""
    return [*ACTIVITIES, *store().activities()]


def activity(id_: str | None) -> Activity | None:
    """The activity with this id."""
    return next((found for found in activities() if found.id == id_), None)


def signer() -> Signer:
    """What makes id_tokens out of claims."""
    return parts().signer


def signed_in() -> Member | None:
    """Who this browser has chosen to be, if anybody."""
    return campus.member(session.get("person"))


def present_member() -> Member:
    """Who this browser has chosen to be. Raises Unauthorized, whose page leads to the choice."""
    person = signed_in()
    if person is None:
        raise Unauthorized
    return person
