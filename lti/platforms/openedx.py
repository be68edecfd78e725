"""Open edX: lti-consumer-xblock, which runs in the tests (tests/lti/test_xblock.py).

By LTI 1.3 it names no product, only the site's name, which anybody chooses; by LTI 1.1 the site's name stands where the product belongs.
So it is known by the address of its authentication endpoint. Line items want whole numbers as maxima and a `resourceLinkId` that is
theirs, which Lotse's are. A launch names no language. People are called otherwise by 1.1 than by 1.3, and no claim says how. Of a chosen link address,
title, custom parameters and line item are kept; each new choice replaces the one before.
"""

from lti.platforms.generic import Generic


class OpenEdx(Generic):
    """Differences of Open edX: only how one knows it."""

    family = "openedx"
    product = "Open edX"
    names = ("open edx",)
    endpoints = ("/api/lti_consumer/v1/",)
