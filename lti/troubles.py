"""Why a score could not be sent: a code with an HTTP status, kept in the row's `error`, and what people read in its place."""

import re

from flask_babel import gettext as _

from core.i18n import N_

_STORED = re.compile(r"([a-z_]+)(?: (\d{3}))?")

# Without "Lotse will try again": the page says beside it whether and when it does.
TEXTS = {
    "unreachable": N_("The learning platform could not be reached."),
    "forbidden_address": N_("Lotse may not call the address that the learning platform gave. Whoever runs Lotse can allow it."),
    "no_token": N_("The learning platform gives Lotse no access (%(status)s). Is Lotse's registration there active, with its key set?"),
    "token_unreadable": N_("The learning platform answers the request for access with something that Lotse cannot read."),
    "key_trouble": N_("Lotse cannot read its own key. Whoever runs Lotse must look at it: the log tells more."),
    "score_later": N_("The learning platform did not take the score (%(status)s)."),
    "score_later_401": N_("The learning platform does not let Lotse write scores (401). Is Lotse allowed to use the gradebook there?"),
    "score_later_409": N_("The learning platform has a newer grade already (409)."),
    "score_later_429": N_("The learning platform asked for a pause (429)."),
    "score_later_500": N_("The learning platform has an error of its own (%(status)s)."),
    "score_never": N_("The learning platform does not take the score (%(status)s)."),
    "score_never_400": N_("The learning platform does not take a score for this person (400). Are they enrolled there as a student?"),
    "score_never_403": N_("Lotse may not write into this column of the gradebook (403)."),
    "score_never_404": N_("The learning platform knows the column in the gradebook or the person no more (404)."),
    "items_later": N_("The learning platform did not list the columns of its gradebook (%(status)s)."),
    "items_never": N_("The learning platform does not list the columns of its gradebook (%(status)s)."),
    "items_unreadable": N_("The learning platform lists the columns of its gradebook in a way that Lotse cannot read."),
    "item_later": N_("The learning platform did not make a column in its gradebook (%(status)s)."),
    "item_never": N_("The learning platform makes no column in its gradebook for Lotse (%(status)s)."),
    "item_unreadable": N_("The learning platform answers the request for a column with something that Lotse cannot read."),
    "item_in_the_making": N_("The column in the gradebook is just being made."),
    "outcome_refused": N_("The learning platform does not take the score. Does the activity accept grades there, and is the person still in the course?"),
    "outcome_unsupported": N_("The learning platform takes no scores for this activity."),
    "outcome_unreadable": N_("The learning platform answers the score with something that Lotse cannot read."),
    "outcome_nowhere": N_("The learning platform has not said where the score of this person belongs."),
    "too_fast": N_("Scores of one person follow each other faster than one in a second."),
    "out_of_time": N_("The learning platform is slow; this score did not get its turn."),
    "broken": N_("Lotse has stumbled over this score. Whoever runs Lotse must look at it: the log tells more."),
}


def stored(code: str, status: int = 0) -> str:
    """As it stands in the row."""
    return f"{code} {status}" if status else code


def told(error: str) -> str:
    """In the reader's language."""
    found = _STORED.fullmatch(error)
    if found is None:
        return error
    code, status = found[1], found[2] or ""
    kind = "500" if status.startswith("5") else status
    text = TEXTS.get(f"{code}_{kind}") or TEXTS.get(code)
    return _(text, status=status) if text else error
