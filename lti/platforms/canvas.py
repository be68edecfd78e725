"""Canvas, hosted or one's own. Facts from Instructure's public documentation (developerdocs.instructure.com); nothing was recorded.

Every hosted Canvas has the issuer https://canvas.instructure.com, whoever's it is: the client id tells the tenant, and where a
client id is inherited by several accounts, the deployment. Lotse finds platforms by (issuer, client) anyway, see
registration.platform_for. A person's `sub` is a UUID; what they were called in LTI 1.1 stands in the `lti1p1` claim.
"""

import re

from lti.addresses import origin_of
from lti.claims import Message
from lti.platforms.generic import Generic

_PLAIN = re.compile(r"https://[a-z0-9.-]+(:[0-9]+)?")  # It goes into a header.


class Canvas(Generic):
    """Differences of Canvas."""

    family = "canvas"
    product = "Canvas"
    # A line item that a tool makes is an assignment of the course, which students see (file.assignment_tools, "LTI Advantage"). Whoever
    # put the link among the pages and not among the assignments did not want one.
    makes_line_items = False

    def frames(self, message: Message) -> tuple[str, ...]:
        """The account's own address: neither the issuer nor the login (sso.canvaslms.com) is where the frame stands.

        Only the signed launch names it, as the address to return to.
        """
        origin = origin_of(message.return_url) if message.return_url else None
        return (origin,) if origin and _PLAIN.fullmatch(origin) else ()
