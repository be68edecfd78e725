"""What a lecturer says about each chosen entry: title, description, points, how many questions are drawn."""

from collections.abc import Iterable, Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired
from wtforms.widgets import NumberInput

from lti.deep_linking import LEAST_POINTS, LONGEST_TEXT, LONGEST_TITLE, MOST_POINTS, Chosen, one_line, some_lines
from lti.offers import Offer
from lti.service.choosing import Entry


def _stripped(typed: str | None) -> str:
    return (typed or "").strip()


def _whole(typed: str, most: int) -> int | None:
    """A whole number from 1 to `most`, written in plain digits."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 and 1 <= int(typed) <= most else None


class EntryForm(FlaskForm):
    """One entry. The page's form has the token; `offer` is what was chosen, None when it is there no longer."""

    class Meta:
        csrf = False

    title = StringField(
        _l("Title"), filters=[lambda typed: one_line(typed or "")], validators=[DataRequired(_l("Please enter a title."))],
        render_kw={"maxlength": str(LONGEST_TITLE), "autocomplete": "off"},
    )
    text = TextAreaField(
        _l("Description"), filters=[lambda typed: some_lines(typed or "")],
        render_kw={"rows": "2", "maxlength": str(LONGEST_TEXT)},
    )
    graded = BooleanField(_l("Points go to the gradebook"))
    points = StringField(
        _l("Highest number of points"), filters=[_stripped], widget=NumberInput(step=1, min=LEAST_POINTS, max=MOST_POINTS),
        description=_l("A whole number from 1 to 100. What learners reach is converted to it."), render_kw={"inputmode": "numeric"},
    )
    draw = StringField(_l("Questions for each learner"), filters=[_stripped], widget=NumberInput(step=1, min=1), render_kw={"inputmode": "numeric"})

    def __init__(self, entry: Entry, offer: Offer | None, number: int) -> None:
        super().__init__(prefix=f"entry{number}-", data={name: getattr(entry, name) for name in ("title", "text", "graded", "points", "draw")})
        self.entry, self.offer = entry, offer
        self.gradable = offer is not None and offer.points > 0
        self.drawable = offer is not None and offer.target.opens == "quiz" and offer.count > 1
        if not self.gradable:
            del self.graded, self.points
        if self.drawable and offer is not None:
            self.draw.description = _("Each learner gets this many of the %(count)s questions, drawn at random. Empty: all of them.", count=offer.count)
        else:
            del self.draw

    def validate_points(self, field: Field) -> None:
        """Asked for only where there is a grade."""
        if self.graded.data and _whole(field.data, MOST_POINTS) is None:
            raise ValidationError(_("Please enter a whole number from 1 to %(most)s.", most=MOST_POINTS))

    def validate_draw(self, field: Field) -> None:
        """Empty, or no more than there are."""
        assert self.offer is not None
        if field.data and _whole(field.data, self.offer.count) is None:
            raise ValidationError(_("Please enter a whole number from 1 to %(most)s, or leave the field empty.", most=self.offer.count))

    @property
    def typed(self) -> Entry:
        """What the form says now, right or wrong, for the basket."""
        graded, points, draw = (getattr(self, name).data if name in self else None for name in ("graded", "points", "draw"))
        return Entry(
            self.entry.key, self.title.data, self.text.data, self.entry.graded if graded is None else graded,
            self.entry.points if points is None else points[:10], (draw or "")[:10],
        )

    @property
    def chosen(self) -> Chosen:
        """The entry of a form that has been validated."""
        assert self.offer is not None
        graded = self.gradable and self.graded.data
        draw = self.draw.data if self.drawable else ""
        target = self.offer.target._replace(draw=str(int(draw)) if draw else None)
        return Chosen(target, self.title.data, self.text.data, int(self.points.data) if graded else None)


def forms_for(basket: Iterable[Entry], known: Mapping[str, Offer]) -> list[EntryForm]:
    """A form for each entry of the basket."""
    return [EntryForm(entry, known.get(entry.key), number) for number, entry in enumerate(basket, 1)]
