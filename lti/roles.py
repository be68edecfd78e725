"""LTI roles, per context, become Lotse's."""

from collections.abc import Iterable

from accounts.models import Role

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
TEACHING = ("Instructor", "Administrator")


def role_in_context(roles: Iterable[str]) -> Role:
    """Lecturer for who teaches or administers this context, learner for everybody else.

    Only context roles count (LTI Core 1.3, appendix A.2.3): an administrator of the institution or of the LMS does not
    teach every course. A sub-role such as `membership/Instructor#TeachingAssistant` counts as its principal role, and the
    simple names that the specification still allows count as context roles.
    """
    return Role.LECTURER if any(_principal(role) in TEACHING for role in roles) else Role.LEARNER


def _principal(role: str) -> str | None:
    if role.startswith(f"{MEMBERSHIP}#"):
        return role.removeprefix(f"{MEMBERSHIP}#")
    if role.startswith(f"{MEMBERSHIP}/"):
        return role.removeprefix(f"{MEMBERSHIP}/").split("#")[0]
    return role if role in TEACHING else None
