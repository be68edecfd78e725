"""The form for a link's rules of scores."""

from datetime import UTC, datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import to_user_timezone, to_utc
from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, RadioField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from lti.models import ResourceLink

YEARS = range(2000, 2101)


class PolicyForm(FlaskForm):
    """Which attempt counts, and when scores leave."""

    keep = RadioField(_l("Which attempt counts at a question?"), choices=[
        SelectChoice("course", _l("as the course says")), SelectChoice("best", _l("the best")), SelectChoice("last", _l("the last")), SelectChoice("first", _l("the first")),
    ])
    send = RadioField(_l("When do scores go to the gradebook?"), choices=[
        SelectChoice("submission", _l("at once, after each answer")), SelectChoice("release", _l("when I release them")), SelectChoice("due", _l("at the due date; later attempts do not count")),
    ])
    due_at = DateTimeLocalField(_l("Due date"), format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], validators=[Optional()])
    announced: datetime | None = None

    @classmethod
    def of(cls, link: ResourceLink) -> "PolicyForm":
        """The form as posted, or with the rules that the link has."""
        form = cls(data={"keep": link.keep, "send": link.send, "due_at": to_user_timezone(link.due_at).replace(tzinfo=None) if link.due_at else None})
        form.announced = link.announced_due_at
        return form

    def validate_send(self, field: RadioField) -> None:
        """A due date is needed where scores wait for it."""
        if field.data == "due" and not any(self.due_at.raw_data or ()) and self.announced is None:
            raise ValidationError(_("Please say below when the due date is: your learning platform names none."))

    def validate_due_at(self, field: DateTimeLocalField) -> None:
        """Only what calendars know. What is no date at all has its message already."""
        if field.data is not None and field.data.year not in YEARS:
            raise ValidationError(_("Please check the year."))

    @property
    def due(self) -> datetime | None:
        """The due date as a moment; None: the platform's, if it names one."""
        return to_utc(self.due_at.data).replace(tzinfo=UTC) if self.due_at.data else None
