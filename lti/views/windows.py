"""From a frame into a window of its own, and what the browser keeps in a frame."""

from flask import Blueprint

bp = Blueprint("lti_windows", __name__, url_prefix="/lti")
