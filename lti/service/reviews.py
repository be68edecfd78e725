"""Submission Review: a lecturer opens one learner's work from the gradebook of the LMS."""

from lti.claims import Message
from lti.landing import Landing
from lti.models import Platform
from lti.refusals import Refused


def begin(platform: Platform, deployment_id: int, message: Message) -> Landing:
    """Where a submission review leads. Call in the transaction of the launch. Raises Refused."""
    raise Refused("message_type", address="")
