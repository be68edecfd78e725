"""Who may do what in one run of a course."""

from flask import abort, session

from accounts.models import Role
from accounts.signin import person
from courses import service
from courses.service import TEACHING, AnyPart, Part


def acting_role(part: AnyPart) -> Role:
    """The role in which somebody looks at a run now.

    A lecturer whom the LMS launched as a student sees what students see, in this tab only. In all else it is the role of the
    enrolment, so that who no longer teaches does not go on in a launch that is still open.
    """
    as_student = session.get("launch_run") == part.run_id and session["launch_role"] == Role.LEARNER
    return Role.LEARNER if as_student else part.role


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
