"""The organisation behind a certificate."""

from sqlalchemy import select

from accounts.models import Organisation
from certificates.models import Certificate
from core import db


def issuer_of(certificate: Certificate) -> Organisation:
    """Who issued it."""
    return db.session.scalars(select(Organisation).where(Organisation.id == certificate.organisation_id)).one()


def alone(organisation_id: int) -> Organisation:
    """The organisation, kept from others who number its certificates, draw places in its list or make its keys until the transaction ends."""
    return db.session.scalars(select(Organisation).where(Organisation.id == organisation_id).with_for_update(key_share=True)).one()


def named(organisation_id: int) -> Organisation:
    """The organisation, with its names as they are now."""
    return db.session.scalars(select(Organisation).where(Organisation.id == organisation_id)).one()
