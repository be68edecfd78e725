"""ILIAS 8 to 11. The shapes are in tests/lti/recorded/ilias."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lti.claims import Message, Person, Services
from lti.platforms.generic import Generic

PSEUDONYM = ".ilias"
REAL_EMAIL = "realemail"
HIDDEN = "-"                           # for each name that the privacy setting withholds


class Ilias(Generic):
    """Differences of ILIAS."""

    family = "ilias"
    product = "ILIAS"
    guide = "ilias"
    names = ("ilias.de",)              # openid-configuration.json; launches say "ilias"
    # A line item made by a tool has a negative number, and scores sent to it do not change the learning progress
    # (ags-lineitem-created-by-tool.json).
    makes_line_items = False
    # Of a chosen link only title, description and custom are kept (deep-linking-response-accepted.json).
    may_lose_custom = False
    # It hands $Variables on as they stand.
    fills_variables = False

    def person(self, message: Message) -> Person | None:
        """With the privacy setting "random", `sub` is new at every launch and only the pseudonym in `email` stays.

        See idtoken-resource-link.random-ident.json. In every other setting the pseudonym begins with `sub`, or `sub` says
        that the address is a real one (…instructor-real-email.json), which people may choose themselves.
        """
        if message.person is None:
            return None
        person = replace(message.person, name=_shown(message.person.name))
        if not person.email or not person.email.endswith(PSEUDONYM):
            return person
        if person.email.rpartition("@")[0] == person.subject or person.subject.startswith(REAL_EMAIL):
            return replace(person, email=None)  # Never write to an address that ends in .ilias.
        return replace(person, subject=person.email, email=None)

    def services(self, message: Message) -> Services:
        """Early ILIAS 10 misspells the path of the container; ILIAS itself does not match one that ends in a slash.

        See idtoken-resource-link.ilias10-early.json.
        """
        lineitems = message.services.lineitems
        if lineitems is None or "/linetitems" in lineitems:
            return replace(message.services, lineitems=None)
        return replace(message.services, lineitems=lineitems.rstrip("/"))

    def custom_fields(self, fields: Mapping[str, str]) -> dict[str, str]:
        """ILIAS sends them under their own names, without `custom_` (lti11-launch.json)."""
        return {**fields, **super().custom_fields(fields)}

    def other_user_id(self, message: Message) -> str | None:
        """Older lines know people in the settings "random" and "e-mail" by the `email` claim only."""
        return message.person.email if message.person else None

    def wants_other_user(self, status: int, body: str) -> bool:
        """ILIAS answers 404 with these words."""
        return status == 404 and "user not available" in body.casefold()

    def keys_of(self, user_id: str, email: str | None) -> tuple[str, ...]:
        """The pseudonym where it is the key. ILIAS has no roster yet; this is for the day when it has."""
        return (user_id, email) if email and email.endswith(PSEUDONYM) else (user_id,)

    def audience(self, issuer: str) -> Any:
        """A list, as in the response that every version reads (deep-linking-response-accepted.json)."""
        return [issuer]

    def content_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """What the specification calls `text` is read as `description`."""
        return {**item, "description": item["text"]}


def _shown(name: str | None) -> str | None:
    """What the setting shows of a name: of "Erika -" the first part, of "- -" nothing."""
    return " ".join(part for part in (name or "").split() if part != HIDDEN) or None
