"""What each LMS does differently, one file each. Chosen by the platform's product_family_code, or by its address where it names none.

No quirk so far depends on the version where the message itself does not show it; `Platform.version` is there for the first one.
"""

from urllib.parse import urlsplit

from lti.claims import Message
from lti.platforms.canvas import Canvas
from lti.platforms.generic import Generic
from lti.platforms.ilias import Ilias
from lti.platforms.moodle import Moodle
from lti.platforms.openedx import OpenEdx

PROFILES: tuple[Generic, ...] = (Generic(), Moodle(), Ilias(), OpenEdx(), Canvas())
GUIDES = tuple(dict.fromkeys(profile.guide for profile in sorted(PROFILES, key=lambda profile: profile.guide == Generic.guide)))
"""The guides for administrators, the general one last."""
_BY_FAMILY = {profile.family: profile for profile in PROFILES}
_OTHER_NAMES = {name: profile.family for profile in PROFILES for name in profile.names}


def family_of(code: str) -> str:
    """The name under which an LMS family is known here. ILIAS is "ilias.de" in its configuration, "ilias" in its launches."""
    lowered = code.strip().casefold()
    return _OTHER_NAMES.get(lowered, lowered)


def family_at(auth_url: str) -> str:
    """The family whose authentication endpoint has such an address, for those that do not say who they are; else nothing."""
    path = urlsplit(auth_url).path
    return next((profile.family for profile in PROFILES if any(known in path for known in profile.endpoints)), "")


def profile_of(family: str) -> Generic:
    """The profile of an LMS family; a family that we do not know keeps to the specification."""
    return _BY_FAMILY.get(family_of(family), _BY_FAMILY[""])


def profile_at(family: str, message: Message) -> Generic:
    """The profile for a launch: by what it says of its LMS, or else by the family that the platform is known for."""
    return profile_of(message.family or family)
