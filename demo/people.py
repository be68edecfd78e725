"""Who is in the course as the platform's services tell it: names and roles, groups."""

from typing import Any

from demo import campus
from demo.campus import Addresses, Member

MEMBERSHIPS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
GROUPS = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
SCOPES = (MEMBERSHIPS, GROUPS)
SET = {"id": "1", "name": "Übungen"}
GROUP_NAMES = {"1": "Montag", "2": "Donnerstag"}
NOT_ENROLLED = "2"                     # who runs the platform is in no course


def claims(addresses: Addresses) -> dict[str, Any]:
    """Where a tool asks (NRPS 2.0, section 3.6.1.1; Course Groups 1.0, section 3.2)."""
    return {
        "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice": {
            "context_memberships_url": memberships_url(addresses), "service_versions": ["1.0", "2.0"],
        },
        "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice": {
            "scope": [GROUPS], "context_groups_url": f"{addresses.platform}/api/{campus.COURSE_ID}/groups",
            "context_group_sets_url": f"{addresses.platform}/api/{campus.COURSE_ID}/groupsets", "service_versions": ["1.0"],
        },
    }


def memberships_url(addresses: Addresses) -> str:
    """The roster of the course."""
    return f"{addresses.platform}/api/{campus.COURSE_ID}/memberships"


def entry(member: Member, *, groups: bool) -> dict[str, Any]:
    """A member in Moodle's form: roles by their short names (recorded: nrps-members.http)."""
    said = {
        "status": "Active", "roles": [role.rsplit("#", 1)[-1] for role in member.roles], "user_id": member.id, "name": member.name,
        "given_name": member.given_name, "family_name": member.family_name, "email": member.email,
    }
    return said | ({"group_enrollments": [{"group_id": group_of(member)}]} if groups and member.learns else {})


def group_of(member: Member) -> str:
    """Even and odd ones."""
    return "1" if int(member.id) % 2 else "2"
