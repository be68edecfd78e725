"""Forms of the room."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from core.typed import visible
from studio.following import LONGEST, LONGEST_TOKEN, Wanted
from studio.git.reading import LONGEST_URL

_PLAIN = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}


class FollowForm(FlaskForm):
    """Which repository a course follows, and what becomes of new commits."""

    url = StringField(
        _l("Address of the repository"), filters=[visible], validators=[InputRequired(_l("Please enter the address.")), Length(max=LONGEST_URL)],
        description=_l("With https://, as it stands behind “Clone”. It looks like https://git.example.edu/group/course.git"), render_kw={**_PLAIN, "inputmode": "url"},
    )
    branch = StringField(
        _l("Branch"), filters=[visible], validators=[Length(max=LONGEST)], description=_l("Empty: the repository's usual one."), render_kw=_PLAIN,
    )
    folder = StringField(
        _l("Folder in the repository"), filters=[visible], validators=[Length(max=LONGEST)],
        description=_l("The one in which course.yml lies. Empty: the repository itself."), render_kw=_PLAIN,
    )
    token = PasswordField(
        _l("Access token"), validators=[Length(max=LONGEST_TOKEN)],
        description=_l("Only for repositories that are not public: one that may only read this repository. It is kept encrypted and never shown again."),
        render_kw={**_PLAIN, "autocomplete": "new-password"},
    )
    publishes = RadioField(
        _l("New commits"), default="", choices=[
            SelectChoice("", _l("become the draft, for somebody to look at and publish")),
            SelectChoice("yes", _l("are published by themselves when the check finds no error")),
        ],
    )

    def wanted(self) -> Wanted:
        """What was entered."""
        return Wanted(self.url.data or "", self.branch.data or "", self.folder.data or "", self.token.data or "", self.publishes.data == "yes")


class BeginForm(FollowForm):
    """A new course that follows a repository."""

    slug = StringField(
        _l("Short name"), filters=[visible], validators=[InputRequired(_l("Please enter the short name.")), Length(max=64)],
        description=_l("What stands behind “id:” in course.yml."), render_kw=_PLAIN,
    )
