"""For lecturers: what was sent to the gradebook, and what was not."""

from flask import Blueprint

bp = Blueprint("lti_scores", __name__, url_prefix="/lti/scores")
