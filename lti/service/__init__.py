"""The use cases of LTI, by what they are about. Only they commit. What other rooms need stands here."""

from lti.service.platforms import add_platform

__all__ = ["add_platform"]
