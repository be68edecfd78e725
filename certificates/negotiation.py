"""A certificate's public address in other forms than a page: the signed badge and the PDF, where the holder lets everybody have them.

The badge bears a salted hash of the name, by which a guess can be tried, and the PDF bears the name itself: so neither is given out
without consent.
"""

from collections.abc import Callable, Mapping

from flask import Response
from flask_babel import gettext as _
from werkzeug.datastructures import MIMEAccept

from certificates import badges, service
from certificates.codes import REASONS
from certificates.models import Certificate, Reason, Standing
from certificates.organisations import issuer_of
from certificates.problems import problem
from certificates.service import Published
from core import db

HTML, BADGE, LINKED_DATA, TOKEN, PDF = "text/html", "application/vc", "application/ld+json", "application/vc+jwt", "application/pdf"
BY_NAME = {"pdf": PDF, "json": BADGE, "jwt": TOKEN}
"""The forms by the words that links on the page use."""
_MAKERS: Mapping[str, Callable[[Certificate], str | bytes | None]] = {
    BADGE: lambda certificate: certificate.badge,
    LINKED_DATA: lambda certificate: certificate.badge,
    TOKEN: lambda certificate: badges.as_token(certificate, issuer_of(certificate)) if certificate.badge else None,
    PDF: service.pdf_of,
}
_ENDINGS = {BADGE: "json", LINKED_DATA: "json", TOKEN: "jwt", PDF: "pdf"}


def wanted(accept: MIMEAccept, named: str | None) -> str:
    """The form that was asked for: by a link's word, else by the Accept header; a page where nothing else fits."""
    return BY_NAME.get(named or "") or accept.best_match([HTML, *_MAKERS], default=HTML)


def answer(found: Published | None, form: str) -> Response:
    """The certificate in one of the forms that are no page, or why not."""
    if found is None:
        return _refusal(form, 404, "unknown-certificate", _("Check the address: capital and small letters differ."))
    certificate, standing = found.certificate, found.certificate.standing(service.today_here())
    if standing not in (Standing.VALID, Standing.EXPIRED):
        return _refusal(form, 410, "gone", _why_gone(certificate, standing))
    if certificate.files_public_at is None:
        return _refusal(form, 403, "no-consent", _(
            "Its holder has not agreed that everybody may have the PDF and the badge. The page at the same address says whether the certificate "
            "is valid; ask the holder for the file."
        ))
    with db.scoped(certificate.organisation_id):  # Whoever knows the code may see this certificate, and nothing else.
        content = _MAKERS[form](certificate)
    if content is None:
        return _refusal(form, 404, "unknown-certificate", _("It does not exist in this form."))
    name = f"{found.snapshot.number}.{_ENDINGS[form]}"
    return Response(content, mimetype=form, headers={"Content-Disposition": f'inline; filename="{name}"'})


def _why_gone(certificate: Certificate, standing: Standing) -> str:
    if standing is Standing.WITHDRAWN:
        return str(_("It was withdrawn: %(reason)s", reason=_(REASONS[certificate.withdrawn_reason or Reason.ERROR])))
    if standing is Standing.REPLACED:
        return str(_("Another certificate with a corrected name stands in its place. Ask its holder for the new one."))
    return str(_("Its holder has had it deleted."))


def _refusal(form: str, status: int, kind: str, detail: str) -> Response:
    """In words that who asked for this form can read: a program its own, a person who wanted a file plain text."""
    refused = problem(status, kind, detail)
    return Response(f"{detail}\n", status, mimetype="text/plain") if form == PDF else refused
