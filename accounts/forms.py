"""Forms of the room."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from core.typed import visible


class SignInForm(FlaskForm):
    """Local sign-in. The organisation is asked for only where there is more than one."""

    organisation = SelectField(_l("University"), coerce=int)
    username = StringField(
        _l("Sign-in name"), filters=[visible], validators=[InputRequired(_l("Please enter your sign-in name.")), Length(max=200)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        _l("Password"), validators=[InputRequired(_l("Please enter your password.")), Length(max=1024)],
        render_kw={"autocomplete": "current-password"},
    )


class JoinForm(FlaskForm):
    """A code that was made under another account."""

    code = StringField(
        _l("Code"), validators=[InputRequired(_l("Please enter the code.")), Length(max=40)],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class NoticesForm(FlaskForm):
    """Whether one wants notices by e-mail."""

    wanted = BooleanField(_l("Send me notices about my certificates by e-mail"))
