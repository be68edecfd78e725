"""What all ways into a launch have in common: the browser that comes, and the page that it is led to."""

import re
import secrets

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from core.sessions import BROWSER_COOKIE, set_cookie
from lti.service.launches import Admission
from lti.service.login import own_origin

_SECRET = re.compile(r"[A-Za-z0-9_-]{20,64}")


def is_secret(value: str) -> bool:
    """Whether this can be a browser's secret, as Lotse makes them."""
    return _SECRET.fullmatch(value) is not None


def browser() -> str | None:
    """The secret by which this browser is known, if it has brought its cookie along."""
    value = request.cookies.get(BROWSER_COOKIE, "")
    return value if is_secret(value) else None


def remember(response: Response, secret: str | None = None) -> None:
    """Give the browser a secret, for this launch and later ones."""
    set_cookie(response, BROWSER_COOKIE, secret or secrets.token_urlsafe(24), launch=True)


def go_on(admitted: Admission) -> BaseResponse:
    """To the first page, inside the launch."""
    return redirect(f"/l/{admitted.launch_id}{first_page(admitted)}", 303)


def first_page(admitted: Admission) -> str:
    """The path of the page that the launch leads to, as it is within the launch."""
    return url_for(admitted.landing.endpoint, **admitted.landing.values)


def sent_by_lotse() -> bool:
    """Whether a form was sent by a page of Lotse's own, where no session can hold a CSRF token yet.

    By what browsers say of a form: Sec-Fetch-Site, or in older ones the origin.
    """
    site = request.headers.get("Sec-Fetch-Site")
    return site == "same-origin" if site else request.headers.get("Origin") in (None, own_origin())
