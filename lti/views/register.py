"""Dynamic Registration: the page that an LMS opens in a frame of its own, and the page with what is left to do there.

No cookie comes along in that frame, and the LMS is not known yet, so neither a session nor a CSRF token of one can protect the
form. It does not need them: who sends it must hold the secret of the link, and whoever holds that can register their own
platform anyway, so there is nothing to gain by making somebody else's browser do it. The signed value in the form ties the
confirmation to this link and to exactly this platform and token, as the page has shown them, for an hour. A page that lures
people into clicking inside of its frame could only register the platform that it is itself, and that waits for approval.
"""

from typing import Any
from urllib.parse import urlencode

import structlog
from flask import Blueprint, Response, g, render_template, request, send_from_directory, url_for
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer

from core import db
from core.config import settings
from core.i18n import LANGUAGES, language
from core.sessions import digest
from core.web import STATIC, csrf
from lti import dynamic, scopes
from lti.claims import DEEP_LINK
from lti.dynamic import Configuration
from lti.models import Platform, RegistrationLink
from lti.platforms import GUIDES, profile_of
from lti.registration_faults import RegistrationFault
from lti.service import registrations

bp = Blueprint("lti_register", __name__, url_prefix="/lti")
log = structlog.get_logger("lti")
CONFIRM_WITHIN = 3600

Page = tuple[str, int]


@bp.after_request
def _with_opener(response: Response) -> Response:
    """An LMS that opens the registration in a window instead of a frame hears the last message as its opener."""
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


@bp.get("/register")
def show() -> Page:
    """Who wants to be registered, and what Lotse asks for. Nothing has happened yet."""
    asked = _asked()
    try:
        link = registrations.opened(asked["t"])
        platform = registrations.introduce(link, asked["openid_configuration"], asked["registration_token"])
    except RegistrationFault as fault:
        return _refuse(fault)
    return _page("lti/register.html", platform=platform, asked={**asked, "proof": _proof(link, asked)}, **_told(link, platform)), 200


@bp.post("/register")
@csrf.exempt  # See the module's text.
def confirm() -> Page:
    """The LMS's administrator has confirmed: register, and close the page there."""
    asked = _asked()
    try:
        link = registrations.opened(asked["t"])
        _check_proof(link, asked)
        platform = registrations.register(link, asked["openid_configuration"], asked["registration_token"])
    except RegistrationFault as fault:
        return _refuse(fault)
    return _page("lti/registered.html", platform=platform, guide=_guide_of(platform), close_origin=g.frame_ancestors[0]), 200


@bp.get("/logo.svg")
def logo() -> Response:
    """Lotse's mark, for lists of tools in learning platforms, at an address that does not change."""
    return send_from_directory(STATIC / "src" / "images", "favicon.svg", max_age=86400)


@bp.get("/guide/<family>")
def guide(family: str) -> str:
    """What an LMS administrator still has to tick. Public: it helps people who have no account here."""
    return render_template("lti/guide.html", family=profile_of(family).guide, families=GUIDES, base_url=settings().base_url)


def _asked() -> dict[str, str]:
    """What came along, in the address or the form. Also decides on the language and who may show the page in a frame."""
    names = ("t", "openid_configuration", "registration_token", "proof", "lang")
    asked = {name: request.values.get(name, "") for name in names}
    if asked["lang"] in LANGUAGES:
        g.language = asked["lang"]  # No cookie could keep it.
    try:
        g.frame_ancestors = [dynamic.configuration_origin(asked["openid_configuration"])]
    except RegistrationFault:
        g.frame_ancestors = ["*"]  # The page says what is wrong, and nothing of anybody.
    return asked


def _page(template: str, **values: Any) -> str:
    """A page in the frame of an LMS: with the slim head that such pages have."""
    return render_template(template, framed=True, home_url="", nav_links=[], **values)


def _refuse(fault: RegistrationFault) -> Page:
    log.info("registration_refused", reason=fault.code)
    texts = fault.fault
    values = {name: value for name, value in fault.values.items() if name != "reason"}
    page = _page(
        "lti/register_problem.html", title=_(texts.title), advice=_(texts.advice, **values), technical=fault.values.get("reason", ""), status=texts.status,
    )
    return page, texts.status


# --- The signed value ------------------------------------------------------------------------------------------------------

def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings().secret_key, salt="lotse lti registration")


def _shown(link: RegistrationLink, asked: dict[str, str]) -> list[Any]:
    return [link.id, digest(f"{asked['openid_configuration']} {asked['registration_token']}")]


def _proof(link: RegistrationLink, asked: dict[str, str]) -> str:
    proof = _signer().dumps(_shown(link, asked))
    return proof.decode() if isinstance(proof, bytes) else proof


def _check_proof(link: RegistrationLink, asked: dict[str, str]) -> None:
    try:
        shown = _signer().loads(asked["proof"], max_age=CONFIRM_WITHIN)
    except BadSignature:
        shown = None
    if shown != _shown(link, asked):
        if registrations.platform_of(link) is not None:
            raise RegistrationFault("link_used")
        raise RegistrationFault("form_stale")


# --- What the page says --------------------------------------------------------------------------------------------------------

def _told(link: RegistrationLink, platform: Configuration) -> dict[str, Any]:
    with db.scoped(link.organisation_id):
        organisation = registrations.tool().organisation
    return {
        "organisation": organisation,
        "scopes": scopes.of(platform.wanted_scopes),
        "chooses": not platform.messages or DEEP_LINK in platform.messages,
        "product": profile_of(platform.family).product or platform.family,
        "updates": dynamic.is_update(request.values.get("registration_token", "")),
        "other_language": f"{request.path}?{urlencode({**request.args.to_dict(), 'lang': 'en' if language() == 'de' else 'de'})}",
    }


def _guide_of(platform: Platform) -> str:
    return url_for("lti_register.guide", family=profile_of(platform.family).guide)
