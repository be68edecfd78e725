"""What a launch says, read with suspicion: every value may be missing, empty or of the wrong type."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from lti.refusals import Refused

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
GROUPS = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
RESOURCE_LINK = "LtiResourceLinkRequest"
DEEP_LINK = "LtiDeepLinkingRequest"
SUBMISSION_REVIEW = "LtiSubmissionReviewRequest"
LONGEST_ID = 255
LONGEST_TEXT = 300
_JOINER = "\N{ZERO WIDTH JOINER}"              # inside many emoji

Claims = Mapping[str, Any]


@dataclass(frozen=True)
class Person:
    """Who launches. The subject is stable and unique within the issuer; the rest may be withheld."""

    subject: str
    name: str | None
    email: str | None


@dataclass(frozen=True)
class Services:
    """Where scores go (AGS 2.0, section 3.1). `lineitem` is None for a link without a grade."""

    lineitem: str | None
    lineitems: str | None
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Roster:
    """Where the people of the LMS course are asked for (NRPS 2.0, section 3.6.1.1; Course Groups 1.0, section 3.2)."""

    memberships_url: str | None
    groups_url: str | None
    group_sets_url: str | None


@dataclass(frozen=True)
class Choice:
    """What a lecturer's choice may look like and where it goes (Deep Linking 2.0, section 3.4.1)."""

    return_url: str
    multiple: bool
    types: tuple[str, ...]
    data: str | None


@dataclass(frozen=True)
class Message:
    """A launch (LTI Core 1.3, section 5.3 and 5.4). Without a link (deep linking) `link_id` is empty; see `choice`."""

    type: str
    deployment_id: str
    link_id: str
    link_title: str
    context_id: str | None
    context_title: str | None
    person: Person | None
    roles: tuple[str, ...]
    target_link_uri: str
    custom: Mapping[str, str]
    services: Services
    roster: Roster
    family: str
    version: str
    locale: str
    return_url: str | None
    for_user: str | None               # whose submission a lecturer wants to see
    choice: Choice | None              # deep linking only
    sourcedid: str | None = None       # LTI 1.1 only: names this person's grade for this link (Basic Outcomes)


def read(claims: Claims) -> Message:
    """The message in verified claims. Raises Refused when an id is no usable id."""
    link = object_in(claims, LTI + "resource_link")
    context = object_in(claims, LTI + "context")
    presentation = object_in(claims, LTI + "launch_presentation")
    platform = object_in(claims, LTI + "tool_platform")
    review = object_in(claims, LTI + "for_user")
    return Message(
        type=claims[LTI + "message_type"],
        deployment_id=_id(claims[LTI + "deployment_id"]),
        link_id=_id(link["id"]) if link.get("id") else "",
        link_title=_text(link, "title") or "",
        context_id=_id(context["id"]) if context.get("id") else None,
        context_title=_text(context, "title"),
        person=_person(claims),
        roles=strings_in(claims[LTI + "roles"]),
        target_link_uri=str(claims.get(LTI + "target_link_uri") or ""),
        custom={str(key): value for key, value in object_in(claims, LTI + "custom").items() if isinstance(value, str)},
        services=_services(object_in(claims, AGS)),
        roster=_roster(claims),
        family=(_text(platform, "product_family_code") or "").casefold(),
        version=_text(platform, "version") or "",
        locale=_text(presentation, "locale") or "",
        return_url=_url(presentation, "return_url"),
        for_user=_id(review["user_id"]) if review.get("user_id") else None,
        choice=_choice(object_in(claims, DEEP_LINKING)),
    )


def _person(claims: Claims) -> Person | None:
    if not claims.get("sub"):
        return None
    return Person(_id(claims["sub"]), name_of(claims), _text(claims, "email"))


def _services(endpoint: Claims) -> Services:
    return Services(_url(endpoint, "lineitem"), _url(endpoint, "lineitems"), strings_in(endpoint.get("scope")))


def _roster(claims: Claims) -> Roster:
    groups = object_in(claims, GROUPS)
    return Roster(
        _url(object_in(claims, NRPS), "context_memberships_url"), _url(groups, "context_groups_url"), _url(groups, "context_group_sets_url"),
    )


def _choice(settings: Claims) -> Choice | None:
    """The settings; `data` goes back as it came, so it is not touched (Deep Linking 2.0, section 3.4.1.6)."""
    return_url, data = _url(settings, "deep_link_return_url"), settings.get("data")
    if return_url is None:
        return None
    types = strings_in(settings.get("accept_types"))
    return Choice(return_url, settings.get("accept_multiple") in (True, "true"), types, data if isinstance(data, str) else None)


def object_in(claims: Claims, name: str) -> Claims:
    """What should be an object; an empty one in place of anything else."""
    value = claims.get(name)
    return value if isinstance(value, dict) else {}


def _id(value: object) -> str:
    """An id as it is: changing it could make two people one."""
    if not is_id(value):
        raise Refused("claim_malformed")
    return value


def is_id(value: object) -> TypeGuard[str]:
    """Whether a value can be an id. isprintable() also refuses NUL and lone surrogates."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable()


def strings_in(value: object) -> tuple[str, ...]:
    """The strings of what should be a list of them."""
    return tuple(entry for entry in value if isinstance(entry, str)) if isinstance(value, list) else ()


def name_of(person: Claims) -> str | None:
    """What somebody is called, in a launch or on a roster: whole, or else in parts."""
    parts = (_text(person, "given_name"), _text(person, "family_name"))
    return _text(person, "name") or " ".join(part for part in parts if part) or None


def _text(claims: Claims, name: str) -> str | None:
    return cleaned(claims.get(name))


def cleaned(value: object) -> str | None:
    """A text to show: without what databases and pages cannot hold, and no longer than anybody reads."""
    return visible(" ".join(value.split()))[:LONGEST_TEXT] or None if isinstance(value, str) else None


def visible(text: str) -> str:
    """A text without letters that cannot be seen; white space stays as it is."""
    return "".join(letter for letter in text if letter.isprintable() or letter.isspace() or letter == _JOINER)


def _url(claims: Claims, name: str) -> str | None:
    value = claims.get(name)
    if not isinstance(value, str) or not value.isprintable():
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in ("https", "http") and parts.hostname else None
