"""Forms of the room."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, Regexp, ValidationError

from certificates.codes import REASONS
from certificates.models import Reason
from certificates.service import CODE
from core.typed import visible

_NAME = {"autocomplete": "name", "spellcheck": "false", "maxlength": "400"}


class NameForm(FlaskForm):
    """The holder's name, for a certificate that waits for it. certificates.names checks it."""

    name = StringField(
        _l("Your name on the certificate"), validators=[InputRequired(_l("Please enter your name as it shall stand on the certificate."))],
        description=_l("First name and last name, as in your passport or student card. It cannot be changed afterwards."),
        render_kw=_NAME,
    )


class ConsentForm(FlaskForm):
    """Whether the public page may show the name, and give out the files that bear it."""

    public = BooleanField(_l("Show my name on the public page"))
    files = BooleanField(_l("Also give out the PDF and the badge there"))

    def validate_files(self, field: BooleanField) -> None:
        """The PDF shows the name, so that it cannot be public without it."""
        if field.data and not self.public.data:
            raise ValidationError(_("The PDF shows your name. Please tick that the page may show it as well, or leave this one out."))


class CompareForm(FlaskForm):
    """A verifier types the name that they read. No token: it changes nothing, and verifiers have no session."""

    class Meta:
        csrf = False

    name = StringField(
        _l("Name on the certificate"), validators=[InputRequired(_l("Please enter the name that stands on the certificate."))],
        description=_l("Upper and lower case, accents and the order of the names do not matter. Academic titles do."),
        render_kw={"autocomplete": "off", "spellcheck": "false", "maxlength": "400"},
    )


def _code_in(typed: str | None) -> str:
    """The code in what was typed or pasted: the code itself, or the whole address that ends with it."""
    return (typed or "").strip().rstrip("/").rpartition("/")[2]


class FileForm(FlaskForm):
    """The file that a verifier was given. No token: it changes nothing, and verifiers have no session."""

    class Meta:
        csrf = False

    file = FileField(
        _l("PDF file"), validators=[FileRequired(_l("Please choose the PDF file of the certificate."))],
        description=_l("It is compared with the file that was issued, and not kept."), render_kw={"accept": "application/pdf,.pdf"},
    )


class CodeForm(FlaskForm):
    """A verifier has the paper, but no camera for its QR code. No token: it changes nothing."""

    class Meta:
        csrf = False

    code = StringField(
        _l("Code or address on the certificate"), filters=[_code_in],
        validators=[
            InputRequired(_l("Please enter the code that stands beside the QR code.")),
            Regexp(rf"{CODE.pattern}\Z", message=_l("This is not a complete code. It has 22 letters, digits, hyphens or underscores.")),
        ],
        description=_l("It stands beside the QR code, after “/z/”. Capital and small letters differ."),
        render_kw={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", "maxlength": "300"},
    )


class CorrectionForm(FlaskForm):
    """The right name, for a certificate that bears a wrong one."""

    name = StringField(
        _l("The right name"), validators=[InputRequired(_l("Please enter the name as it shall stand on the certificate."))],
        description=_l("A new certificate with this name replaces the old one. The old one then says that it was replaced."), render_kw=_NAME,
    )


class WithdrawalForm(FlaskForm):
    """Why a certificate is withdrawn."""

    reason = SelectField(
        _l("Reason"), choices=[SelectChoice("", _l("Please choose")), *(SelectChoice(reason.value, _l(text)) for reason, text in REASONS.items())],
        validators=[InputRequired(_l("Please choose a reason."))], description=_l("The public page shows it. A withdrawal cannot be undone."),
    )

    def chosen(self) -> Reason:
        """The reason, once the form is valid."""
        return Reason(self.reason.data)


class DeletionForm(FlaskForm):
    """The holder's wish to delete a certificate."""

    sure = BooleanField(
        _l("Delete my name and the file for good"), validators=[InputRequired(_l("Please tick the box if you want to delete the certificate."))],
    )


class RegistrarKeyForm(FlaskForm):
    """A new key for the registrar's office."""

    name = StringField(
        _l("Who uses the key"), filters=[visible], validators=[DataRequired(_l("Please say who uses the key.")), Length(max=100)],
        description=_l("For example: examination office, or the name of a program."), render_kw={"autocomplete": "off", "maxlength": "100"},
    )
    days = SelectField(
        _l("How long shall it be valid?"), choices=[SelectChoice("90", _l("90 days")), SelectChoice("365", _l("1 year")), SelectChoice("730", _l("2 years"))],
        default="365",
    )
    names = BooleanField(
        _l("May read holders' names"), description=_l("Without this, the key can only find out whether a name is right. Lists never tell names."),
    )


_SHARE = {"inputmode": "numeric", "min": "1", "max": "100"}


class ThresholdForm(FlaskForm):
    """What an organisation asks for its certificates. Empty: what the course says."""

    participation = IntegerField(
        _l("Certificate of participation: percent of the modules opened"), render_kw=_SHARE,
        validators=[Optional(), NumberRange(1, 100, _l("Please enter a whole number from 1 to 100, or nothing."))],
    )
    achievement = IntegerField(
        _l("Certificate: percent of the points"), render_kw=_SHARE,
        validators=[Optional(), NumberRange(1, 100, _l("Please enter a whole number from 1 to 100, or nothing."))],
    )
