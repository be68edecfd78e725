"""Words for codes, as message ids: the pages of holders, of those who teach, and of verifiers say the same."""

from certificates.models import Award, Reason, Standing
from core.i18n import N_

REASONS = {
    Reason.ERROR: N_("It had been issued by mistake."),
    Reason.RULES: N_("The rules for issuing it had not been kept."),
    Reason.HOLDER: N_("The holder asked for it."),
}
AWARDS = {Award.PARTICIPATION: N_("Certificate of participation"), Award.ACHIEVEMENT: N_("Certificate")}
STANDINGS = {
    Standing.VALID: (N_("valid"), "success", "check-circle"),
    Standing.EXPIRED: (N_("expired"), "warning", "clock"),
    Standing.REPLACED: (N_("replaced"), "warning", "repeat"),
    Standing.WITHDRAWN: (N_("withdrawn"), "danger", "cross-circle"),
    Standing.DELETED: (N_("deleted"), "warning", "cross-circle"),
}
