"""The status page: whether site, background work and model do their work. Public, and the same for everyone."""

from datetime import timedelta

from flask import Blueprint, render_template

from core import jobs
from core.config import settings
from gateway import service

bp = Blueprint("gateway", __name__)


@bp.get("/status")
def status() -> str:
    """How Lotse stands. It says of the model what every learner may know: which one, and how far it is."""
    late = jobs.overdue(timedelta(seconds=max(120, 4 * settings().sweep_seconds)))
    return render_template("gateway/status.html", late=late, model=service.state())
