"""The platform's side of Deep Linking 2.0: a lecturer chooses in the tool what a new activity opens, and it stands in the course.

As strict as Moodle is, and as forgetful (recorded: deep-linking-response.json and …-variants.json): a maximum must be a whole
number from 1 to 100; title, text, url, custom and the maximum, resourceId and tag of the line item are kept, the rest is not.
Moodle takes several things that it should not; where it does not look at all, the stand-in keeps to the specification.
"""

from typing import Any
from urllib.parse import urlsplit

import httpx2
import jwt
from flask import Blueprint, abort, render_template, request
from flask_babel import gettext as _

from core.i18n import N_
from demo import campus
from demo.claims import DL, LTI
from demo.parts import addresses, present_member, store
from demo.store import Launch, NewActivity
from demo.tokens import tool_key

bp = Blueprint("deep_linking", __name__)
KEPT = ("title", "text", "url", "custom", "lineItem")
MOST_POINTS = 100


class ItemError(ValueError):
    """A content item that Moodle would not take. The text says why."""


@bp.get("/course/add")
def add() -> str:
    """The tool's picker in a frame, for those who teach."""
    _teacher()
    return render_template("choose.html")


@bp.get("/deep-linking/begin")
def begin() -> str:
    """Step 1, as of every launch: a form that posts itself to the tool, now for another address of it."""
    person = _teacher()
    fields = {
        "iss": addresses().issuer,
        "target_link_uri": addresses().tool_deep_link,
        "login_hint": person.id,
        "lti_message_hint": store().begin_launch(Launch(person.id, campus.CHOOSING, "iframe")),
        "client_id": campus.CLIENT_ID,
        "lti_deployment_id": campus.DEPLOYMENT_ID,
    }
    store().note("login", {"to": addresses().tool_login, "fields": fields}, person.id)
    return render_template("post.html", title=_("Opening Lotse …"), action=addresses().tool_login, fields=fields)


@bp.post("/deep-linking/return")
def taken() -> tuple[str, int] | str:
    """What the tool sends back. No cookie comes along with a form of another site; the one-time choice in the address says whose it is."""
    try:
        header, claims = _checked(request.form.get("JWT", ""))
        made = [_new_activity(item) for item in claims[f"{DL}content_items"]]
    except (jwt.PyJWTError, httpx2.HTTPError, ItemError) as error:
        store().note("refused", {"request": f"POST {request.path}", "status": 400, "reason": str(error)})
        return render_template("chosen.html", error=str(error), activities=[], message=""), 400
    store().note("choice", {"to": addresses().deep_linking_return(""), "header": header, "claims": claims})
    message = claims.get(f"{DL}msg") or claims.get(f"{DL}errormsg") or ""
    if not store().use_choice(request.args.get("choice", "")):
        return render_template("chosen.html", error=_("This choice was taken over already."), activities=[], message=""), 409
    return render_template("chosen.html", error="", activities=[store().add_activity(activity) for activity in made], message=message)


def _teacher() -> campus.Member:
    person = present_member()
    if not person.teaches:
        abort(403)
    return person


def _checked(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, without any clock tolerance (Deep Linking 2.0, section 4.5)."""
    header = jwt.get_unverified_header(token)
    claims: dict[str, Any] = jwt.decode(
        token, tool_key(header.get("kid")), algorithms=["RS256"], audience=addresses().issuer, issuer=campus.CLIENT_ID,
        options={"require": ["iss", "aud", "iat", "exp", "nonce"]},
    )
    expected = {"message_type": "LtiDeepLinkingResponse", "version": "1.3.0", "deployment_id": campus.DEPLOYMENT_ID}
    for name, value in expected.items():
        if claims.get(LTI + name) != value:
            raise jwt.InvalidTokenError(f"wrong {name}")
    if claims.get(f"{DL}data") != campus.CHOICE_DATA:
        raise jwt.InvalidTokenError("data did not come back as it was sent")
    if not isinstance(claims.setdefault(f"{DL}content_items", []), list):
        raise jwt.InvalidTokenError("content_items is no list")
    return header, claims


def _new_activity(item: Any) -> NewActivity:
    """What is kept of a content item."""
    if not isinstance(item, dict) or item.get("type") != "ltiResourceLink":
        raise ItemError(N_("Only links to the tool are taken."))
    kept = {name: item[name] for name in KEPT if name in item}
    title, url, custom = kept.get("title") or "Lotse", kept.get("url") or addresses().tool_launch, kept.get("custom") or {}
    if not all(isinstance(value, str) for value in (title, kept.get("text", ""), url, *custom.values())) or len(title) > 255:
        raise ItemError(N_("Title, text, address or custom parameters are not as they should be."))
    if urlsplit(url).netloc != urlsplit(addresses().tool).netloc:
        raise ItemError(N_("The address is not one of the tool."))
    line_item = kept.get("lineItem") or {}
    return NewActivity(
        title, kept.get("text", ""), url, custom, _maximum(line_item) if line_item else None,
        str(line_item.get("resourceId", "")), str(line_item.get("tag", "")),
    )


def _maximum(line_item: dict[str, Any]) -> int:
    maximum = line_item.get("scoreMaximum")
    if type(maximum) is not int or not 1 <= maximum <= MOST_POINTS:
        raise ItemError("Invalid grade value. This must be an integer between 1 and 100")
    return maximum
