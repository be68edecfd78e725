"""The form of the look of certificates. All of it travels in the form, pictures too: nothing is lost when something is wrong."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from certificates.letterhead import MOST_PICTURES, Style, legal_on
from certificates.looks import colours, pictures
from certificates.looks.css import NAME
from certificates.looks.designs import FIRST, gallery
from certificates.looks.faults import PAGE, STYLE, LookError
from certificates.looks.languages import Languages
from certificates.looks.template import Template
from core.i18n import language
from core.typed import visible

OWN = "own"
MOST_SIGNATORIES = 3
_LONG = Length(max=120, message=_l("This is too long."))
_FILE = {"accept": "image/svg+xml,image/png,image/jpeg,.svg,.png,.jpg,.jpeg"}
_CODE = {"spellcheck": "false", "autocapitalize": "none", "autocomplete": "off", "wrap": "off", "rows": "18"}
_PLAIN = {"autocomplete": "off"}


class PictureForm(Form):
    """A picture: a new file, or the one that is there, which travels along."""

    file = FileField(_l("File"), render_kw=_FILE)
    data = HiddenField()
    off = BooleanField(_l("Remove this picture"))

    def chosen(self) -> str | None:
        """The picture as data: address. Says at the field what is wrong with it."""
        if self.off.data:
            self.data.data = ""
        given = self.file.data
        try:
            if given and getattr(given, "filename", ""):
                self.data.data = pictures.to_data(given.stream.read(pictures.MOST_BYTES + 1))
                self.off.data = False
            elif self.data.data:
                self.data.data = pictures.checked(self.data.data)
        except LookError as error:
            self.file.errors = [*self.file.errors, say(error)]
            self.data.data = self.data.data if given else ""
        return self.data.data or None


class SignatoryForm(Form):
    """Somebody who answers for the certificates."""

    name = StringField(_l("Name"), filters=[visible], validators=[_LONG], render_kw=_PLAIN)
    role_de = StringField(_l("Role, in German"), filters=[visible], validators=[_LONG], render_kw=_PLAIN)
    role_en = StringField(_l("Role, in English"), filters=[visible], validators=[_LONG], render_kw=_PLAIN)
    signature = FormField(PictureForm)

    def chosen(self) -> Mapping[str, Any] | None:
        """The entry, or None where no name stands."""
        signature = self.signature.form.chosen()
        name, german, english = ((field.data or "").strip() for field in (self.name, self.role_de, self.role_en))
        if not name:
            if german or english or signature:
                self.name.errors = [*self.name.errors, _("Please enter the name, or empty the other fields too.")]
            return None
        if not german and not english:
            self.role_de.errors = [*self.role_de.errors, _("Please enter the role in at least one language.")]
        return {"name": name, "role": {"de": german or english, "en": english or german}, "signature": signature}


class NamedPictureForm(Form):
    """A picture that a template of one's own may use."""

    name = StringField(_l("Name of the picture"), filters=[visible], validators=[_LONG], render_kw={**_PLAIN, "autocapitalize": "none", "spellcheck": "false"})
    picture = FormField(PictureForm)


class LookForm(FlaskForm):
    """The whole look."""

    based_on = HiddenField()
    design = RadioField(_l("Design"), choices=[], default=FIRST)
    colour = StringField(_l("Main colour"), description=_l("For titles, lines and fields. White text must be readable on it."), render_kw={"type": "color"})
    accent = StringField(_l("Second colour"), description=_l("For ornaments only, never for text."), render_kw={"type": "color"})
    languages = SelectField(_l("Language"), choices=[
        SelectChoice(Languages.LEARNER.value, _l("the learner's language")), SelectChoice(Languages.GERMAN.value, _l("always German")),
        SelectChoice(Languages.ENGLISH.value, _l("always English")), SelectChoice(Languages.BOTH.value, _l("both at once, the learner's first")),
    ], description=_l("A course may ask for something else in its course.yml."))
    logo = FormField(PictureForm)
    signatories = FieldList(FormField(SignatoryForm), min_entries=MOST_SIGNATORIES, max_entries=MOST_SIGNATORIES)
    legal_de = TextAreaField(_l("Legal sentence, in German"), filters=[visible], validators=[Length(max=600, message=_l("This is too long."))], render_kw={"rows": "4"})
    legal_en = TextAreaField(_l("Legal sentence, in English"), filters=[visible], validators=[Length(max=600, message=_l("This is too long."))], render_kw={"rows": "4"})
    page = TextAreaField(_l("Page (HTML)"), render_kw=_CODE)
    sheet = TextAreaField(_l("Style sheet (CSS)"), render_kw=_CODE)
    named = FieldList(FormField(NamedPictureForm), min_entries=4, max_entries=MOST_PICTURES)
    sample_language = SelectField(_l("Show in"), choices=[SelectChoice("de", "Deutsch"), SelectChoice("en", "English")], default="de")
    sample_long = BooleanField(_l("Long name, much to say"))

    def offer(self) -> None:
        """Name the designs in the reader's language."""
        self.design.choices = [
            *(SelectChoice(design.name, design.title[language()]) for design in gallery().values()), SelectChoice(OWN, _("A template of your own")),
        ]

    def show(self, style: Style, based_on: int | None, today: date) -> None:
        """Fill the form with a look."""
        self.based_on.data = "" if based_on is None else str(based_on)
        self.design.data = style.design or OWN
        self.colour.data, self.accent.data, self.languages.data = style.colour, style.accent, style.languages
        self.logo.form.data.data = style.logo or ""
        for place, entry in enumerate(style.signatories[:MOST_SIGNATORIES]):
            form = self.signatories.entries[place].form
            form.name.data, form.role_de.data, form.role_en.data = entry["name"], entry["role"]["de"], entry["role"]["en"]
            form.signature.form.data.data = entry["signature"] or ""
        legal = legal_on(today, style.legal) or {}
        self.legal_de.data, self.legal_en.data = legal.get("de", ""), legal.get("en", "")
        self.page.data, self.sheet.data = (style.own.page, style.own.style) if style.own else ("", "")
        while len(self.named.entries) < min(len(style.pictures), MOST_PICTURES):
            self.named.append_entry()
        for entry_form, (name, address) in zip(self.named.entries, sorted(style.pictures.items()), strict=False):
            entry_form.form.name.data, entry_form.form.picture.form.data.data = name, address

    def start_from(self, name: str) -> None:
        """Put a design into the two fields, to begin with."""
        design = gallery()[name if name in gallery() else FIRST]
        self.design.data, self.page.data, self.sheet.data = OWN, design.template.page, design.template.style

    def chosen(self, before: Style, today: date) -> Style | None:
        """The look that was entered; None when something is wrong, which the fields then say.

        The legal sentences of other days stay what they were `before`.
        """
        valid = self.validate_on_submit()
        logo = self.logo.form.chosen()
        signatories = tuple(entry for form in self.signatories if (entry := form.form.chosen()))
        named = self._named()
        self._check_colours()
        if not valid or self.has_faults():
            return None
        own = Template(self.page.data or "", self.sheet.data or "") if self.design.data == OWN else None
        if own and not own.page.strip():
            self.page.errors = [_("Please enter a page, or start from a design.")]
            return None
        return Style(
            str(self.colour.data).lower(), str(self.accent.data).lower(), logo, signatories, self._legal(before, today), Languages(self.languages.data),
            named, None if own else str(self.design.data), own,
        )

    def has_faults(self) -> bool:
        """Whether any field says that something is wrong."""
        return any(is_faulty(field) for field in self)

    def blame(self, error: LookError) -> None:
        """Say what is wrong where it is."""
        field = {PAGE: self.page, STYLE: self.sheet}.get(error.part)
        if field is None or self.design.data != OWN:
            self.design.errors = [*self.design.errors, say(error)]
        else:
            field.errors = [*field.errors, say(error)]

    def _named(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for entry in self.named:
            name, address = (entry.form.name.data or "").strip(), entry.form.picture.form.chosen()
            if address and (not NAME.fullmatch(name) or name in found):
                entry.form.name.errors = [_("Please give each picture a name of its own, of small letters, digits and hyphens.")]
            elif address:
                found[name] = address
        return found

    def _check_colours(self) -> None:
        for field in (self.colour, self.accent):
            if not colours.HEX.fullmatch(field.data or ""):
                field.errors = [_("Please choose a colour, for example #0b3c6f.")]
        if not self.colour.errors and not colours.is_readable(self.colour.data):
            ratio = colours.contrast(self.colour.data)
            self.colour.errors = [_("This colour is too light: its contrast with white is %(ratio)s to 1, and it must be 4.5 to 1 so that everybody can read it.", ratio=f"{ratio:.1f}")]

    def _legal(self, before: Style, today: date) -> tuple[Mapping[str, Any], ...]:
        german, english = ((field.data or "").strip() for field in (self.legal_de, self.legal_en))
        entered = {key: text for key, text in (("de", german or english), ("en", english or german)) if text}
        if entered == dict(legal_on(today, before.legal) or {}):
            return before.legal
        kept = tuple(entry for entry in before.legal if entry["from"] != today.isoformat())
        return (*kept, {"from": today.isoformat(), **entered})


def say(error: LookError) -> str:
    """What is wrong, in the reader's language, with the line if it is known."""
    text = str(_(error.message) % error.values)
    return str(_("Line %(line)s: %(text)s", line=error.line, text=text)) if error.line else text


def is_faulty(field: Any) -> bool:
    """Whether a field, or one within it, says that something is wrong."""
    if isinstance(field, FieldList):
        return any(is_faulty(entry) for entry in field.entries)
    if isinstance(field, FormField):
        return any(is_faulty(entry) for entry in field.form)
    return bool(field.errors)
