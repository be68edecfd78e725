"""The platform's side of a launch: initiation, authorisation endpoint, keys (LTI Security Framework 1.0, 5.1.1)."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template, request
from flask_babel import gettext as _

from core.i18n import language
from demo import campus, claims, people, registration, roster
from demo.campus import Member
from demo.parts import activity as activity_of
from demo.parts import addresses, key, present_member, signer, store
from demo.store import Launch

bp = Blueprint("oidc", __name__)
TARGETS = ("iframe", "window")


@bp.get("/.well-known/openid-configuration")
def configuration() -> Response:
    """What a tool can read about the platform (OpenID Connect Discovery 1.0; LTI Dynamic Registration 1.0, 3.3)."""
    own = addresses()
    return jsonify({
        "issuer": own.issuer, "authorization_endpoint": own.authorization, "token_endpoint": own.token, "jwks_uri": own.keys, "registration_endpoint": own.registration,
        "token_endpoint_auth_methods_supported": ["private_key_jwt"], "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", *claims.SCOPES, *people.SCOPES], "response_types_supported": ["id_token"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["iss", "sub", "name", "given_name", "family_name", "email"],
        "https://purl.imsglobal.org/spec/lti-platform-configuration": {
            "product_family_code": "campus-demo", "version": "1", "variables": [],
            "messages_supported": [
                {"type": "LtiResourceLinkRequest"}, {"type": "LtiDeepLinkingRequest", "placements": ["ContentArea"]},
                {"type": "LtiSubmissionReviewRequest"},
            ],
        },
    })


@bp.get("/lti/certs")
def keys() -> Response:
    """The public keys that sign id_tokens."""
    return jsonify({"keys": [key().jwk()]})


@bp.get("/launch/<activity_id>/<target>")
def initiate(activity_id: str, target: str) -> str:
    """Step 1, third-party initiated login: a form that posts itself to the tool, as Moodle does it."""
    person = present_member()
    activity = activity_of(activity_id)
    tool = registration.tool(request.args.get("client", campus.CLIENT_ID))
    if activity is None or tool is None or target not in TARGETS:
        abort(404)
    fields = {
        "iss": addresses().issuer,
        "target_link_uri": activity.url or addresses().tool_launch,
        "login_hint": person.id,
        "lti_message_hint": store().begin_launch(Launch(person.id, activity.id, target)),
        "client_id": tool.client_id,
        "lti_deployment_id": tool.deployment_id,
    }
    store().note("login", {"to": addresses().tool_login, "fields": fields}, person.id)
    return render_template("post.html", title=_("Opening Lotse …"), action=addresses().tool_login, fields=fields)


@bp.route("/lti/auth", methods=["GET", "POST"])
def authorize() -> str:
    """Step 2 and 3: check the tool's authentication request, and post the id_token to its redirect_uri.

    Refuses as Moodle does (recorded: auth-variants.json): what makes the redirect_uri doubtful ends here with an error page,
    so that nothing is ever posted to an unknown address; other errors go back to the tool.
    """
    asked = request.values
    _refuse_doubtful(asked)
    error = _error(asked)
    if error:
        return _post_back({**error, "state": asked.get("state", "")})
    launch = store().use_launch(asked["lti_message_hint"])
    if launch is None:
        abort(404)
    person = present_member()
    if asked["login_hint"] != person.id or launch.person != person.id:
        return _post_back({"error": "access_denied", "state": asked.get("state", "")})
    content = _message(launch, person, asked["nonce"])
    tool = registration.tool(asked["client_id"]) or registration.PREREGISTERED
    content |= {"aud": tool.client_id, f"{claims.LTI}deployment_id": tool.deployment_id}
    store().note("request", {"to": addresses().authorization, "fields": asked.to_dict()}, person.id)
    store().note("id_token", {"to": asked["redirect_uri"], "header": {"alg": "RS256", "typ": "JWT", "kid": key().kid}, "claims": content}, person.id)
    return _post_back({"id_token": signer()(key(), content), "state": asked.get("state", "")})


def _message(launch: Launch, person: Member, nonce: str) -> dict[str, Any]:
    if launch.activity == campus.CHOOSING:
        return claims.deep_linking(addresses(), person, store().begin_choice(), nonce=nonce, locale=language())
    activity = activity_of(launch.activity)
    if activity is None:
        abort(404)
    content = claims.resource_link(addresses(), person, activity if activity.chosen else replace(activity, title=_(activity.title)), nonce=nonce, locale=language(), target=launch.target)
    return content | roster.said(content, launch)


def _refuse_doubtful(asked: dict[str, str]) -> None:
    exact = {"scope": "openid", "response_type": "id_token"}
    if asked.get("redirect_uri") not in (addresses().tool_launch, addresses().tool_deep_link):
        abort(404)
    if any(asked.get(name) != value for name, value in exact.items()):
        abort(404)
    if not all(asked.get(name) for name in ("nonce", "login_hint", "lti_message_hint")):
        abort(404)


def _error(asked: dict[str, str]) -> dict[str, str]:
    if registration.tool(asked.get("client_id", "")) is None:
        return {"error": "unauthorized_client"}
    if asked.get("response_mode") != "form_post":
        return {"error": "invalid_request", "error_description": "Invalid response_mode"}
    if asked.get("prompt") != "none":
        return {"error": "invalid_request", "error_description": "Invalid prompt"}
    return {}


def _post_back(fields: dict[str, str]) -> str:
    return render_template("post.html", title=_("Opening Lotse …"), action=request.values["redirect_uri"], fields=fields)
