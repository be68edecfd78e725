"""Certificates as Open Badges: an organisation's keys, the badge made once when a certificate is printed, and the list of those withdrawn."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import or_, select

from accounts.models import Organisation
from certificates import places
from certificates.credentials import badge, did, elm, jwt, picture, png, proof, status
from certificates.credentials.badge import Issuer, Validity
from certificates.credentials.keys import SigningKey
from certificates.models import Certificate, IssuerKey
from certificates.organisations import alone
from certificates.snapshot import Snapshot
from certificates.wording import results, wording
from core import cipher, db
from core.config import settings
from core.days import zone

LIST_LASTS = timedelta(days=2)         # A verifier that cannot reach Lotse for a week end still believes a list it has kept.
_PURPOSE = "badge keys"


def address_of(organisation: Organisation) -> str:
    """The organisation's page as an issuer; what belongs to it lies below."""
    return f"{settings().base_url}/o/{organisation.slug}"


def list_address(organisation: Organisation) -> str:
    """Where the list of withdrawn certificates lies."""
    return f"{address_of(organisation)}/status/revocation"


def prepare(certificate: Certificate, organisation: Organisation, snapshot: Snapshot) -> str:
    """The certificate's signed badge as text; made and kept at the first call, the same ever after. A transaction of its own."""
    if certificate.badge is None:
        with db.transaction() as tx:
            alone(organisation.id)
            key = _present_key(organisation.id)
            taken = set(tx.scalars(select(Certificate.status_index).where(
                Certificate.organisation_id == organisation.id, Certificate.status_index.is_not(None),
            )))
            index = status.free_index({number for number in taken if number is not None})
            certificate.status_index = index
            certificate.badge = _signed(certificate, organisation, snapshot, key, index)
    return certificate.badge


def as_token(certificate: Certificate, organisation: Organisation) -> str:
    """The badge as VC-JWT, signed with the present key."""
    unsigned = {name: value for name, value in json.loads(certificate.badge or "{}").items() if name != "proof"}
    with db.transaction():
        key = _present_key(organisation.id)
    return jwt.sign(unsigned, key=key, method=did.method(_issuer(organisation, "").did, key.multibase))


def as_picture(certificate: Certificate, snapshot: Snapshot, heading: str, colours: tuple[str, str]) -> bytes:
    """The badge baked into a picture."""
    drawn = picture.draw(
        heading=heading, title=snapshot.course[certificate.language], issuer=snapshot.issuer, colour=colours[0], accent=colours[1],
    )
    return png.bake(drawn, certificate.badge or "")


def as_european(certificate: Certificate, organisation: Organisation, snapshot: Snapshot, heading: str, colours: tuple[str, str]) -> str:
    """The certificate in the European Learning Model, not signed: with the name, as it is for the holder alone."""
    drawn = picture.draw(
        heading=heading, title=snapshot.course[certificate.language], issuer=snapshot.issuer, colour=colours[0], accent=colours[1],
    )
    written = elm.document(
        snapshot, issuer=_issuer(organisation, snapshot.issuer), place=places.place(organisation.country, organisation.legal_identifier),
        validity=Validity(certificate.issued_at or db.now(), _end(certificate)), language=certificate.language, result=results(snapshot), picture=drawn,
    )
    return json.dumps(written, ensure_ascii=False, indent=2)


def organisation_of(slug: str) -> Organisation | None:
    """An issuer, by anybody."""
    with db.unscoped():
        return db.session.scalars(select(Organisation).where(Organisation.slug == slug)).one_or_none()


def did_document(organisation: Organisation) -> dict[str, Any]:
    """The organisation's DID document with its present key and those before it, which still verify what they signed."""
    with db.scoped(organisation.id):
        with db.transaction():
            present = _present_key(organisation.id).multibase
        former = db.session.scalars(select(IssuerKey.public).where(IssuerKey.public != present).order_by(IssuerKey.id)).all()
    return did.document(_issuer(organisation, "").did, present, former)


def status_list(organisation: Organisation) -> Mapping[str, Any]:
    """The signed list of what was withdrawn, replaced or deleted."""
    now, issuer = db.now(), _issuer(organisation, "").did
    with db.scoped(organisation.id):
        with db.transaction():
            key = _present_key(organisation.id)
        gone = db.session.scalars(select(Certificate.status_index).where(
            Certificate.status_index.is_not(None),
            or_(Certificate.withdrawn_at.is_not(None), Certificate.replaced_at.is_not(None), Certificate.deleted_at.is_not(None)),
        )).all()
    unsigned = status.list_credential(
        address=list_address(organisation), issuer=issuer, withdrawn=[index for index in gone if index is not None], since=now, until=now + LIST_LASTS,
    )
    return proof.sign(unsigned, key=key, method=did.method(issuer, key.multibase), created=now)


def rotate(organisation_id: int) -> str:
    """Sign with a new key from now on; returns its public half. The former ones stay in the DID document."""
    with db.scoped(organisation_id), db.transaction():
        alone(organisation_id)
        return _new_key().multibase


def _present_key(organisation_id: int) -> SigningKey:
    """The newest key; the first one is made when it is needed. Within a transaction."""
    row = _newest(organisation_id)
    if row is None:
        alone(organisation_id)  # Of several who find none, one makes it.
        row = _newest(organisation_id)
    if row is None:
        return _new_key()
    return SigningKey.from_bytes(cipher.decrypt(row.secret, settings().secret_key, _PURPOSE))


def _newest(organisation_id: int) -> IssuerKey | None:
    return db.session.scalars(
        select(IssuerKey).where(IssuerKey.organisation_id == organisation_id).order_by(IssuerKey.id.desc()).limit(1)
    ).one_or_none()


def _new_key() -> SigningKey:
    key = SigningKey.generate()
    db.session.add(IssuerKey(secret=cipher.encrypt(key.to_bytes(), settings().secret_key, _PURPOSE), public=key.multibase))
    db.session.flush()
    return key


def _issuer(organisation: Organisation, name: str) -> Issuer:
    return Issuer(did.identifier(settings().base_url, organisation.slug), name, address_of(organisation))


def _signed(certificate: Certificate, organisation: Organisation, snapshot: Snapshot, key: SigningKey, index: int) -> str:
    issuer = _issuer(organisation, snapshot.issuer)
    issued = certificate.issued_at or db.now()
    unsigned = badge.credential(
        snapshot, issuer=issuer, validity=Validity(issued, _end(certificate)), status=status.StatusEntry(list_address(organisation), index),
        wording=wording(snapshot, certificate.language), salt=secrets.token_urlsafe(12),
    )
    return json.dumps(proof.sign(unsigned, key=key, method=did.method(issuer.did, key.multibase), created=issued, differing=badge.differing(unsigned)), ensure_ascii=False)


def _end(certificate: Certificate) -> datetime | None:
    """The end of the last day, where the installation stands."""
    if certificate.expires_on is None:
        return None
    return datetime.combine(certificate.expires_on, time(23, 59, 59), zone())
