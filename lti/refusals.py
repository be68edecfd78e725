"""Why a login or launch is refused: a code for the log, and for people what happened and what to do about it."""

from dataclasses import dataclass
from typing import Any

from core.i18n import N_


@dataclass(frozen=True)
class Reason:
    """What a refusal says: the HTTP status, and texts that are gettext ids with %(name)s places."""

    status: int
    title: str
    advice: str


class Refused(Exception):  # noqa: N818 - it is a decision, not a fault
    """A login or launch is not accepted. `code` is a key of REASONS; `values` fill the places in its texts."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    @property
    def reason(self) -> Reason:
        """The texts and the status."""
        return REASONS[self.code]


_NOT_STARTED = N_("Lotse could not be opened from your learning platform")
_AGAIN = N_("Please go back to your course in the learning platform and open the link again.")
_TOO_LATE = N_("This link was open for too long, or was used already. Please go back to your course in the learning platform and open the link again.")
_PLATFORM = N_(
    "Your learning platform sent something that Lotse cannot accept. Please open the link there again. If that does not help, "
    "tell your support the reference below; they find the reason in the log of Lotse."
)
_REGISTRATION = N_(
    "Your learning platform and Lotse do not know each other well enough yet. Please tell your support the reference below; "
    "they have to compare the registration on both sides."
)
_BROWSER = N_(
    "This launch was begun in another browser, or your browser has lost its cookie since. "
    "Please go back to your course in the learning platform and open the link again."
)
_CLOCK = N_(
    "The clocks of your learning platform and of Lotse differ too much. Please open the link again. If that does not help, "
    "tell your support the reference below; they have to set the clocks."
)


def _reason(status: int, advice: str, title: str = _NOT_STARTED) -> Reason:
    return Reason(status, title, advice)


REASONS = {
    # The login initiation (OpenID Connect third-party initiated login; LTI Security Framework 5.1.1.1)
    "login_incomplete": _reason(400, _AGAIN),
    "platform_unknown": _reason(403, _REGISTRATION),
    "platform_ambiguous": _reason(403, _REGISTRATION),
    # What came back with the launch
    "platform_error": _reason(400, N_(
        "Your learning platform ended the launch. Perhaps you are no longer signed in there. Please sign in to it and open the link again."
    )),
    "token_missing": _reason(400, _AGAIN),
    "state_missing": _reason(400, _AGAIN),
    "state_unknown": _reason(401, _TOO_LATE),
    "state_expired": _reason(401, _TOO_LATE),
    "state_used": _reason(401, _TOO_LATE),
    "cookie_missing": _reason(401, _AGAIN),
    "other_browser": _reason(401, _BROWSER),
    # The token
    "token_malformed": _reason(400, _PLATFORM),
    "header_refused": _reason(400, _PLATFORM),
    "algorithm": _reason(401, _PLATFORM),
    "kid_missing": _reason(401, _PLATFORM),
    "kid_unknown": _reason(401, _PLATFORM),
    "key_weak": _reason(401, _PLATFORM),
    "keys_unreachable": _reason(503, N_("Lotse cannot reach your learning platform to check the launch. Please open the link again in a minute.")),
    "signature": _reason(401, _PLATFORM),
    "issuer": _reason(401, _REGISTRATION),
    "audience": _reason(401, _REGISTRATION),
    "authorized_party": _reason(401, _REGISTRATION),
    "nonce_missing": _reason(400, _PLATFORM),
    "nonce_wrong": _reason(401, _TOO_LATE),
    "expiry_missing": _reason(400, _PLATFORM),
    "expired": _reason(401, _TOO_LATE),
    "issue_time_missing": _reason(400, _PLATFORM),
    "issued_ahead": _reason(401, _CLOCK),
    "issued_long_ago": _reason(401, _CLOCK),
    "version": _reason(400, _PLATFORM),
    "message_type": _reason(400, N_(
        "Your learning platform asked for something that Lotse does not offer. Lecturers: add the link as an external tool whose address is %(address)s."
    )),
    "deployment_missing": _reason(400, _PLATFORM),
    "deployment_unknown": _reason(403, N_(
        "Lotse was added to your learning platform in a new place, and an administrator of Lotse has to approve it first. "
        "Please tell your support the reference below."
    )),
    "target_missing": _reason(400, _PLATFORM),
    "target_foreign": _reason(400, N_("The link in your learning platform leads to another address than this one. Lecturers: set it to %(address)s.")),
    "resource_link_missing": _reason(400, _PLATFORM),
    "roles_missing": _reason(400, _PLATFORM),
    "return_url_missing": _reason(400, _PLATFORM),
    "for_user_missing": _reason(400, _PLATFORM),
    "person_missing": _reason(400, N_(
        "Your learning platform does not say who you are, and this works only for people who are known. "
        "Please sign in to it. If you are signed in, tell your support the reference below."
    )),
    "teachers_only": _reason(403, N_(
        "Only people who teach this course in your learning platform can do this. Please ask your lecturer if you think that is wrong."
    )),
    "platform_waiting": _reason(403, N_(
        "Your learning platform has been registered with Lotse, and an administrator of Lotse still has to approve it. "
        "Please tell your support the reference below."
    )),
    "review_foreign": _reason(403, N_(
        "You asked for somebody else's answers. Only people who teach this course in your learning platform may read them."
    ), N_("These answers are not yours")),
    "claim_malformed": _reason(400, _PLATFORM),
    # LTI 1.1
    "form_malformed": _reason(400, _PLATFORM),
    "oauth_missing": _reason(400, _AGAIN),
    "signature_method": _reason(401, _PLATFORM),
    "nonce_used": _reason(401, _TOO_LATE),
    "secret_unreadable": _reason(503, _REGISTRATION),
    # The choice of the course
    "course_unnamed": _reason(400, N_(
        "It does not say which course it opens. Lecturers: add the custom parameter course=… to the link, with one of these: %(choices)s. "
        "With module=… beside it the link opens and scores one module only."
    ), N_("This link is not set up yet")),
    "course_unknown": _reason(404, N_(
        "There is no course “%(wanted)s”. Lecturers: set the custom parameter course=… of the link to one of these: %(choices)s."
    ), N_("This link leads to a course that does not exist")),
    "module_unknown": _reason(404, N_(
        "There is no module “%(wanted)s”. Lecturers: set the custom parameter module=… of the link to one of these, or remove it: %(choices)s."
    ), N_("This link leads to a module that does not exist")),
    "module_unnamed": _reason(400, N_(
        "It does not say which module it opens. Lecturers: add the custom parameter module=… to the link, with one of these: %(choices)s."
    ), N_("This link is not set up yet")),
    "kind_unknown": _reason(404, N_(
        "Lotse cannot open “%(wanted)s”. Lecturers: set the custom parameter kind=… of the link to one of these, or remove it: %(choices)s."
    ), N_("This link leads to something that does not exist")),
    "item_unnamed": _reason(400, N_(
        "It does not say which question it opens. Lecturers: add the custom parameter item=… to the link, with one of these: %(choices)s."
    ), N_("This link is not set up yet")),
    "item_unknown": _reason(404, N_(
        "The module has no question “%(wanted)s”. Lecturers: set the custom parameter item=… of the link to one of these: %(choices)s."
    ), N_("This link leads to a question that does not exist")),
    "draw_wrong": _reason(400, N_(
        "“%(wanted)s” is no number of questions. Lecturers: set the custom parameter draw=… of the link to a whole number from 1 on, or remove it."
    ), N_("This link is not set up yet")),
}
