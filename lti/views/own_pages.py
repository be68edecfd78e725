"""Whether a form was sent by a page of Lotse's own, where no session can hold a CSRF token yet."""

from flask import request

from lti.service.login import own_origin


def sent_by_lotse() -> bool:
    """By what browsers say of a form: Sec-Fetch-Site, or in older ones the origin."""
    site = request.headers.get("Sec-Fetch-Site")
    return site == "same-origin" if site else request.headers.get("Origin") in (None, own_origin())
