"""For administrators: platforms, deployments, keys, launches."""

from flask import Blueprint

from accounts.models import Role
from accounts.policy import needs

bp = Blueprint("lti_admin", __name__, url_prefix="/admin/lti")


@bp.get("")
@needs(Role.ADMINISTRATOR)
def overview() -> str:
    """All platforms of the organisation."""
    return ""
