"""A lecturer who chooses: the way from the platform's request through the picker to what the platform gets."""

import json
import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import jwt
from flask import Flask, g
from werkzeug.test import TestResponse

from core import db
from lti.claims import DEEP_LINKING
from lti.service import tool_keys
from tests.lti.lms import AGS, BASE, LTI, Browser, Lms

TEACHES = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
RETURN = "https://lms.example/return?sesskey=5"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
SETTINGS = {"deep_link_return_url": RETURN, "accept_types": ["ltiResourceLink"], "accept_multiple": True, "data": "opaque;=ä"}


def request_claims(settings: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Changes that make a launch of the test platform a deep linking request of somebody who teaches."""
    return {
        LTI + "message_type": "LtiDeepLinkingRequest", LTI + "resource_link": ..., LTI + "target_link_uri": ..., AGS: ..., "sub": "3",
        LTI + "roles": [TEACHES], DEEP_LINKING: {**SETTINGS, **(settings or {})}, **changes,
    }


@dataclass
class Picker:
    """The picker in a lecturer's browser, at `base`."""

    browser: Browser
    base: str

    def see(self, path: str = "") -> TestResponse:
        """A page."""
        return self.browser.client.get(f"{self.base}{path}")

    def send(self, do: str = "", path: str = "", *, htmx: bool = False, **fields: Any) -> TestResponse:
        """Press a button of the present page's form, with what it says now."""
        form = {**fields_of(self.see(path).text), **fields, "do": do}
        return self.browser.client.post(f"{self.base}{path}", data=form, headers={"HX-Request": "true"} if htmx else {})

    def choose(self, *keys: str) -> TestResponse:
        """Tick these and go on to their details."""
        response = self.send("continue", pick=list(keys))
        assert response.status_code == 303, response.text
        return self.see("/details")

    def add(self, **fields: Any) -> dict[str, Any]:
        """Hand the choice over; the claims that the platform gets."""
        response = self.send("send", "/details", **fields)
        assert response.status_code == 200, response.text
        return handed_over(response)

    def add_for(self, lms: Lms) -> dict[str, Any]:
        """The same for a platform whose profile wants other forms; the audience may be a list."""
        response = self.send("send", "/details")
        return claims_of(unescape(fields_of(response.text)["JWT"][0]), lms.issuer)


def nobody() -> None:
    """Forget who the last request was: within a test the requests of all browsers share what Flask-Login remembers."""
    g.pop("_login_user", None)


def open_picker(app: Flask, lms: Lms, settings: dict[str, Any] | None = None, **changes: Any) -> Picker:
    """Launch a deep linking request in a browser of its own."""
    nobody()
    browser = Browser(app, lms)
    response = browser.launch(**request_claims(settings, **changes))
    assert response.status_code == 303, response.text
    return Picker(browser, response.location)


def fields_of(page: str) -> dict[str, list[str]]:
    """What a browser would send of the page's form without a change."""
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input\b[^>]*>", page):
        given = {name: unescape(value) for name, value in re.findall(r'([a-z]+)="([^"]*)"', tag)}
        if given.get("type") in ("checkbox", "radio") and " checked" not in tag:
            continue
        if "name" in given:
            found.setdefault(given["name"], []).append(given.get("value", "y"))
    for name, text in re.findall(r'<textarea\b[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', page, re.DOTALL):
        found[name] = [unescape(text).strip()]
    for select in re.findall(r"<select\b.*?</select>", page, re.DOTALL):
        name, chosen = re.search(r'name="([^"]*)"', select), re.search(r'<option value="([^"]*)" selected', select)
        if name:
            found[name[1]] = [chosen[1] if chosen else ""]
    return found


def handed_over(page: TestResponse) -> dict[str, Any]:
    """The claims in the form that goes to the platform, checked with Lotse's published keys as a strict platform does."""
    assert f'action="{RETURN}"' in unescape(page.text)
    return claims_of(unescape(fields_of(page.text)["JWT"][0]))


def claims_of(token: str, audience: str = "https://lms.example") -> dict[str, Any]:
    """Signature, audience and times, without any clock tolerance."""
    kid = jwt.get_unverified_header(token)["kid"]
    key = next(key for key in tool_keys.published() if key["kid"] == kid)
    claims: dict[str, Any] = jwt.decode(
        token, jwt.PyJWK(json.loads(json.dumps(key))), algorithms=["RS256"], audience=audience, options={"require": ["iss", "aud", "iat", "exp", "nonce"]},
    )
    assert claims["iat"] <= db.now().timestamp() - 5
    return claims


def items_in(claims: dict[str, Any]) -> list[dict[str, Any]]:
    """The content items."""
    found: list[dict[str, Any]] = claims[DL + "content_items"]
    return found


def link_to(item: dict[str, Any], number: str, line_item: str | None = None) -> dict[str, Any]:
    """Changes that launch the link which a platform made of a content item."""
    endpoint = {AGS: {"lineitem": line_item, "scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score"]}} if line_item else {}
    return {
        LTI + "resource_link": {"id": number, "title": item["title"]}, LTI + "custom": item["custom"],
        LTI + "target_link_uri": item.get("url", f"{BASE}/lti/launch"), **endpoint,
    }
