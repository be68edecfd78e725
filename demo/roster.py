"""Names and Role Provisioning Services 2.0 and Course Groups 1.0 of the platform, and what a lecturer can do with people.

As strict as Moodle: exactly one media type in Accept, pages of `limit` with a Link header, an unknown resource link is 404.
"""

from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from demo import campus, people
from demo.campus import Member
from demo.claims import LTI
from demo.parts import addresses, present_member, signed_in, store
from demo.services import refused
from demo.store import Launch
from demo.tokens import ServiceError, allowed

bp = Blueprint("roster", __name__)
bp.register_error_handler(ServiceError, refused)
MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
GROUPS = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"
SETS = "application/vnd.ims.lti-gs.v1.contextgroupsetcontainer+json"
REVIEW = "review-"                     # in a launch's target, before the id of whose submission is to be seen
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"


# --- Services -----------------------------------------------------------------------------------------------------------

@bp.get(f"/api/{campus.COURSE_ID}/memberships")
@allowed(people.MEMBERSHIPS)
def memberships() -> Response:
    """Who is in the course, all or a page of it."""
    _must_accept(MEMBERS)
    if request.args.get("rlid", "1") not in {str(item.id) for item in store().line_items()}:
        raise ServiceError(404, f"Not Found: LTI link {request.args['rlid']} doesn't exist")
    found = [member for member in campus.MEMBERS if member.id != people.NOT_ENROLLED and _has_role(member, request.args.get("role", ""))]
    start, limit = request.args.get("from", 0, int), request.args.get("limit", 0, int) or len(found)
    answer = _json({
        "id": people.memberships_url(addresses()), "context": {"id": campus.COURSE_ID, "label": "KI-101", "title": campus.COURSE_TITLE},
        "members": [people.entry(member, groups="groups" in request.args) for member in found[start:start + limit]],
    }, MEMBERS)
    if start + limit < len(found):
        more = "&".join(f"{name}={value}" for name, value in {**request.args, "limit": limit, "from": start + limit}.items())
        answer.headers["Link"] = f'<{people.memberships_url(addresses())}?{more}>; rel="next"'
    return answer


def _has_role(member: Member, wanted: str) -> bool:
    return not wanted or any(role.rsplit("#", 1)[-1] == wanted.rsplit("#", 1)[-1] for role in member.roles)


@bp.get(f"/api/{campus.COURSE_ID}/groups")
@allowed(people.GROUPS)
def groups() -> Response:
    """The groups of the course."""
    _must_accept(GROUPS)
    return _json({"groups": [{"id": id_, "name": name, "set_id": people.SET["id"]} for id_, name in people.GROUP_NAMES.items()]}, GROUPS)


@bp.get(f"/api/{campus.COURSE_ID}/groupsets")
@allowed(people.GROUPS)
def group_sets() -> Response:
    """How the course is divided."""
    _must_accept(SETS)
    return _json({"sets": [people.SET]}, SETS)


def _must_accept(media_type: str) -> None:
    if request.headers.get("Accept", "") != media_type:
        raise ServiceError(400, f"No handler found for {request.path} {request.headers.get('Accept', '')}")


def _json(content: dict[str, Any], media_type: str) -> Response:
    answer = jsonify(content)
    answer.content_type = f"{media_type}; charset=utf-8"
    return answer


# --- What lecturers do --------------------------------------------------------------------------------------------------

@bp.post("/switch-role")
def switch_role() -> BaseResponse:
    """Look at the course as a student, or no longer."""
    present_member()
    session["as_student"] = not session.get("as_student", False)
    return redirect(url_for("pages.course"), 303)


@bp.get("/review/<activity_id>/<member_id>")
def review(activity_id: str, member_id: str) -> str:
    """Open one learner's submission from the gradebook (LTI Submission Review 1.0)."""
    person = present_member()
    if person.learns or campus.member(member_id) is None:
        abort(404)
    fields = {
        "iss": addresses().issuer, "target_link_uri": addresses().tool_launch, "login_hint": person.id,
        "lti_message_hint": store().begin_launch(Launch(person.id, activity_id, f"{REVIEW}{member_id}")),
        "client_id": campus.CLIENT_ID, "lti_deployment_id": campus.DEPLOYMENT_ID,
    }
    store().note("login", {"to": addresses().tool_login, "fields": fields}, person.id)
    return render_template("post.html", title=_("Opening Lotse …"), action=addresses().tool_login, fields=fields)


def said(content: dict[str, Any], launch: Launch) -> dict[str, Any]:
    """What a launch says besides: the services for people, where a copied course comes from, the role, whose submission is asked for."""
    more = people.claims(addresses())
    # A fresh course is no copy, and says so by an empty history, as Moodle does (recorded: custom-variables.json).
    more[f"{LTI}custom"] = {**content.get(f"{LTI}custom", {}), "context_history": "", "link_history": ""}
    if switched():
        more[f"{LTI}roles"] = [LEARNER]
    if launch.target.startswith(REVIEW):
        more |= {f"{LTI}message_type": "LtiSubmissionReviewRequest", f"{LTI}for_user": {"user_id": launch.target.removeprefix(REVIEW)}}
        more[f"{LTI}launch_presentation"] = {**content[f"{LTI}launch_presentation"], "document_target": "window"}
    return more


def switched() -> bool:
    """Whether somebody who teaches looks at the course as a student now."""
    person = signed_in()
    return person is not None and not person.learns and bool(session.get("as_student"))


@bp.app_context_processor
def _shared() -> dict[str, Any]:
    return {"switched": switched()}
