"""Moodle. Recorded against 4.5.6, see tests/lti/recorded/moodle."""

from lti.platforms.generic import Generic

# The first build of each release (version.php); launches name the build only.
_RELEASES = {2025100600: "5.1", 2025041400: "5.0", 2024100700: "4.5", 2024042200: "4.4", 2023100900: "4.3", 2023042400: "4.2", 2022112800: "4.1", 2022041900: "4.0"}


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

    def release(self, version: str) -> str:
        """2024100706 is a build of 4.5."""
        build = int(version) if version.isdecimal() and len(version) == 10 else 0
        return next((f"{release} ({version})" for first, release in _RELEASES.items() if build >= first), version)
