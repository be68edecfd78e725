"""Why a registration by link did not succeed: a code that is kept with the link, and words for the LMS's administrator."""

from dataclasses import dataclass
from typing import Any

from core.i18n import N_


@dataclass(frozen=True)
class Fault:
    """The HTTP status, and texts that are gettext ids with %(name)s places. `short` is for Lotse's administrator, without places."""

    status: int
    short: str
    title: str
    advice: str


class RegistrationFault(Exception):  # noqa: N818 - it is told to people, who do something about it
    """A registration does not go on. `code` is a key of FAULTS; `values` fill the places in its texts."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    @property
    def fault(self) -> Fault:
        """The texts and the status."""
        return FAULTS[self.code]


_NOT_REGISTERED = N_("Lotse could not be registered")
_NEW_LINK = N_("Please ask the administrator of Lotse for a new link.")
_BEGIN_AGAIN = N_("Please go back to your learning platform and begin there again: paste the same link once more. It still works.")


def _fault(status: int, short: str, advice: str, title: str = _NOT_REGISTERED) -> Fault:
    return Fault(status, short, title, advice)


FAULTS = {
    # The link
    "link_unknown": _fault(404, N_("No such link"), _NEW_LINK, N_("This registration link does not exist")),
    "link_canceled": _fault(410, N_("Cancelled"), _NEW_LINK, N_("This registration link was cancelled")),
    "link_expired": _fault(410, N_("Opened too late"), _NEW_LINK, N_("This registration link is too old")),
    "link_used": _fault(410, N_("Opened a second time"), N_(
        "Each link registers one learning platform, once. If you want to register another one, ask the administrator of Lotse for a new link."
    ), N_("This registration link was used already")),
    "link_busy": _fault(409, N_("Opened twice at the same moment"), N_("Please wait a minute, and then look in your learning platform whether Lotse stands in the list of tools."), N_("Lotse is being registered just now")),
    # How the LMS opens the page
    "configuration_missing": _fault(400, N_("Opened in a browser, not from a learning platform"), N_(
        "This address is not meant for the browser alone. Paste it in your learning platform, where a tool is added by its address: "
        "in Moodle under “Manage tools”, in ILIAS under “LTI”."
    ), N_("Please open this link from your learning platform")),
    "configuration_address": _fault(400, N_("The address of the platform's configuration cannot be right"), N_("The learning platform named an address for its configuration that cannot be right. Please tell your support.")),
    "token_missing": _fault(400, N_("The platform sent no registration token"), _BEGIN_AGAIN, N_("Your learning platform sent no registration token")),
    "token_expired": _fault(400, N_("The platform's registration token was over"), _BEGIN_AGAIN, N_("This page was open for too long")),
    "form_stale": _fault(400, N_("The page was confirmed too late"), _BEGIN_AGAIN, N_("This page was open for too long")),
    # What the LMS says about itself
    "configuration_unreachable": _fault(502, N_("The platform cannot be reached"), N_(
        "Lotse cannot fetch the configuration of your learning platform at %(address)s. "
        "Lotse calls learning platforms over https and at public addresses only, unless its operator lists the host."
    ), N_("Lotse cannot reach your learning platform")),
    "configuration_status": _fault(502, N_("The platform does not show its configuration"), N_("Your learning platform answered with status %(status)s when Lotse asked for its configuration at %(address)s.")),
    "configuration_malformed": _fault(502, N_("The platform's configuration cannot be read"), N_("What your learning platform says about itself cannot be read.")),
    "configuration_incomplete": _fault(502, N_("The platform's configuration is incomplete"), N_("In what your learning platform says about itself, “%(field)s” is missing or wrong.")),
    "issuer_foreign": _fault(400, N_("The platform's issuer is not the site that it came from"), N_(
        "The learning platform calls itself %(issuer)s, but says so at %(origin)s. The two must be the same site. "
        "Often the address in the settings of the learning platform is another one than that in the browser."
    )),
    "endpoint_foreign": _fault(400, N_("The platform wants the registration at another site"), N_("The learning platform wants to be answered at %(address)s, which is another site than %(origin)s.")),
    # What became of it
    "registration_unreachable": _fault(502, N_("The platform could not be reached for the registration"), N_("Lotse could not hand its registration to your learning platform. Please try again."), N_("Lotse cannot reach your learning platform")),
    "token_refused": _fault(502, N_("The platform did not accept its registration token"), N_(
        "Your learning platform does not accept its own registration token any more. It works once and for about an hour. "
        "Please go back to your learning platform and begin there again: paste the same link once more."
    )),
    "refused": _fault(502, N_("The platform refused the registration"), N_("Your learning platform refused the registration with status %(status)s: “%(said)s”.")),
    "answer_malformed": _fault(502, N_("The platform's answer cannot be read"), N_(
        "Your learning platform answered, but Lotse cannot read the answer. Perhaps Lotse stands in its list of tools now; please remove it there and try again."
    )),
    "platform_taken": _fault(409, N_("Another organisation has this platform"), N_("Another organisation of this Lotse has registered this learning platform with the same client ID. Please tell your support.")),
    "consumer_proof": _fault(403, N_("The proof of the LTI 1.1 tool does not fit its shared secret"), N_(
        "Your learning platform wants to turn an LTI 1.1 tool into LTI 1.3, but its proof does not fit the shared secret that Lotse knows. "
        "Please compare the secret on both sides."
    )),
}
