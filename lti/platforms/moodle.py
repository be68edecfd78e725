"""Moodle. Recorded against 4.5.6, see tests/lti/recorded/moodle."""

from lti.platforms.generic import Generic


class Moodle(Generic):
    """Differences of Moodle."""

    family = "moodle"
    product = "Moodle"
    guide = "moodle"
    # Moodle names no line item (idtoken-resource-link-from-deep-linking-no-grade.json) when the lecturer chose an activity
    # without a grade, and an empty one (…-lineitem-deleted.json) when they deleted its column. A column made by us would
    # put into the gradebook what the lecturer has just kept out of it, and Moodle does not deduplicate (ags-lineitems.http).
    makes_line_items = False
    # A chosen link keeps its custom parameters (deep-linking-response.json); its address stays the one that is registered.
    may_lose_custom = False
