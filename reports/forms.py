"""Forms of the room."""

from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, DateField, IntegerField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange

from certificates.service import today_here
from core.typed import visible
from reports.evidence import LEAST_K, MOST_K, USUAL_K, Period
from reports.legal import LegalText

_NEEDED = InputRequired(_l("Please fill this in."))
_LONG = Length(max=4000, message=_l("This is too long."))
_LANGUAGES = [SelectChoice("de", "Deutsch"), SelectChoice("en", "English")]
_YEARS = range(2000, 2101)


def _sensible(form: FlaskForm, field: DateField) -> None:
    if field.data and field.data.year not in _YEARS:
        raise ValidationError(_("Please enter a day between 2000 and 2100."))


def _date(label: Any, **more: Any) -> DateField:
    return DateField(label, validators=[InputRequired(_l("Please enter a day.")), _sensible], **more)


class EvidenceForm(FlaskForm):
    """What a report is about. No token: it changes nothing, and its address can be kept."""

    class Meta:
        csrf = False

    first = _date(_l("From"))
    last = _date(_l("To"))
    language = SelectField(_l("Language of the report"), choices=_LANGUAGES)
    k = IntegerField(
        _l("Smallest group with figures of its own"), validators=[InputRequired(_l("Please enter a number from 3 to 20.")), NumberRange(LEAST_K, MOST_K, message=_l("Please enter a number from 3 to 20."))],
        description=_l("From 3 to 20 people. Smaller groups are put together, and figures that would tell about so few are ranges."),
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )

    @classmethod
    def asked(cls, args: MultiDict[str, str], language: str) -> "EvidenceForm":
        """The form as the address fills it; what is missing is as usual: this year until today."""
        usual = {"first": today_here().replace(month=1, day=1).isoformat(), "last": today_here().isoformat(), "language": language, "k": str(USUAL_K)}
        return cls(formdata=MultiDict({**usual, **args.to_dict()}))

    def validate_last(self, field: DateField) -> None:
        """The last day is not before the first one."""
        if self.first.data and field.data and field.data < self.first.data:
            raise ValidationError(_("The last day is before the first one."))

    @property
    def period(self) -> Period:
        """From when to when, once the form is checked."""
        return Period(self.first.data, self.last.data)

    @property
    def address(self) -> dict[str, str]:
        """What an address needs to ask for the same report."""
        return {"first": self.first.data.isoformat(), "last": self.last.data.isoformat(), "language": self.language.data, "k": str(self.k.data)}


class NamesForm(FlaskForm):
    """A report with names: for what, and that it is needed."""

    first = _date(_l("From"))
    last = _date(_l("To"))
    language = SelectField(_l("Language of the report"), choices=_LANGUAGES)
    purpose = TextAreaField(
        _l("Purpose"), filters=[visible, lambda typed: typed.strip() if typed else typed],
        validators=[_NEEDED, Length(min=10, max=500, message=_l("Please say in 10 to 500 characters what the names are needed for."))],
        description=_l("What the names are needed for, and by whom. It stands on the report, and is kept with your name and the time."), render_kw={"rows": 3},
    )
    needed = BooleanField(
        _l("The names are necessary for this purpose, and whoever gets the report may have them."), validators=[InputRequired(_l("Please confirm this, or make the report without names."))],
    )

    validate_last = EvidenceForm.validate_last
    period = EvidenceForm.period


class LegalForm(FlaskForm):
    """Another legal text."""

    valid_from = _date(_l("In force from"))
    de = TextAreaField(_l("Text in German"), filters=[visible], validators=[_NEEDED, _LONG], render_kw={"rows": 6, "lang": "de"})
    en = TextAreaField(_l("Text in English"), filters=[visible], validators=[_NEEDED, _LONG], render_kw={"rows": 6, "lang": "en"})
    source = StringField(
        _l("Where the wording can be read"), filters=[visible], validators=[_NEEDED, Length(max=500, message=_l("This is too long."))],
        description=_l("An address of EUR-Lex, for example https://eur-lex.europa.eu/eli/reg/2024/1689/oj"), render_kw={"inputmode": "url", "autocomplete": "off"},
    )

    @property
    def text(self) -> LegalText:
        """What was typed, once the form is checked."""
        return LegalText(self.valid_from.data, self.de.data.strip(), self.en.data.strip(), self.source.data.strip(), own=True)

    def validate_source(self, field: StringField) -> None:
        """An address that a browser opens as a page."""
        parts = urlsplit((field.data or "").strip())
        if parts.scheme != "https" or not parts.hostname:
            raise ValidationError(_("Please enter an address that begins with https://"))
