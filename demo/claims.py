"""The id_token of a launch, with the claims that Moodle sends (LTI Core 1.3, 5.3 and 5.4; AGS 2.0, 3.1)."""

import time
from typing import Any

from demo import campus
from demo.campus import Activity, Addresses, Member

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
SCOPES = tuple(f"{AGS}scope/{name}" for name in ("lineitem", "lineitem.readonly", "result.readonly", "score"))
TOKEN_SECONDS = 60


def resource_link(addresses: Addresses, person: Member, activity: Activity, *, nonce: str, locale: str, target: str) -> dict[str, Any]:
    """All claims of an LtiResourceLinkRequest. `target` is iframe or window."""
    column = {"lineitem": addresses.line_item(activity.column)} if activity.column is not None else {}
    return {
        **_launch(addresses, person, "LtiResourceLinkRequest", nonce),
        f"{LTI}target_link_uri": activity.url or addresses.tool_launch,
        f"{LTI}resource_link": {"id": activity.id, "title": activity.title},
        f"{LTI}custom": dict(activity.custom),
        f"{LTI}launch_presentation": {"locale": locale, "document_target": target, "return_url": f"{addresses.platform}/return"},
        f"{AGS}claim/endpoint": {"scope": list(SCOPES), "lineitems": addresses.line_items, **column},
    }


def deep_linking(addresses: Addresses, person: Member, choice: str, *, nonce: str, locale: str) -> dict[str, Any]:
    """All claims of an LtiDeepLinkingRequest (Deep Linking 2.0, section 4.4)."""
    return {
        **_launch(addresses, person, "LtiDeepLinkingRequest", nonce),
        f"{LTI}target_link_uri": addresses.tool_deep_link,
        f"{LTI}launch_presentation": {"locale": locale, "document_target": "iframe"},
        f"{DL}deep_linking_settings": {
            "accept_types": ["ltiResourceLink"], "accept_presentation_document_targets": ["frame", "iframe", "window"], "accept_multiple": True,
            "auto_create": False, "deep_link_return_url": addresses.deep_linking_return(choice), "data": campus.CHOICE_DATA,
        },
    }


def _launch(addresses: Addresses, person: Member, message_type: str, nonce: str) -> dict[str, Any]:
    """What all messages say."""
    moment = int(time.time())
    return {
        "iss": addresses.issuer, "aud": campus.CLIENT_ID, "sub": person.id, "nonce": nonce, "iat": moment, "exp": moment + TOKEN_SECONDS,
        "name": person.name, "given_name": person.given_name, "family_name": person.family_name, "email": person.email,
        f"{LTI}message_type": message_type,
        f"{LTI}version": "1.3.0",
        f"{LTI}deployment_id": campus.DEPLOYMENT_ID,
        f"{LTI}roles": list(person.roles),
        f"{LTI}context": {"id": campus.COURSE_ID, "label": "KI-101", "title": campus.COURSE_TITLE, "type": ["CourseSection"]},
        f"{LTI}tool_platform": {"product_family_code": "campus-demo", "version": "1", "guid": "campus-demo", "name": "Campus-Demo"},
    }
