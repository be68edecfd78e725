"""A platform that keeps to LTI Advantage. The others say where they differ, and why."""

from collections.abc import Mapping
from typing import Any

from lti.claims import Message, Person, Services


class Generic:
    """The specification as it stands."""

    family = ""
    product = ""
    """What people call it."""
    guide = "other"
    """Which guide tells its administrators what to tick."""
    names: tuple[str, ...] = ()
    """Other values of product_family_code, in small letters."""
    endpoints: tuple[str, ...] = ()
    """Parts of the authentication endpoint's path by which it is known where it names no product."""
    makes_line_items = True
    """Whether Lotse makes a line item where the launch names none but allows it (AGS 2.0, section 3.2)."""
    fills_variables = True
    """Whether it puts values in the place of $Variables in custom parameters (LTI Core 1.3, appendix B)."""

    may_lose_custom = True
    """Whether a chosen link names its target in its address too, for a platform that keeps no custom parameters."""

    def person(self, message: Message) -> Person | None:
        """Who launches; None for an anonymous launch (no `sub`, LTI Core 5.3.6.1)."""
        return message.person

    def services(self, message: Message) -> Services:
        """Where scores go."""
        return message.services

    def custom_fields(self, fields: Mapping[str, str]) -> dict[str, str]:
        """The custom parameters in the form of an LTI 1.1 launch (LTI 1.1, section 3)."""
        return {name.removeprefix("custom_"): value for name, value in fields.items() if name.startswith("custom_")}

    def frames(self, message: Message) -> tuple[str, ...]:
        """Origins that show Lotse in a frame, besides those of the registration."""
        return ()

    def other_user_id(self, message: Message) -> str | None:
        """What to send as userId when the platform does not know the `sub` of its own launch."""
        return None

    def wants_other_user(self, status: int, body: str) -> bool:
        """Whether an answer to a score says that the `sub` is unknown."""
        return False

    def keys_of(self, user_id: str, email: str | None) -> tuple[str, ...]:
        """By which subjects a member of a roster may be known to Lotse (see `person`)."""
        return (user_id,)

    def release(self, version: str) -> str:
        """The product's version as people know it."""
        return version

    def audience(self, issuer: str) -> Any:
        """`aud` of a deep linking response."""
        return issuer

    def content_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """A chosen link as the platform reads it."""
        return item
