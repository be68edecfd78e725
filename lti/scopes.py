"""What Lotse asks a platform for, and in plain words why, and what is missing without it. No right is asked for that nothing uses."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.i18n import N_

_AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"


@dataclass(frozen=True)
class Scope:
    """A right at the platform's services. `ask` and `missing` are gettext ids."""

    uri: str
    short: str
    ask: str
    missing: str


LINE_ITEM = Scope(
    f"{_AGS}lineitem", N_("Columns in the gradebook"), N_("make columns in the gradebook for what lecturers choose"),
    N_("Lotse makes no columns of its own in the gradebook. Scores still arrive in the column that the learning platform makes for a link."),
)
LINE_ITEM_READ = Scope(
    f"{_AGS}lineitem.readonly", N_("Read columns"), N_("see which columns of Lotse stand in the gradebook"),
    N_("Lotse cannot find its columns in the gradebook again. Scores still arrive in the column that the learning platform makes for a link."),
)
SCORE = Scope(
    f"{_AGS}score", N_("Send scores"), N_("write learners' points into these columns"),
    N_("No score arrives in the gradebook. In Moodle: switch on “IMS LTI Assignment and Grade Services” in the tool's settings. In ILIAS: tick the synchronisation of grades."),
)
ROSTER = Scope(
    "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly", N_("People of a course"),
    N_("see who takes part in a course, so that lecturers see who has not begun"),
    N_("Lecturers see only those who have opened Lotse at least once. ILIAS does not offer this; in Moodle switch on “IMS LTI Names and Role Provisioning”."),
)
GROUPS = Scope(
    "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly", N_("Groups of a course"), N_("see the groups of a course, so that lecturers can look at one group"),
    N_("Lecturers cannot look at one group alone. Moodle and ILIAS do not offer this."),
)
ALL = (LINE_ITEM, LINE_ITEM_READ, SCORE, ROSTER, GROUPS)


def of(uris: Iterable[str]) -> list[Scope]:
    """Those of our scopes that are among these."""
    given = set(uris)
    return [scope for scope in ALL if scope.uri in given]


def missing(uris: Iterable[str]) -> list[Scope]:
    """What Lotse would like and was not given."""
    given = set(uris)
    return [scope for scope in ALL if scope.uri not in given]
