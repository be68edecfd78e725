"""LTI 1.1 launches of old platforms, where the operator has switched them on."""

from flask import Blueprint

bp = Blueprint("lti_legacy", __name__, url_prefix="/lti/1p1")
