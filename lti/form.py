"""An LTI 1.1 launch in the words of 1.3, so that everything behind the door is the same.

The fields and what they became: LTI 1.3 Core, appendix "Migration from LTI 1.x"; LTI 1.1, section 3.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from lti.claims import AGS, LTI, RESOURCE_LINK, Message, read
from lti.grades import SCORES
from lti.legacy import DEPLOYMENT
from lti.platforms import profile_of
from lti.refusals import Refused
from lti.roles import MEMBERSHIP

MESSAGE_TYPE = "basic-lti-launch-request"
VERSION = "LTI-1p0"
LONGEST_SOURCEDID = 4000
_ROLE = "urn:lti:role:ims/lis/"

Fields = Mapping[str, str]

CHECKS: tuple[tuple[str, Callable[[Fields], bool]], ...] = (
    ("message_type", lambda fields: fields.get("lti_message_type") == MESSAGE_TYPE),
    ("version", lambda fields: fields.get("lti_version") == VERSION),
    ("resource_link_missing", lambda fields: bool(fields.get("resource_link_id"))),
)


def message_of(fields: Fields, address: str, family: str) -> Message:
    """The launch in signed fields that were posted to `address` by a platform of this family. Raises Refused."""
    for code, holds in CHECKS:
        if not holds(fields):
            raise Refused(code, address=address.partition("?")[0])
    profile = profile_of(fields.get("tool_consumer_info_product_family_code") or family)
    claims = _claims(fields, address, profile.custom_fields(fields))
    return replace(read(claims), sourcedid=_sourcedid(fields.get("lis_result_sourcedid", "")))


def _claims(fields: Fields, address: str, custom: Mapping[str, str]) -> dict[str, Any]:
    return {
        LTI + "message_type": RESOURCE_LINK, LTI + "deployment_id": DEPLOYMENT, LTI + "target_link_uri": address,
        "sub": fields.get("user_id"), "name": fields.get("lis_person_name_full"),
        "given_name": fields.get("lis_person_name_given"), "family_name": fields.get("lis_person_name_family"),
        "email": fields.get("lis_person_contact_email_primary"),
        LTI + "resource_link": {"id": fields["resource_link_id"], "title": fields.get("resource_link_title")},
        LTI + "context": {"id": fields.get("context_id"), "title": fields.get("context_title")},
        LTI + "roles": roles_of(fields.get("roles", "")),
        LTI + "custom": dict(custom),
        # One address takes the scores of all; whose it is says the sourcedid (LTI 1.1, section 6).
        AGS: {"lineitem": fields.get("lis_outcome_service_url"), "scope": [SCORES]},
        LTI + "launch_presentation": {
            "locale": fields.get("launch_presentation_locale"), "return_url": fields.get("launch_presentation_return_url"),
        },
        LTI + "tool_platform": {
            "product_family_code": fields.get("tool_consumer_info_product_family_code"), "version": fields.get("tool_consumer_info_version"),
        },
    }


def roles_of(text: str) -> list[str]:
    """The context roles, in the words of 1.3 (LTI 1.1, appendix A.2). Roles in the institution or the system are left as they are.

    Simple names stand for context roles. A teaching assistant is a role of its own in 1.1, and in 1.3 one of the instructor's.
    """
    return [_role(role.strip()) for role in text.split(",") if role.strip()]


def _role(role: str) -> str:
    principal, _, sub = role.removeprefix(_ROLE).partition("/")
    if not role.startswith(_ROLE) and ":" in role:
        return role
    if principal == "TeachingAssistant":
        return f"{MEMBERSHIP}/Instructor#TeachingAssistant"
    return f"{MEMBERSHIP}/{principal}#{sub}" if sub else f"{MEMBERSHIP}#{principal}"


def _sourcedid(text: str) -> str | None:
    """As it came: it goes back letter by letter. Without what no database holds."""
    return text if 0 < len(text) <= LONGEST_SOURCEDID and text.isprintable() else None
