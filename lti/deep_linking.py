"""Deep Linking 2.0: the content items that a lecturer chose, as the message that goes back to the platform."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from lti.claims import LTI, visible
from lti.dating import dated
from lti.platforms.generic import Generic
from lti.target import NO_SCORES, Target

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
LINK_TYPE = "ltiResourceLink"
LONGEST_TITLE = 255                    # Moodle keeps no more (deep-linking-response-variants.json)
LONGEST_TEXT = 1000
LEAST_POINTS, MOST_POINTS = 1, 100     # a whole number: Moodle takes no other maximum (its README, “Deep linking”)
LIFE = 600


@dataclass(frozen=True)
class Chosen:
    """Something that a lecturer chose. `points` is the maximum of its column in the gradebook; None: no grade."""

    target: Target
    title: str
    text: str
    points: int | None


@dataclass(frozen=True)
class Platform:
    """Who gets the message: the party that asked, and as whom it knows us."""

    issuer: str
    client_id: str
    deployment_id: str
    data: str | None
    profile: Generic


def response(to: Platform, items: Iterable[Chosen], launch_url: str, now: float, notes: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The claims of an LtiDeepLinkingResponse (section 4.5). `notes` are texts for people: msg or errormsg."""
    return {
        "iss": to.client_id, "aud": to.profile.audience(to.issuer), **dated(now, LIFE), "nonce": secrets.token_urlsafe(16),
        LTI + "message_type": "LtiDeepLinkingResponse", LTI + "version": "1.3.0", LTI + "deployment_id": to.deployment_id,
        DL + "content_items": [content_item(item, launch_url, to.profile) for item in items],
        **({DL + "data": to.data} if to.data is not None else {}),
        **{DL + name: text for name, text in (notes or {}).items()},
    }


def content_item(chosen: Chosen, launch_url: str, profile: Generic) -> dict[str, Any]:
    """One link (Deep Linking 2.0, LTI Resource Link), as the platform of this profile reads it."""
    custom = {**chosen.target.custom, **_silence(chosen, profile)}
    item = {"type": LINK_TYPE, "title": chosen.title, "text": chosen.text, "custom": custom}
    address = f"{launch_url}?{urlencode(custom)}" if profile.may_lose_custom else launch_url
    graded = {"lineItem": _line_item(chosen, launch_url)} if chosen.points is not None else {}
    return profile.content_item({**item, "url": address, **graded})


def _silence(chosen: Chosen, profile: Generic) -> dict[str, str]:
    """Where Lotse makes columns itself, a link without a grade has to say so, or it would get one at its first launch."""
    return {NO_SCORES[0]: NO_SCORES[1]} if chosen.points is None and profile.makes_line_items and chosen.target.opens != "certificate" else {}


def _line_item(chosen: Chosen, launch_url: str) -> dict[str, Any]:
    """The column that the platform makes, with the offer to show a learner's work from there (Submission Review 1.0)."""
    return {
        "scoreMaximum": chosen.points, "label": chosen.title, "resourceId": key_of(chosen.target), "tag": chosen.target.opens,
        "submissionReview": {"reviewableStatus": ["InProgress", "Submitted", "Completed"], "url": launch_url},
    }


def key_of(target: Target) -> str:
    """A target in one word, without its draw: `module.kurs.eins`. None of the ids has a dot (modules.fields.SLUG)."""
    return ".".join(part for part in (target.opens, target.course, target.module, target.item) if part is not None)


def preset_points(points: float) -> int | None:
    """The maximum that fits to what can be earned: the same where a platform takes it, else the nearest; None where there is nothing."""
    return min(max(round(points), LEAST_POINTS), MOST_POINTS) if points > 0 else None


def one_line(text: str) -> str:
    """A title as every platform keeps it: one line, nothing that cannot be seen, and not too long."""
    return " ".join(visible(text).split())[:LONGEST_TITLE].strip()


def some_lines(text: str) -> str:
    """A description: line breaks stay."""
    return "\n".join(" ".join(visible(line).split()) for line in text.splitlines()).strip()[:LONGEST_TEXT]
