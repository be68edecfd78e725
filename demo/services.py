"""Assignment and Grade Services 2.0 of the platform, as strict as Moodle is.

Recorded behaviour of a real Moodle, kept here so that a tool which is content with the stand-in is content with Moodle:
exactly one media type in Accept, the exact content type for scores, whole-second timestamps that must rise (409), only
learners are graded (400), and anything but FullyGraded with a score takes an existing grade away.
"""

from datetime import UTC, datetime
from typing import Any, TypeGuard

from flask import Blueprint, Response, jsonify, request

from demo import campus
from demo.parts import activity, addresses, store
from demo.store import LineItem, OldScoreError
from demo.tokens import ServiceError, allowed

bp = Blueprint("services", __name__)
LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"


@bp.errorhandler(ServiceError)
def refused(error: ServiceError) -> tuple[Response, int]:
    """Say why; the explaining page shows it too."""
    store().note("refused", {"request": f"{request.method} {request.url}", "body": _shown_body(), "status": error.status, "reason": error.reason})
    return jsonify(status=error.status, reason=error.reason, request={"method": request.method, "url": request.full_path}), error.status


def _shown_body() -> Any:
    return request.get_json(force=True, silent=True) if request.path.endswith("/scores") else None


# --- Line items ---------------------------------------------------------------------------------------------------------

@bp.get(f"/api/{campus.COURSE_ID}/lineitems")
@allowed("lineitem", "lineitem.readonly")
def line_items() -> Response:
    """All line items, or those that fit the filters (AGS 2.0, 3.2.2)."""
    _must_accept(LINE_ITEMS)
    filters = {"resource_link_id": "resource_link", "resource_id": "resource_id", "tag": "tag"}
    wanted = {attribute: request.args[name] for name, attribute in filters.items() if name in request.args}
    found = [item for item in store().line_items() if all(getattr(item, name) == value for name, value in wanted.items())]
    return _json([_line_item(item) for item in found], LINE_ITEMS)


@bp.post(f"/api/{campus.COURSE_ID}/lineitems")
@allowed("lineitem")
def add_line_item() -> Response:
    """A column that the tool makes (AGS 2.0, 3.2.4). As in Moodle, asking twice makes two."""
    body = _body(LINE_ITEM)
    label, maximum = body.get("label"), body.get("scoreMaximum")
    if not isinstance(label, str) or not label or not _number(maximum) or maximum <= 0:
        raise ServiceError(400, "Incorrect line item received")
    resource_link, resource_id, tag = (str(body.get(name, "")) for name in ("resourceLinkId", "resourceId", "tag"))
    if resource_link and activity(resource_link) is None:
        raise ServiceError(400, "Unknown resource link")
    item = store().add_line_item(label, float(maximum), resource_link, resource_id, tag)
    answer = _json(_line_item(item), LINE_ITEM)
    answer.status_code = 201
    return answer


@bp.get(f"/api/{campus.COURSE_ID}/lineitems/<int:number>/lineitem")
@allowed("lineitem", "lineitem.readonly")
def line_item(number: int) -> Response:
    """One line item."""
    _must_accept(LINE_ITEM)
    return _json(_line_item(_found(number)), LINE_ITEM)


def _line_item(item: LineItem) -> dict[str, Any]:
    shown = {"id": addresses().line_item(item.id), "label": item.label, "scoreMaximum": item.maximum, "resourceId": item.resource_id, "tag": item.tag}
    return shown | ({"resourceLinkId": item.resource_link} if item.resource_link else {})


def _found(number: int) -> LineItem:
    item = next((item for item in store().line_items() if item.id == number), None)
    if item is None:
        raise ServiceError(404, "Not Found: there is no such line item")
    return item


# --- Scores and results -------------------------------------------------------------------------------------------------

@bp.post(f"/api/{campus.COURSE_ID}/lineitems/<int:number>/lineitem/scores")
@allowed("score")
def add_score(number: int) -> Response:
    """Take a learner's score (AGS 2.0, 3.4): answers 200 with nothing in it."""
    item = _found(number)
    body = _body(SCORE)
    stamp = _stamp(body)
    person = campus.member(str(body["userId"]))
    if person is None or not person.learns:
        raise ServiceError(400, "Incorrect score received: this user cannot be graded")
    try:
        store().put_grade(item.id, person.id, _points(body, item.maximum), str(body.get("comment", "")), stamp)
    except OldScoreError as error:
        raise ServiceError(409, f"Refusing score with an earlier timestamp for item {item.id} and user {person.id}") from error
    store().note("score", {"to": request.url, "line item": item.label, "body": body}, person.id)
    return _json("", SCORE)


def _stamp(body: dict[str, Any]) -> int:
    """The score's time in whole seconds. Raises ServiceError when a required member is missing or of the wrong kind."""
    texts = ("userId", "activityProgress", "gradingProgress", "timestamp")
    complete = all(isinstance(body.get(name), str) and body[name] for name in texts)
    if not complete or ("scoreGiven" in body and not _scored(body)):
        raise ServiceError(400, "Incorrect score received")
    try:
        moment = datetime.fromisoformat(body["timestamp"])
    except ValueError as error:
        raise ServiceError(400, "Incorrect score received: timestamp") from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _scored(body: dict[str, Any]) -> bool:
    return _number(body["scoreGiven"]) and _number(body.get("scoreMaximum")) and body["scoreGiven"] >= 0 and body["scoreMaximum"] > 0


def _points(body: dict[str, Any], maximum: float) -> float | None:
    """The grade on the line item's own scale; None takes it away."""
    if body["gradingProgress"] != "FullyGraded" or "scoreGiven" not in body:
        return None
    share: float = min(body["scoreGiven"] / body["scoreMaximum"], 1)
    return round(share * maximum, 5)


@bp.get(f"/api/{campus.COURSE_ID}/lineitems/<int:number>/lineitem/results")
@allowed("result.readonly")
def results(number: int) -> Response:
    """What the gradebook holds (AGS 2.0, 3.3)."""
    item = _found(number)
    _must_accept(RESULTS)
    wanted = request.args.get("user_id")
    return _json([
        {
            "id": f"{addresses().platform}/api/{campus.COURSE_ID}/lineitems/{item.id}/lineitem/results/{grade.person}",
            "scoreOf": addresses().line_item(item.id), "userId": grade.person,
            "resultScore": grade.points, "resultMaximum": item.maximum, "comment": grade.comment,
        }
        for grade in store().grades() if grade.line_item == item.id and wanted in (None, grade.person) and grade.points is not None
    ], RESULTS)


# --- Bodies and media types ---------------------------------------------------------------------------------------------

def _must_accept(media_type: str) -> None:
    if request.headers.get("Accept", "") not in ("", media_type):
        raise ServiceError(400, "No context or unsupported content type")


def _body(media_type: str) -> dict[str, Any]:
    if request.mimetype != media_type:
        raise ServiceError(400, "Unsupported content type")
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise ServiceError(400, "Incorrect message received")
    return body


def _number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _json(content: Any, media_type: str) -> Response:
    answer = jsonify(content) if content != "" else Response()
    answer.content_type = f"{media_type}; charset=utf-8"
    return answer

