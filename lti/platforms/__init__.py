"""What each LMS does differently, one file each. `profile_of` chooses by the platform's product_family_code."""

from lti.platforms.generic import Generic
from lti.platforms.ilias import Ilias
from lti.platforms.moodle import Moodle

_PROFILES = {profile.family: profile for profile in (Generic(), Moodle(), Ilias())}


def profile_of(family: str) -> Generic:
    """The profile of an LMS family; a family that we do not know keeps to the specification."""
    return _PROFILES.get(family.casefold(), _PROFILES[""])
