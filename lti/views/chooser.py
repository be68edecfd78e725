"""For lecturers who put Lotse into their LMS course: the picker of deep linking."""

from flask import Blueprint

bp = Blueprint("lti_chooser", __name__, url_prefix="/lti/choose")
