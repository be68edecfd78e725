"""Forms of the pages about models, for administrators and lecturers."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.typed import visible
from gateway.service.gateways import GatewayData, fault_of_address

MOST_TOKENS = 1_000_000_000
_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
_NEEDED = InputRequired(_l("Please fill this in."))
_TOKENS = [Optional(), NumberRange(0, MOST_TOKENS, message=_l("Please enter a whole number, 0 or more."))]
_EMPTY = _l("Empty: what your organisation has set.")
_NUMBER = {"inputmode": "numeric", "autocomplete": "off"}


class GatewayForm(FlaskForm):
    """A server of models. The key is only ever written: it never comes back into the page."""

    name = StringField(_l("Name of the server"), filters=[visible], validators=[_NEEDED, Length(max=100, message=_l("This is too long."))], description=_l("For your own lists, for example “AI server of the computing centre”."), render_kw=_PLAIN)
    url = StringField(_l("Address"), filters=[visible], validators=[_NEEDED, Length(max=500, message=_l("This is too long."))], description=_l("What stands before /chat/completions, for example https://models.example.edu/v1"), render_kw={**_PLAIN, "inputmode": "url"})
    key = PasswordField(_l("Key"), filters=[visible], validators=[Length(max=2000, message=_l("This is too long."))], render_kw={**_PLAIN, "autocomplete": "new-password"})
    external = BooleanField(_l("External: prompts leave the university"), default=True)
    enabled = BooleanField(_l("In use"), default=True)

    def check(self) -> bool:
        """Whether it can be kept; else the fields say what is wrong."""
        if not self.validate_on_submit():
            return False
        wrong = fault_of_address(self.url.data or "")
        if wrong:
            self.url.errors = [_(wrong)]
        return not wrong

    def say_of_key(self, is_set: bool, ending: str) -> None:
        """Tell whether a key is set, and what an empty field means."""
        if not is_set:
            self.key.description = _("It is kept encrypted and is never shown again.")
            return
        known = _("A key is set. It ends in …%(ending)s.", ending=ending) if ending else _("A key is set.")
        self.key.description = f"{known} {_('Leave the field empty to keep it. With another address it has to be entered again.')}"

    @property
    def given(self) -> GatewayData:
        """What was entered."""
        return GatewayData(
            (self.name.data or "").strip(), self.url.data or "", (self.key.data or "").strip(), bool(self.external.data), bool(self.enabled.data),
        )


class PolicyForm(FlaskForm):
    """What the organisation allows."""

    external = BooleanField(_l("External models may be used"))
    embedded = BooleanField(_l("Models on Lotse's own machine may be used"))
    pseudonyms = BooleanField(_l("Send a pseudonym for each person and course along"), description=_l("Servers learn nothing of who asks, unless you send pseudonyms. They let a server limit single people without knowing them; nobody can join them across courses."))
    person_tokens = IntegerField(_l("Tokens a day for each person"), validators=_TOKENS, render_kw=_NUMBER)
    run_tokens = IntegerField(_l("Tokens a day for each course"), validators=_TOKENS, render_kw=_NUMBER)
    organisation_tokens = IntegerField(_l("Tokens a day for all together"), validators=_TOKENS, render_kw=_NUMBER)


class RunForm(FlaskForm):
    """What a lecturer sets for one run."""

    silent = BooleanField(_l("AI is silent in this course"), description=_l("No model is asked, for example during an examination. Exercises show recorded answers."))
    external = BooleanField(_l("External models may be used in this course"))
    own_tools = BooleanField(_l("Learners may use the models from tools of their own"), description=_l("They make a short-lived key on the page “Own tools” of this course, and use it with a notebook or program of their own. Budget, models and rules are those of the course."))
    person_tokens = IntegerField(_l("Tokens a day for each person"), validators=_TOKENS, description=_EMPTY, render_kw=_NUMBER)
    run_tokens = IntegerField(_l("Tokens a day for the whole course"), validators=_TOKENS, description=_EMPTY, render_kw=_NUMBER)

    def say_what_the_organisation_allows(self, external: bool) -> None:
        """Tell those who tick external models that it does not help."""
        if not external:
            self.external.description = _("Your organisation does not allow external models at present.")
