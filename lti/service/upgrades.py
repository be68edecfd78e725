"""A 1.3 launch that says what it was called in LTI 1.1: it goes on where that was."""

from collections.abc import Mapping
from typing import Any

import structlog

from core.config import settings
from lti import legacy, registration
from lti.claims import Message
from lti.models import Platform
from lti.platforms import profile_at

log = structlog.get_logger("lti")


def carry(platform: Platform, message: Message, claims: Mapping[str, Any]) -> None:
    """Bring person, link and course over, if the claim proves that the platform is a consumer of this organisation.

    Without a proof nothing happens, and the launch is one like any other. Call in the transaction of the launch, acting for the
    platform's organisation. Raises Refused when the deployment is not approved.
    """
    found = legacy.earlier(claims)
    person = profile_at(platform.family, message).person(message)
    if found is None or person is None or not message.link_id:
        return
    consumer = legacy.own_consumer(found.key)
    if consumer is None or not _proven(consumer, found, claims):
        log.info("upgrade_unproven", platform=platform.id, known=consumer is not None)
        return
    deployment_id = registration.approved_deployment(platform.id, message.deployment_id)
    legacy.carry_launch(
        consumer, found, platform, deployment_id, subject=person.subject, link_id=message.link_id, context_id=message.context_id,
    )


def _proven(consumer: Platform, found: legacy.Earlier, claims: Mapping[str, Any]) -> bool:
    try:
        return legacy.signed_by(legacy.secret_of(consumer, settings().secret_key), found, claims)
    except legacy.SecretTroubleError as error:
        log.error("key_trouble", reason=str(error))
        return False
