"""Dynamic Registration: what an LMS says about itself, what Lotse asks for, and what came of it.

1EdTech LTI Dynamic Registration 1.0 on top of OpenID Connect Discovery and Registration. Pure rules: documents in, values out.
Everything in these documents was written by somebody whom nobody has approved yet, so every value may be missing, huge or of
the wrong type.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import jwt

from lti import scopes
from lti.addresses import origin_of, safe_origin
from lti.claims import DEEP_LINK, RESOURCE_LINK, SUBMISSION_REVIEW, is_id, object_in, strings_in
from lti.platforms import family_of, profile_of
from lti.registration_faults import RegistrationFault

PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
UPDATE = "reg-update"
SCOPES = tuple(scope.uri for scope in scopes.ALL)
CLAIMS = ("iss", "sub", "name", "given_name", "family_name", "email")
# Letters that ILIAS keeps; the values are variables that the platform fills in (LTI Core 1.3, appendix B).
CUSTOM = {
    "context_history": "Context.id.history", "link_history": "ResourceLink.id.history", "due": "ResourceLink.submission.endDateTime",
}
# Where Lotse's choice of contents may stand: in a course. Not inside of texts, for which ContentArea's kin RichTextEditor is.
PLACEMENTS = ("ContentArea",)
LONGEST_WORD, MOST_WORDS = 100, 500


@dataclass(frozen=True)
class Configuration:
    """What a platform says about itself (OpenID Connect Discovery 1.0, section 3; LTI Dynamic Registration 1.0, section 3.3)."""

    issuer: str
    auth_url: str
    token_url: str
    jwks_url: str
    registration_url: str
    scopes: tuple[str, ...]            # empty: it does not say
    family: str                        # as the profiles name it
    version: str
    messages: Mapping[str, tuple[str, ...]]  # type → placements
    variables: tuple[str, ...]         # empty: it does not say

    @property
    def wanted_scopes(self) -> tuple[str, ...]:
        """What Lotse asks for: only what the platform offers, where it says what it offers."""
        return tuple(scope for scope in SCOPES if not self.scopes or scope in self.scopes)


@dataclass(frozen=True)
class Tool:
    """What Lotse says about itself."""

    base_url: str
    organisation: str
    description: Mapping[str, str]     # language → text
    choose: Mapping[str, str]          # the label of deep linking, language → text
    policy_url: str = ""


@dataclass(frozen=True)
class Registered:
    """What the platform made of it."""

    client_id: str
    deployment_id: str | None
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Consumer:
    """The proof of an LTI 1.1 tool that is turned into 1.3: sign = sha256(key + secret + nonce)."""

    key: str
    nonce: str
    sign: str


@dataclass(frozen=True)
class Present:
    """A registration that exists already, as the platform reads it back to us."""

    client_id: str | None
    consumer: Consumer | None


# --- Addresses ---------------------------------------------------------------------------------------------------------

def configuration_origin(url: str | None) -> str:
    """The origin from which an LMS introduces itself. Raises RegistrationFault."""
    if not url:
        raise RegistrationFault("configuration_missing")
    origin = safe_origin(url)
    if origin is None or "@" in url.split("?", maxsplit=1)[0] or "#" in url:
        raise RegistrationFault("configuration_address")
    return origin


# --- What the platform says ----------------------------------------------------------------------------------------------

def read_configuration(document: object, url: str) -> Configuration:
    """The platform's configuration, fetched from `url`. Raises RegistrationFault.

    The issuer must have the origin of the address (Dynamic Registration 1.0, section 3.3): nobody introduces somebody else.
    The endpoint of the registration gets a bearer token, so it must be there too; the others may be elsewhere.
    """
    if not isinstance(document, dict):
        raise RegistrationFault("configuration_malformed")
    origin = configuration_origin(url)
    issuer = _address(document, "issuer")
    if origin_of(issuer) != origin:
        raise RegistrationFault("issuer_foreign", issuer=issuer, origin=origin)
    registration_url = _address(document, "registration_endpoint")
    if origin_of(registration_url) != origin:
        raise RegistrationFault("endpoint_foreign", address=registration_url, origin=origin)
    product = object_in(document, PLATFORM)
    return Configuration(
        issuer=issuer, auth_url=_address(document, "authorization_endpoint"), token_url=_address(document, "token_endpoint"),
        jwks_url=_address(document, "jwks_uri"), registration_url=registration_url,
        scopes=_words(document.get("scopes_supported")), family=family_of(_word(product.get("product_family_code"))),
        version=_word(product.get("version")), messages=_messages(product.get("messages_supported")),
        variables=_words(product.get("variables")),
    )


def _address(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or safe_origin(value) is None or "#" in value:
        raise RegistrationFault("configuration_incomplete", field=name)
    return value


def _word(value: object) -> str:
    """A short text to show, without what pages and databases cannot hold."""
    return "".join(letter for letter in value if letter.isprintable())[:LONGEST_WORD].strip() if isinstance(value, str) else ""


def _words(value: object) -> tuple[str, ...]:
    return strings_in(value)[:MOST_WORDS]


def _messages(value: object) -> dict[str, tuple[str, ...]]:
    entries = [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
    return {entry["type"]: _words(entry.get("placements")) for entry in entries if isinstance(entry.get("type"), str)}


# --- The registration token ------------------------------------------------------------------------------------------------

def check_token(token: str | None, now: float) -> str:
    """The token that lets us register. Raises RegistrationFault when there is none, or it is over.

    It is the platform's own business what the token is; Moodle's and ILIAS's are JWTs, and then it says until when it lives.
    """
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise RegistrationFault("token_missing")
    expiry = _inside(token).get("exp")
    if isinstance(expiry, int | float) and expiry < now:
        raise RegistrationFault("token_expired")
    return token


def is_update(token: str) -> bool:
    """Whether the token is for a registration that exists already (recorded: registration-upgrade-from-lti1p1.http)."""
    scope = _inside(token).get("scope")
    return isinstance(scope, str) and UPDATE in scope.split()


def _inside(token: str) -> Mapping[str, Any]:
    """What the token says; not believed, only the platform can check it."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


# --- What Lotse asks for -----------------------------------------------------------------------------------------------------

def request_document(platform: Configuration, tool: Tool) -> dict[str, Any]:
    """The registration that Lotse sends (Dynamic Registration 1.0, section 3.5; registration-request.json)."""
    launch, choose = f"{tool.base_url}/lti/launch", f"{tool.base_url}/lti/deep-link"
    name = f"Lotse – {tool.organisation}"
    document = {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{tool.base_url}/lti/login",
        "redirect_uris": [launch, choose],
        "client_name": name,
        "client_name#de": name,
        "jwks_uri": f"{tool.base_url}/lti/jwks",
        "logo_uri": f"{tool.base_url}/lti/logo.svg",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(platform.wanted_scopes),
        TOOL: {
            "domain": urlsplit(tool.base_url).netloc,  # With its port: Moodle compares it to all that stands before the path of the target.
            "description": tool.description["en"],
            "description#de": tool.description["de"],
            "target_link_uri": launch,
            "custom_parameters": custom_parameters(platform),
            "claims": list(CLAIMS),
            "messages": _wanted_messages(platform, tool),
        },
    }
    return {**document, **({"policy_uri": tool.policy_url} if tool.policy_url else {})}


def custom_parameters(platform: Configuration) -> dict[str, str]:
    """Only variables that the platform fills in: others would arrive as they stand here, with every launch."""
    if not profile_of(platform.family).fills_variables:
        return {}
    return {name: f"${variable}" for name, variable in CUSTOM.items() if not platform.variables or variable in platform.variables}


def _wanted_messages(platform: Configuration, tool: Tool) -> list[dict[str, Any]]:
    """What the platform supports; the two that every platform has, where it does not say."""
    launch = f"{tool.base_url}/lti/launch"
    supported = platform.messages or {RESOURCE_LINK: (), DEEP_LINK: ()}
    wanted: list[dict[str, Any]] = []
    if RESOURCE_LINK in supported:
        wanted.append({"type": RESOURCE_LINK, "target_link_uri": launch})
    if DEEP_LINK in supported:
        placements = [place for place in PLACEMENTS if place in supported[DEEP_LINK]]
        wanted.append({
            "type": DEEP_LINK, "target_link_uri": f"{tool.base_url}/lti/deep-link", "label": tool.choose["en"], "label#de": tool.choose["de"],
            **({"placements": placements} if placements else {}),
        })
    if SUBMISSION_REVIEW in supported:
        wanted.append({"type": SUBMISSION_REVIEW, "target_link_uri": launch})
    return wanted


# --- What came back ------------------------------------------------------------------------------------------------------------

def read_answer(document: object) -> Registered:
    """What the platform registered. Raises RegistrationFault.

    ILIAS writes the deployment as a number (registration-response.json of ILIAS); some platforms name none, then the first
    launch shows it.
    """
    if not isinstance(document, dict):
        raise RegistrationFault("answer_malformed")
    client_id, configuration = document.get("client_id"), object_in(document, TOOL)
    if not is_id(client_id):
        raise RegistrationFault("answer_malformed")
    scope = document.get("scope")
    granted = tuple(scope.split()[:100]) if isinstance(scope, str) else ()
    return Registered(client_id, _deployment(configuration.get("deployment_id")), granted)


def _deployment(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value in (None, ""):
        return None
    if not is_id(value):
        raise RegistrationFault("answer_malformed")
    return value


def read_present(document: object) -> Present:
    """A registration as the platform reads it back (registration-errors.http, …-upgrade-from-lti1p1.http). Raises RegistrationFault."""
    if not isinstance(document, dict):
        raise RegistrationFault("answer_malformed")
    client_id = document.get("client_id")
    proof = object_in(object_in(document, TOOL), "oauth_consumer")
    values = [proof.get(name) for name in ("key", "nonce", "sign")]
    consumer = Consumer(*(str(value) for value in values)) if all(is_id(value) for value in values) else None
    return Present(client_id if is_id(client_id) else None, consumer)
