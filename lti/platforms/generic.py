"""A platform that keeps to LTI Advantage. The others say where they differ, and why."""

from lti.claims import Message, Person, Services


class Generic:
    """The specification as it stands."""

    family = ""
    makes_line_items = True
    """Whether Lotse makes a line item where the launch names none but allows it (AGS 2.0, section 3.2)."""
    fills_variables = True
    """Whether it puts values in the place of $Variables in custom parameters (LTI Core 1.3, appendix B)."""

    def person(self, message: Message) -> Person | None:
        """Who launches; None for an anonymous launch (no `sub`, LTI Core 5.3.6.1)."""
        return message.person

    def services(self, message: Message) -> Services:
        """Where scores go."""
        return message.services

    def other_user_id(self, message: Message) -> str | None:
        """What to send as userId when the platform does not know the `sub` of its own launch."""
        return None

    def wants_other_user(self, status: int, body: str) -> bool:
        """Whether an answer to a score says that the `sub` is unknown."""
        return False
