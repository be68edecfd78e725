"""The status page: whether site, background work and model do their work. Public, and the same for everyone."""

from datetime import timedelta

from flask import Blueprint, render_template

from accounts.models import Role
from accounts.policy import needs
from core import jobs
from core.config import settings
from core.i18n import N_
from gateway import service
from gateway.views.admin import ABILITY_NAMES

bp = Blueprint("gateway", __name__)

STATES = {
    "ready": (N_("ready"), "success"), "starting": (N_("being started"), "info"), "fetching": (N_("being fetched"), "info"),
    "failed": (N_("not available"), "danger"), "unused": (N_("on the disk, but not in use"), ""),
    "absent": (N_("not installed"), ""),
}
FAULTS = {
    "file": N_("Its file is damaged, is no GGUF file, or needs more memory than it may have."),
    "processor": N_("The processor of this machine is too old for it: it lacks AVX2, FMA, F16C or BMI2."),
    "deaths": N_("Its process ended several times in a row. It is started again in ten minutes; the log says more."),
}


@bp.get("/status")
def status() -> str:
    """How Lotse stands. It says of the model what every learner may know: which one, and how far it is."""
    late = jobs.overdue(timedelta(seconds=max(120, 4 * settings().sweep_seconds)))
    return render_template("gateway/status.html", late=late, model=service.state(), others=service.others(), states=STATES)


@bp.get("/admin/models/installed")
@needs(Role.ADMINISTRATOR)
def installed() -> str:
    """Which models this machine has, and what they can do and cannot."""
    return render_template("gateway/installed.html", models=service.installed(), states=STATES, faults=FAULTS, ability_names=ABILITY_NAMES)
