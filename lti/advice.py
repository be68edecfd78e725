"""Why a launch was refused, in words for those who run the LMS or Lotse, with what to do. People who launch read refusals.py."""

from dataclasses import dataclass

from core.i18n import N_
from lti.refusals import REASONS


@dataclass(frozen=True)
class Advice:
    """What happened, and what to do about it: gettext ids without places."""

    what: str
    todo: str


_OPEN_AGAIN = N_("Nothing has to be mended: the person opens the link in the course again.")
_COMPARE = N_("Compare issuer and client ID on both sides, letter by letter; http or https and a slash at the end count, too.")
_BROKEN = N_("The platform breaks the standard. Update it, or ask its maker, and name this reference and the version of the platform.")
_CLOCKS = N_("Set the clocks on both sides by NTP. More than a minute apart is too much.")
_KEYS = N_("Check the platform's key set URL on its page here: can this machine open it? After a change of keys the platform must publish the new key there.")
_LINK = N_("Choose the content anew in the learning platform, or correct the custom parameters of the link.")
_SUSPICIOUS = N_("If this happens again, somebody may be trying to forge launches: look at the log of Lotse under this reference.")

ADVICE = {
    "login_incomplete": Advice(N_("The platform began a login without saying who it is, or what shall be opened."), N_(
        "Check in the platform that the tool is of LTI version 1.3, and that its login URL is that of Lotse. Programs that search the web cause this line, too."
    )),
    "platform_unknown": Advice(N_("No platform with this issuer and client ID is registered here, or it is switched off."), N_(
        "Compare what the platform sent with your list of platforms. Register it, switch it on, or correct issuer and client ID."
    )),
    "platform_ambiguous": Advice(N_("The platform names no client ID, and is registered here more than once."), N_(
        "Remove the registration that is not needed any more (switch it off here), or update the platform so that it names its client ID."
    )),
    "platform_waiting": Advice(N_("The platform was registered by a link, and nobody has approved it yet."), N_("Open the platform's page here and approve it, if it is the one that you expected.")),
    "platform_error": Advice(N_("The platform ended the launch itself."), N_(
        "Mostly the person was not signed in there any more, or the browser blocks the platform's cookies inside its own pages. If it happens to everybody: is the redirect URI registered there exactly as it stands here?"
    )),
    "token_missing": Advice(N_("The platform's answer held no signed message."), _BROKEN),
    "state_missing": Advice(N_("The launch did not say to which login it belongs."), N_("Often somebody opened the launch address directly or reloaded the page. If it happens to everybody: is the login URL in the platform that of Lotse?")),
    "state_unknown": Advice(N_("The launch belongs to no login that is known here."), _OPEN_AGAIN),
    "state_expired": Advice(N_("Between login and launch lay more than ten minutes."), _OPEN_AGAIN),
    "state_used": Advice(N_("The same launch arrived twice: a page was reloaded, or somebody went back in the browser."), _OPEN_AGAIN),
    "cookie_missing": Advice(N_("The browser keeps no cookie for Lotse inside of the platform's page."), N_(
        "The page offers a new window, and that works. If many people meet it, set the launch container in the platform to a new window."
    )),
    "other_browser": Advice(N_("The launch was begun in another browser, or the cookie was lost in between."), _OPEN_AGAIN),
    "token_malformed": Advice(N_("The signed message cannot be read."), _BROKEN),
    "header_refused": Advice(N_("The signed message wanted to choose its own key."), _SUSPICIOUS),
    "algorithm": Advice(N_("The message is signed in another way than RS256."), N_("Set the signature of messages in the platform to RS256.")),
    "kid_missing": Advice(N_("The message does not say with which key it is signed."), _BROKEN),
    "kid_unknown": Advice(N_("The message is signed with a key that does not stand in the platform's key set."), _KEYS),
    "key_weak": Advice(N_("The platform signs with an RSA key of less than 2048 bits."), N_("Make a new, longer key in the platform.")),
    "keys_unreachable": Advice(N_("Lotse could not fetch the platform's key set."), _KEYS),
    "signature": Advice(N_("The signature does not fit the platform's key."), N_(
        "Check the platform's key set URL on its page here: does it belong to this platform, and not to a copy of it for tests? If this happens again, somebody may be trying to forge launches."
    )),
    "issuer": Advice(N_("The message names another issuer than the login did."), _COMPARE),
    "audience": Advice(N_("The message is meant for another client ID."), _COMPARE),
    "authorized_party": Advice(N_("The message was made for another tool."), _COMPARE),
    "nonce_missing": Advice(N_("The message lacks the nonce that protects against repetition."), _BROKEN),
    "nonce_wrong": Advice(N_("The message belongs to another login; mostly two windows were open at the same time."), _OPEN_AGAIN),
    "expiry_missing": Advice(N_("The message does not say until when it holds."), _BROKEN),
    "expired": Advice(N_("The message was too old when it arrived."), N_("Once: the page was open for too long, and the person opens the link again. Often: set the clocks on both sides by NTP.")),
    "issue_time_missing": Advice(N_("The message does not say when it was made."), _BROKEN),
    "issued_ahead": Advice(N_("The platform's clock is ahead of Lotse's."), _CLOCKS),
    "issued_long_ago": Advice(N_("The platform's clock is behind Lotse's, or the message was kept for long."), _CLOCKS),
    "version": Advice(N_("The message is not of LTI version 1.3.0."), N_("Set the LTI version of the tool in the platform to 1.3.")),
    "message_type": Advice(N_("The platform asked for something that Lotse does not offer."), N_("Use Lotse in the platform as an activity in courses, and for the choice of content there.")),
    "deployment_missing": Advice(N_("The message does not name its deployment."), _BROKEN),
    "deployment_unknown": Advice(N_("Lotse was added at another place in the platform, and this place was not approved."), N_(
        "Open the platform's page here: the deployment waits there. Approve it, if this place in the platform shall use your Lotse."
    )),
    "target_missing": Advice(N_("The message does not say which address shall be opened."), _BROKEN),
    "target_foreign": Advice(N_("The link in the platform leads to another address than that of this Lotse."), N_(
        "Correct the tool URL in the platform. If the address of Lotse itself has changed, the platform has to be registered anew."
    )),
    "resource_link_missing": Advice(N_("The message does not say from which link it comes."), N_("Open Lotse from an activity in a course, not from the list of tools.")),
    "roles_missing": Advice(N_("The message does not name the person's roles."), _BROKEN),
    "return_url_missing": Advice(N_("The platform wants a choice of content, and does not say where to."), _BROKEN),
    "for_user_missing": Advice(N_("The platform wants to see a learner's work, and does not say whose."), _BROKEN),
    "person_missing": Advice(N_("The message does not say who the person is."), N_("Guests cannot do this. If the person was signed in, allow the platform to share the user's id with the tool.")),
    "teachers_only": Advice(N_("Somebody who does not teach the course wanted to do what only lecturers may."), N_("If the person teaches there, give them a teaching role in the course of the platform.")),
    "review_foreign": Advice(N_("Somebody wanted to see another person's work without teaching the course."), N_("If the person teaches there, give them a teaching role in the course of the platform.")),
    "claim_malformed": Advice(N_("A value in the message is of the wrong kind or too long."), _BROKEN),
    "course_unnamed": Advice(N_("The link does not say which course it opens, and there are several."), _LINK),
    "course_unknown": Advice(N_("The link names a course that does not exist here."), _LINK),
    "module_unnamed": Advice(N_("The link opens a module, and does not say which one."), _LINK),
    "kind_unknown": Advice(N_("The link asks for a kind of content that Lotse does not know."), _LINK),
    "item_unnamed": Advice(N_("The link opens one question, and does not say which one."), _LINK),
    "item_unknown": Advice(N_("The link names a question that does not exist in this module."), _LINK),
    "draw_wrong": Advice(N_("The link names a number of questions that is no whole number from 1 on."), _LINK),
    "module_unknown": Advice(N_("The link names a module that does not exist in this course."), _LINK),
    # LTI 1.1
    "form_malformed": Advice(N_("The LTI 1.1 launch cannot be read."), _BROKEN),
    "oauth_missing": Advice(N_("The LTI 1.1 launch is not signed, or a part of the signature is missing."), N_("Enter consumer key and secret in the platform. Who opens the address directly causes this line, too.")),
    "signature_method": Advice(N_("The LTI 1.1 launch is signed in a way that Lotse does not accept."), N_("Set the signature in the platform to HMAC-SHA1 or HMAC-SHA256, or better: use LTI 1.3.")),
    "nonce_used": Advice(N_("The same launch arrived twice: a page was reloaded, or somebody went back in the browser."), _OPEN_AGAIN),
    "secret_unreadable": Advice(N_("The shared secret of the LTI 1.1 platform cannot be read any more."), N_(
        "LOTSE_SECRET_KEY has changed. The operator restores it, or gives the platform a new secret."
    )),
}
_OTHER = Advice(N_("The launch was refused."), N_("Look at the log of Lotse under this reference."))
_GOOD = {
    "admitted": N_("Came in"),
    "choosing": N_("Came in to choose content"),
    "anonymous": N_("Came in without a name, to look only"),
}


def advice_on(reason: str) -> Advice:
    """What to tell about a refusal."""
    return ADVICE.get(reason, _OTHER)


def refused(reason: str) -> bool:
    """Whether a record of a launch tells of a refusal."""
    return reason in REASONS


def outcome(reason: str) -> str:
    """What became of a launch, in short: a gettext id."""
    return advice_on(reason).what if refused(reason) else _GOOD.get(reason, _GOOD["admitted"])
