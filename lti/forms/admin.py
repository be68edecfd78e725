"""Forms of the pages for administrators."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.config import settings
from core.typed import visible
from lti.registration import PlatformData
from lti.service.registrations import HOURS, MOST_HOURS

_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
_NEEDED = InputRequired(_l("Please fill this in."))
_MOST = Length(max=2000, message=_l("This is too long."))


class LinkForm(FlaskForm):
    """A new registration link."""

    name = StringField(_l("Name of the learning platform"), filters=[visible], validators=[Length(max=100, message=_l("This is too long."))], description=_l("For your own lists, for example “Moodle of the university”."), render_kw=_PLAIN)
    hours = IntegerField(
        _l("Valid for how many hours"), default=HOURS,
        validators=[NumberRange(1, MOST_HOURS, message=_l("Please enter a whole number from 1 to 336."))], render_kw={"inputmode": "numeric"},
    )


class PlatformForm(FlaskForm):
    """A platform that is registered by hand. The labels are those of Moodle and ILIAS."""

    name = StringField(_l("Name of the learning platform"), filters=[visible], validators=[Length(max=100, message=_l("This is too long."))], render_kw=_PLAIN)
    issuer = StringField(_l("Platform ID (issuer)"), filters=[visible], validators=[_NEEDED, _MOST], description=_l("For example https://moodle.example, exactly as the platform writes it."), render_kw=_PLAIN)
    client_id = StringField(_l("Client ID"), filters=[visible], validators=[_NEEDED, _MOST], render_kw=_PLAIN)
    auth_url = StringField(_l("Authentication request URL"), filters=[visible], validators=[_NEEDED, _MOST], render_kw={**_PLAIN, "inputmode": "url"})
    token_url = StringField(_l("Access token URL"), filters=[visible], validators=[_NEEDED, _MOST], render_kw={**_PLAIN, "inputmode": "url"})
    jwks_url = StringField(_l("Public keyset URL"), filters=[visible], validators=[_NEEDED, _MOST], render_kw={**_PLAIN, "inputmode": "url"})
    deployments = StringField(
        _l("Deployment IDs"), filters=[visible], validators=[Optional(), _MOST], description=_l("Several with spaces between them. If you leave this empty, the first launch shows the ID, and you approve it then."), render_kw=_PLAIN,
    )

    def data_of_platform(self) -> PlatformData:
        """What was entered, without the blanks that copying brings along."""
        values = {name: (getattr(self, name).data or "").strip() for name in ("issuer", "client_id", "auth_url", "token_url", "jwks_url", "name")}
        return PlatformData(**values, deployments=tuple((self.deployments.data or "").split()))

    def check(self) -> bool:
        """Whether all can be registered; else the fields say what is wrong."""
        if not self.validate_on_submit():
            return False
        wrong = self.data_of_platform().faults(settings())
        for name, fault in wrong.items():
            self[name].errors = [_("This cannot be used: %(fault)s.", fault=_(fault))]
        return not wrong


def _number(text: Any) -> int:
    return int(text) if str(text).isdecimal() and len(str(text)) < 10 else 0


class SearchForm(FlaskForm):
    """Look for launches. No token: it changes nothing."""

    class Meta:
        csrf = False

    reference = StringField(_l("Reference of eight characters"), render_kw={**_PLAIN, "maxlength": "40"})
    platform = SelectField(_l("Learning platform"), coerce=_number, choices=[], default=0)
    outcome = SelectField(_l("Outcome"), choices=[SelectChoice("", _l("all")), SelectChoice("refused", _l("refused")), SelectChoice("admitted", _l("came in"))], default="")

    def __init__(self, given: Any, platforms: list[tuple[int, str]]) -> None:
        super().__init__(formdata=given)
        self.platform.choices = [SelectChoice(str(number), name) for number, name in platforms]
