"""Who may do what in one run of a course."""

from flask import abort, session

from accounts.models import Role
from accounts.signin import person
from courses import service
from courses.service import TEACHING, AnyPart, Part


def acting_role(part: AnyPart) -> Role:
    """The role in which somebody looks at a run now.

    In a launch it is the role that the LMS named there: a lecturer who previews as a student sees what students see, in this
    tab only. Elsewhere it is that of the enrolment.
    """
    if session.get("launch_run") == part.run_id:
        return Role(session["launch_role"])
    return part.role


def teaches(part: AnyPart) -> bool:
    """Whether somebody acts as a lecturer in this run."""
    return acting_role(part) in TEACHING


def lecturer_part(run_id: int) -> Part:
    """The signed-in lecturer's part in this run: 404 for people who are not in it, 403 for those who do not teach it."""
    found = service.part(run_id, person().id)
    if found is None:
        abort(404)
    if not teaches(found):
        abort(403)
    return found
