"""The stand-in's pages for people: who one is, the course, the frame, the gradebook, and what flew."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from core.i18n import LANGUAGES, N_
from demo import campus
from demo.campus import Member
from demo.parts import activities, activity, present_member, signed_in, store
from demo.store import Grade, LineItem, Message

bp = Blueprint("pages", __name__)

KINDS = {
    "login": (N_("1. The platform begins the launch"), N_("The browser carries this form to Lotse: who the platform is, and two hints that only the platform understands.")),
    "request": (N_("2. Lotse asks for proof"), N_("Lotse sends the browser back with a fresh state and nonce, so that nobody can replay an old message.")),
    "id_token": (N_("3. The platform vouches for the person"), N_("The signed id_token: person, role, course and activity. Lotse checks the signature with the platform's public key.")),
    "token": (N_("4. Lotse fetches an access token"), N_("Lotse proves with its own key who it is; the platform checks this with Lotse's public key.")),
    "score": (N_("5. Lotse reports a score"), N_("Sent directly from server to server after each graded answer. It now stands in the gradebook.")),
    "choice": (N_("A lecturer has chosen activities"), N_("The signed deep linking response: what stands in the course from now on. The platform checks the signature with Lotse's public key.")),
    "registration": (N_("A tool registers itself"), N_("Lotse read the platform's configuration and sent what it is and what it asks for; the platform gave it a client ID.")),
    "refused": (N_("The platform refused a request"), N_("The request was not as the standard wants it. Lotse may try again, or tell the lecturer.")),
}


@dataclass(frozen=True)
class Cell:
    """A cell of the gradebook as it is shown."""

    item: LineItem
    grade: Grade | None

    @property
    def received(self) -> datetime | None:
        """When the score arrived."""
        return datetime.fromtimestamp(self.grade.received, UTC) if self.grade else None


@bp.app_errorhandler(401)
def choose_first(error: Unauthorized) -> tuple[str, int]:
    """Nobody has been chosen yet in this browser."""
    return render_template("home.html", members=campus.MEMBERS, missing=True), 401


@bp.app_errorhandler(404)
def not_found(error: object) -> tuple[str, int]:
    """No such page, or a launch message that the platform cannot use."""
    return render_template("not_found.html"), 404


@bp.get("/")
def home() -> str:
    """Choose who you are."""
    return render_template("home.html", members=campus.MEMBERS, missing=False)


@bp.post("/be/<member_id>")
def be(member_id: str) -> Response:
    """Be this person from now on, in this browser."""
    if campus.member(member_id) is None:
        abort(404)
    session["person"] = member_id
    return redirect(url_for("pages.course"), 303)


@bp.get("/course")
def course() -> str:
    """The course with its activities."""
    person = present_member()
    own = {cell.item.resource_link: cell for cell in _row(person)} if person.learns else {}
    return render_template("course.html", title=campus.COURSE_TITLE, activities=activities(), own=own, person=person)


@bp.get("/course/<activity_id>")
def frame(activity_id: str) -> str:
    """Lotse inside a frame of the platform, as Moodle embeds it."""
    present_member()
    found = activity(activity_id)
    if found is None:
        abort(404)
    return render_template("frame.html", activity=found)


@bp.get("/return")
def back() -> str:
    """Where the tool sends people when they are done, with words for them (LTI Core 1.3, 5.4.5: return_url)."""
    texts = [request.args[name] for name in ("lti_errormsg", "lti_msg") if name in request.args]
    return render_template("return.html", texts=texts)


@bp.get("/gradebook")
def gradebook() -> str:
    """The scores that arrived: all of them for lecturers, one's own for learners."""
    return render_template("gradebook.html", **_gradebook())


@bp.get("/gradebook/table")
def gradebook_table() -> str:
    """Only the table, for the script that keeps it fresh."""
    return render_template("gradebook_table.html", **_gradebook())


def _gradebook() -> dict[str, Any]:
    person = present_member()
    people = [person] if person.learns else campus.learners()
    return {"items": store().line_items(), "rows": [(member, _row(member)) for member in people]}


def _row(member: Member) -> list[Cell]:
    grades = {grade.line_item: grade for grade in store().grades() if grade.person == member.id}
    return [Cell(item, grades.get(item.id)) for item in store().line_items()]


@bp.get("/messages")
def messages() -> str:
    """Each LTI message that flew, readable."""
    present_member()
    return render_template("messages.html", messages=[_shown(message) for message in store().messages()])


def _shown(message: Message) -> dict[str, Any]:
    title, explanation = KINDS[message.kind]
    return {
        "id": message.id, "title": title, "explanation": explanation, "person": campus.member(message.person),
        "at": datetime.fromtimestamp(message.at, UTC), "content": message.content,
    }


@bp.get("/language/<code>")
def switch_language(code: str) -> Response:
    """Switch between German and English, and go back to a page of this site."""
    if code in LANGUAGES:
        session["language"] = code
    page = request.args.get("next", "")
    return redirect(page if page in ("/course", "/gradebook", "/messages") else url_for("pages.home"))


@bp.app_context_processor
def _shared() -> dict[str, Any]:
    return {"person": signed_in()}
