"""The invented campus: who is there, which course they share, and which activities of Lotse stand in it."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from core.config import Settings
from core.i18n import N_

CLIENT_ID = "lotse-demo"
DEPLOYMENT_ID = "1"
COURSE_ID = "2"
COURSE_TITLE = "KI-Kompetenz im Wintersemester"
LOTSE_COURSE = "ki-kompetenz"
TEACHING_COURSE = "ki-kompetenz-lehre"
OFFICE_COURSE = "ki-kompetenz-verwaltung"
WORKSHOP = "werkstatt"             # every kind of exercise, to try out
LOTSE_MODULE = "wie-sprachmodelle-schreiben"
LINE_ITEM_MAXIMUM = 100.0
CHOOSING = "choosing"                              # in place of an activity: the launch in which one is chosen
CHOICE_DATA = "what the tool must send back as it is: =;&ä"

_LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
_INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
_INSTITUTION_ADMINISTRATOR = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"
_SYSTEM_ADMINISTRATOR = "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"


@dataclass(frozen=True)
class Member:
    """Somebody on the campus. Numbers as ids, as Moodle has them: unique on this platform only."""

    id: str
    given_name: str
    family_name: str
    label: str
    roles: tuple[str, ...]

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.given_name} {self.family_name}"

    @property
    def email(self) -> str:
        """An address that nobody has: `.example` is reserved."""
        return f"person{self.id}@campus-demo.example"

    @property
    def learns(self) -> bool:
        """Only learners can be graded."""
        return _LEARNER in self.roles

    @property
    def teaches(self) -> bool:
        """Who may add activities."""
        return _INSTRUCTOR in self.roles


@dataclass(frozen=True)
class Activity:
    """A link to the tool in the course (a resource link), with the custom parameters that say what it opens.

    `column` is its line item; `chosen` are activities that a lecturer added, whose texts are not ours to translate.
    """

    id: str
    title: str
    description: str
    custom: dict[str, str] = field(default_factory=dict)
    column: int | None = None
    maximum: float | None = None
    url: str = ""
    chosen: bool = False


MEMBERS = (
    Member("3", "Frauke", "Bergström", N_("teaches this course"), (_INSTRUCTOR,)),
    Member("4", "Mira", "Sonnenfeld", N_("studies"), (_LEARNER,)),
    # The emoji is meant: every part between here and the certificate must carry it.
    Member("5", "Yunus 🦊", "Çelik", N_("studies"), (_LEARNER,)),
    *(
        Member(str(number), given, family, N_("studies"), (_LEARNER,))
        for number, (given, family) in enumerate((
            ("Amina", "Traoré"), ("Bjarne", "Holtkamp"), ("Chiara", "Lombardi"), ("Đorđe", "Petrović"), ("Emre", "Yıldız"),
            ("Friederike", "von Thal"), ("Giorgos", "Papadakis"), ("Hanna", "Łukasik"), ("Ife", "Adeyemi"), ("Jannik", "Vermeulen"),
        ), 6)
    ),
    # Moodle sends a site administrator as Instructor too (recorded: idtoken-resource-link-admin.json).
    Member("2", "Tomasz", "Wieczorek", N_("runs the platform"), (_INSTRUCTOR, _INSTITUTION_ADMINISTRATOR, _SYSTEM_ADMINISTRATOR)),
)

ACTIVITIES = (
    Activity("1", N_("The whole course"), N_("All modules; the score counts every question of the course."), {"course": LOTSE_COURSE}, 1),
    Activity(
        "2", N_("Module M2: How language models write"), N_("One module; the score counts the questions of this module only."),
        {"course": LOTSE_COURSE, "module": LOTSE_MODULE}, 2,
    ),
)


def member(id_: str | None) -> Member | None:
    """The person with this id."""
    return next((found for found in MEMBERS if found.id == id_), None)


def learners() -> list[Member]:
    """Those who have a row in the gradebook."""
    return [found for found in MEMBERS if found.learns]


@dataclass(frozen=True)
class Addresses:
    """Where the stand-in and the tool are. The stand-in knows the tool by its three published addresses only."""

    platform: str
    tool: str

    @classmethod
    def from_settings(cls, settings: Settings) -> "Addresses":
        """The stand-in's own address, and Lotse's."""
        return cls(settings.demo_lms_url, settings.base_url)

    @property
    def issuer(self) -> str:
        """`iss` of all messages."""
        return self.platform

    @property
    def authorization(self) -> str:
        """OIDC authorisation endpoint."""
        return f"{self.platform}/lti/auth"

    @property
    def token(self) -> str:
        """OAuth 2 token endpoint."""
        return f"{self.platform}/lti/token"

    @property
    def registration(self) -> str:
        """Where a tool registers itself."""
        return f"{self.platform}/lti/register"

    @property
    def keys(self) -> str:
        """The platform's public keys."""
        return f"{self.platform}/lti/certs"

    @property
    def line_items(self) -> str:
        """AGS container. The query string is there because Moodle has one, and a tool must keep it."""
        return f"{self.platform}/api/{COURSE_ID}/lineitems?type_id={DEPLOYMENT_ID}"

    def line_item(self, number: int) -> str:
        """One line item."""
        return f"{self.platform}/api/{COURSE_ID}/lineitems/{number}/lineitem?type_id={DEPLOYMENT_ID}"

    @property
    def tool_login(self) -> str:
        """Where a launch begins at the tool."""
        return f"{self.tool}/lti/login"

    @property
    def tool_launch(self) -> str:
        """The tool's redirect_uri for all other launches."""
        return f"{self.tool}/lti/launch"

    @property
    def tool_deep_link(self) -> str:
        """The tool's redirect_uri for deep linking."""
        return f"{self.tool}/lti/deep-link"

    def deep_linking_return(self, choice: str) -> str:
        """Where the tool sends what was chosen."""
        return f"{self.platform}/deep-linking/return?choice={choice}"

    @property
    def tool_keys(self) -> str:
        """The tool's public keys."""
        return f"{self.tool}/lti/jwks"

    @property
    def host(self) -> str:
        """host:port of the stand-in, for the list of hosts that Lotse may call."""
        return urlsplit(self.platform).netloc
