"""Badges for holders, and what verifiers need of an issuer: its DID document, its list of withdrawn certificates, a page about it."""

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, render_template
from flask_login import login_required

from accounts.models import Organisation
from accounts.signin import person
from certificates import badges, letterhead, service
from certificates.models import Certificate, Standing
from certificates.organisations import issuer_of
from certificates.sheet import sheet
from certificates.snapshot import Snapshot
from core.i18n import in_language
from core.jobs import WorkState
from core.web import limiter

bp = Blueprint("credentials", __name__)
JSON, TOKEN, PICTURE = "application/vc", "application/vc+jwt", "image/png"
_KINDS: dict[str, tuple[str, Callable[[Certificate, Organisation], str | bytes]]] = {
    "json": (JSON, lambda certificate, _: certificate.badge or ""),
    "jwt": (TOKEN, badges.as_token),
    "png": (PICTURE, lambda certificate, _: _picture(certificate)),
}


@bp.get("/certificates/<int:certificate_id>/badge.<kind>")
@login_required
def own_badge(certificate_id: int, kind: str) -> Response:
    """One's own badge, for wallets and collections."""
    certificate = service.certificate_of(person().id, certificate_id)
    if certificate is None or kind not in _KINDS or certificate.badge is None or certificate.standing(service.today_here()) in (Standing.DELETED, Standing.WITHDRAWN):
        abort(404)
    mimetype, make = _KINDS[kind]
    name = f"{certificate.snapshot['number']}.{kind}"
    return Response(make(certificate, issuer_of(certificate)), mimetype=mimetype, headers={
        "Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store",
    })


@bp.get("/certificates/<int:certificate_id>/elm.json")
@login_required
def own_european(certificate_id: int) -> Response:
    """One's own certificate in the European Learning Model, as Europass reads it."""
    certificate = service.certificate_of(person().id, certificate_id)
    if certificate is None or certificate.state != WorkState.DONE or certificate.standing(service.today_here()) not in (Standing.VALID, Standing.EXPIRED):
        abort(404)
    content = badges.as_european(certificate, issuer_of(certificate), Snapshot.from_json(certificate.snapshot), *_look(certificate))
    return Response(content, mimetype="application/ld+json", headers={
        "Content-Disposition": f'attachment; filename="{certificate.snapshot["number"]}-elm.json"', "Cache-Control": "no-store",
    })


@bp.get("/o/<slug>")
@limiter.limit("120 per minute")
def issuer(slug: str) -> str:
    """Who issues, and how its certificates can be checked."""
    return render_template("certificates/issuer.html", organisation=_issuer(slug))


@bp.get("/o/<slug>/did.json")
@limiter.limit("120 per minute")
def did_document(slug: str) -> Response:
    """The keys with which the organisation signs (did:web)."""
    return _shared(badges.did_document(_issuer(slug)), "application/did+json")


@bp.get("/o/<slug>/status/revocation")
@limiter.limit("120 per minute")
def status_list(slug: str) -> Response:
    """Which certificates are no longer valid, without saying whose (Bitstring Status List)."""
    return _shared(badges.status_list(_issuer(slug)), JSON)


def _shared(document: Any, mimetype: str) -> Response:
    """For anybody, from anywhere, kept for five minutes at most."""
    return Response(json.dumps(document, ensure_ascii=False), mimetype=mimetype, headers={
        "Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300",
    })


def _issuer(slug: str) -> Organisation:
    found = badges.organisation_of(slug)
    if found is None:
        abort(404)
    return found


def _picture(certificate: Certificate) -> bytes:
    return badges.as_picture(certificate, Snapshot.from_json(certificate.snapshot), *_look(certificate))


def _look(certificate: Certificate) -> tuple[str, tuple[str, str]]:
    """The heading and the colours of what is drawn."""
    style = service.letterhead_of(certificate) or letterhead.default()
    with in_language(certificate.language):
        return sheet(Snapshot.from_json(certificate.snapshot), certificate.language).title, (style.colour, style.accent)
