"""Deep Linking: a lecturer chooses what a link in the LMS opens."""

from lti.claims import Message
from lti.landing import Landing
from lti.models import Platform
from lti.refusals import Refused


def begin(platform: Platform, deployment_id: int, message: Message) -> Landing:
    """Where a deep linking launch leads. Call in the transaction of the launch. Raises Refused."""
    raise Refused("message_type", address="")
