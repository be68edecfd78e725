"""How the pages about scores put it: a link's rules, its column in the gradebook, and how each learner's score stands."""

from typing import Any, NamedTuple

from flask_babel import format_datetime, ngettext
from flask_babel import gettext as _

from assessments import items
from core import db
from core.i18n import language
from core.jobs import WorkState
from courses.service import AnyPart
from lti.models import ResourceLink
from lti.offers import asked
from lti.score_policy import due_of
from lti.troubles import told
from modules.service import parsed


def words_for(part: AnyPart) -> dict[str, Any]:
    """What the templates ask for words."""
    edition = parsed(part.edition_id)
    wanted = edition.spoken(language())

    def opens(link: ResourceLink) -> str:
        title = edition.module(link.module, wanted).title if link.module in edition.module_ids else link.module
        texts: dict[str, str] = {
            "module": _("the module “%(title)s”", title=title), "quiz": _("the questions of “%(title)s”", title=title),
            "exercise": _("one question of “%(title)s”: “%(item)s”", title=title, item=_question(part.edition_id, link, wanted)),
            "certificate": _("the certificate"),
        }
        return texts.get(link.kind) or str(_("the whole course"))

    return {
        "course_title": edition.course.title[wanted], "opens": opens, "policy": _policy, "column": _COLUMNS, "state_of": _state,
        "name_of": _name, "told": told, "due_of": due_of, "history_state": _past,
    }


def _question(edition_id: int, link: ResourceLink, wanted: str) -> str:
    """What the link's only question asks, or its id where the course has none of it any more."""
    if link.module is None or link.item is None:
        return ""
    try:
        return asked(items.item(edition_id, link.module, link.item, wanted))
    except LookupError:
        return link.item


def _policy(link: ResourceLink) -> str:
    """A link's rules in a sentence."""
    keep = {
        "course": _("The course says which attempt counts."), "best": _("The best attempt counts."), "last": _("The last attempt counts."), "first": _("The first attempt counts."),
    }[link.keep]
    return f"{keep} {_leaving(link)}"


def _leaving(link: ResourceLink) -> str:
    due = due_of(link)
    if link.send == "release":
        if link.released_at:
            return str(_("You have released the scores on %(day)s; later changes are sent at once.", day=format_datetime(link.released_at, "short")))
        return str(_("Scores wait until you release them."))
    if link.send == "due" and due:
        return str(_("Scores are sent at the due date, %(day)s; attempts after it do not count.", day=format_datetime(due, "short")))
    if link.send == "due":
        return str(_("Scores wait for a due date, which nobody has named yet."))
    return str(_("Scores are sent at once."))


class _Column:
    """What to say about the column in the gradebook: asked in the reader's language."""

    def __getitem__(self, name: str) -> tuple[str, str]:
        """Tone, and text."""
        return {
            "there": ("success", _("There is a column in the gradebook.")),
            "to_be_made": ("info", _("Lotse makes a column in the gradebook with the first score.")),
            "none": ("warning", _("This link has no column in the gradebook: it was made without a grade, or its column was deleted. No scores are sent.")),
            "not_allowed": ("warning", _("Your learning platform has not allowed Lotse to send scores for this link. Whoever looks after it there can allow it; afterwards, open the link once.")),
            "paused": ("warning", _("In Lotse your learning platform is switched off, or waits for approval. Scores are kept, and leave when it is let in again.")),
            "no_score": ("info", _("This link has no score: it opens the certificate.")),
        }[name]


_COLUMNS = _Column()


class Shown(NamedTuple):
    """How a learner's score stands."""

    tone: str
    icon: str
    text: str
    detail: str = ""


def _state(row: Any, held: bool) -> Shown:
    """How a learner's score stands: the newest row decides."""
    if row.push_id is None:
        return Shown("", "circle", _("no points yet")) if row.sent_points is None else Shown("success", "check-circle", _("sent"))
    return _open(row, held) or (Shown("success", "check-circle", _("sent")) if row.sent_points is not None else Shown("", "circle", _("nothing to send")))


def _open(row: Any, held: bool) -> Shown | None:
    if row.state == WorkState.FAILED:
        return Shown("danger", "cross-circle", _("not sent"), _tried(row))
    if row.state == WorkState.DUE and row.error:
        return Shown("warning", "warning", _("not sent yet"), _tried(row))
    if row.state == WorkState.WAITING:
        return Shown("", "lock", _("waits for the release") if held else _("waits"))
    if row.state == WorkState.DUE and row.due_at > db.now():
        return Shown("", "clock", _("waits for the due date"), format_datetime(row.due_at, "short"))
    return Shown("info", "send", _("on its way")) if row.state in (WorkState.DUE, WorkState.RUNNING) else None


def _tried(row: Any) -> str:
    tries: str = ngettext("%(num)s try", "%(num)s tries", row.tries)
    if row.state == WorkState.FAILED:
        return tries
    return str(_("%(tries)s, the next at %(time)s", tries=tries, time=format_datetime(row.due_at, "short")))


def _past(row: Any) -> str:
    """What became of a row of the history."""
    if row.state == WorkState.DONE:
        return str(_("sent") if row.sent_at else _("the gradebook had this score already"))
    texts: dict[WorkState, str] = {WorkState.FAILED: _("not sent"), WorkState.WAITING: _("waits"), WorkState.RUNNING: _("on its way")}
    return texts.get(row.state) or str(_("waits for its turn"))


def _name(row: Any) -> str:
    """Names may be withheld."""
    return str(row.name or _("Person %(number)s", number=row.id))
