"""For lecturers: who is in the class, how far they are, and one learner's submission."""

from flask import Blueprint

bp = Blueprint("lti_people", __name__, url_prefix="/lti/class")
