"""Forms of the room."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Regexp

from certificates.codes import REASONS
from certificates.models import Reason
from certificates.service import CODE

_NAME = {"autocomplete": "name", "spellcheck": "false", "maxlength": "400"}


class NameForm(FlaskForm):
    """The holder's name, for a certificate that waits for it. certificates.names checks it."""

    name = StringField(
        _l("Your name on the certificate"), validators=[InputRequired(_l("Please enter your name as it shall stand on the certificate."))],
        description=_l("First name and last name, as in your passport or student card. It cannot be changed afterwards."),
        render_kw=_NAME,
    )


class ConsentForm(FlaskForm):
    """Whether the public page may show the name."""

    public = BooleanField(_l("Show my name on the public page"))


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
