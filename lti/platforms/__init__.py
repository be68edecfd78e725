"""What each LMS does differently, one file each. `profile_of` chooses by the platform's product_family_code."""

from lti.platforms.generic import Generic
from lti.platforms.ilias import Ilias
from lti.platforms.moodle import Moodle

_PROFILES = {profile.family: profile for profile in (Generic(), Moodle(), Ilias())}


# What a product calls itself at a registration, where that differs from its launches.
_OTHER_NAMES = {"ilias.de": "ilias"}


def family_of(code: str) -> str:
    """The name under which an LMS family is known here. ILIAS is "ilias.de" in its configuration, "ilias" in its launches."""
    lowered = code.strip().casefold()
    return _OTHER_NAMES.get(lowered, lowered)


def profile_of(family: str) -> Generic:
    """The profile of an LMS family; a family that we do not know keeps to the specification."""
    return _PROFILES.get(family_of(family), _PROFILES[""])
