"""Copied LMS courses: a link in the copy takes over the settings of the link that it was copied from.

The platform says where a course or link comes from in the custom parameters `context_history` and `link_history`, which Lotse asks for
as `$Context.id.history` and `$ResourceLink.id.history` (LTI Core 1.3, appendix D): ids with a comma between them, each percent-encoded,
the latest first, nothing in a course that is no copy. A platform that does not know a variable leaves it as it is.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from sqlalchemy import select

from core import db
from lti.claims import is_id
from lti.models import ResourceLink

MOST = 20
_TARGET = ("kind", "module", "item", "draw", "title")


def history(custom: Mapping[str, str], name: str) -> list[str]:
    """The ids in a custom parameter, whose name Moodle may have written in its own way."""
    value = next((value for key, value in custom.items() if key.casefold() == name), "").strip()
    if value.startswith("$"):
        return []
    ids = (unquote(part.strip()) for part in value.split(","))
    return [id_ for id_ in ids if is_id(id_)][:MOST]


def original_of(deployment_id: int, custom: Mapping[str, str], link: Mapping[str, Any]) -> ResourceLink | None:
    """The link that a new one was copied from: the platform says so, or it is that of an earlier course with the same target and title."""
    links, contexts = history(custom, "link_history"), history(custom, "context_history")
    if not links and not contexts:
        return None
    earlier = select(ResourceLink).where(ResourceLink.deployment_id == deployment_id).order_by(ResourceLink.id.desc())
    known = {found.resource_link_id: found for found in db.session.scalars(earlier.where(ResourceLink.resource_link_id.in_(links)))}
    if named := [known[id_] for id_ in links if id_ in known]:
        return named[0]
    alike = [getattr(ResourceLink, name) == link[name] for name in _TARGET if name in link]
    candidates = db.session.scalars(earlier.where(ResourceLink.context_id.in_(contexts), *alike)).all()
    return min(candidates, key=lambda found: contexts.index(found.context_id or ""), default=None)


def taken_over(original: ResourceLink) -> dict[str, Any]:
    """What the copy begins with. Dates of the last semester stay there: only those that are still to come are meant for the copy."""
    moment = db.now()
    dates = {name: date for name in ("due_at", "released_at") if (date := getattr(original, name)) is not None and date > moment}
    return {"copied_from": original.id, "keep": original.keep, "send": original.send, **dates}
