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


def learns(roles: Iterable[str]) -> bool:
    """Whether somebody on a roster who does not teach is a learner, and not an observer, mentor or editor.

    Rosters name roles as URIs or shortly, as in `Learner` (NRPS 2.0, section 2.3; recorded: nrps-members.http). Whoever has no role in
    the context counts.
    """
    named = {name for role in roles if (name := _principal(role) or (role if role.isalpha() else None))}
    return not named or bool(named & {"Learner", "Student"})


def _principal(role: str) -> str | None:
    if role.startswith(f"{MEMBERSHIP}#"):
        return role.removeprefix(f"{MEMBERSHIP}#")
    if role.startswith(f"{MEMBERSHIP}/"):
        return role.removeprefix(f"{MEMBERSHIP}/").split("#")[0]
    return role if role in TEACHING else None
