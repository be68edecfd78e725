"""Lists in fenced parts as rows of a form: which there are, what each entry holds, and what a browser sends of them written back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from assessments.kinds.prompt import KIND as PROMPT
from assessments.kinds.write import KIND as WRITE
from core.i18n import N_
from exercises import fields as rules
from exercises.sandbox.compare import OUTPUTS, VALUES
from studio.blockform import BlockForm, Fenced
from studio.values import (
    Always,
    Choice,
    Field,
    Free,
    Frees,
    Number,
    Pairs,
    Shown,
    Span,
    Text,
    Texts,
    Whole,
    Yes,
    scalar,
)
from studio.yamllist import Change, Entry, NoListError, Value, added, changed, cut, moved

MOST_ROWS = 100
JUDGE = "judge"
_PATTERN = N_("Pattern (a regular expression)")
_WORDS = N_("Words or texts, one a line")


@dataclass(frozen=True)
class Column:
    """A key of entries: its name in the form, what it may hold, whether it must be there, whether it is shown at once or under “More”.

    `title` is what an entry that has it is called in the choice of checks.
    """

    key: str
    label: str
    field: Field
    must: bool = False
    more: bool = False
    title: str = ""


@dataclass(frozen=True)
class Listing:
    """A list: what one entry and one more are called, the keys of entries, and those of which an entry has one or several (`kinds`)."""

    one: str
    add: str
    columns: tuple[Column, ...]
    kinds: Mapping[str, Column] = field(default_factory=dict)

    @property
    def order(self) -> tuple[str, ...]:
        """The keys in their usual order."""
        early = [column.key for column in self.columns if not (self.kinds and column.key != "ask")]
        return (*early, *self.kinds, *(column.key for column in self.columns if column.key not in early))

    @property
    def known(self) -> Mapping[str, Column]:
        """All columns by their keys."""
        return {column.key: column for column in self.columns} | dict(self.kinds)


@dataclass(frozen=True)
class Input:
    """One value in a form."""

    column: Column
    values: Shown
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Row:
    """One entry in a form. `kept` are keys that the form cannot show; they stay in the text."""

    kinds: tuple[Input, ...]
    inputs: tuple[Input, ...]
    more: tuple[Input, ...]
    kept: tuple[str, ...]

    @property
    def opened(self) -> bool:
        """Whether something is said under “More”."""
        return any(any(shown.values) for shown in self.more)


# --- What lists there are ---------------------------------------------------------------------------------------------

def _check(key: str, title: str, label: str, what: Field) -> tuple[str, Column]:
    return key, Column(key, label, what, must=True, title=title)


_CHECKS: dict[str, Column] = dict((
    _check("must_contain", N_("Contains these words"), _WORDS, Texts()),
    _check("must_not_contain", N_("Does not contain these words"), _WORDS, Texts()),
    _check("must_match", N_("Fits a pattern"), _PATTERN, Texts()),
    _check("must_not_match", N_("Does not fit a pattern"), _PATTERN, Texts()),
    _check("max_words", N_("Has at most so many words"), N_("Number of words"), Whole()),
    _check("min_words", N_("Has at least so many words"), N_("Number of words"), Whole(first="10")),
    _check("bullets", N_("Is a list with so many points"), N_("Number of points"), Span()),
    _check("json", N_("Is JSON"), N_("Keys that it must have, one a line; empty: any JSON"), Texts(perhaps=True, first="true")),
    _check("schema", N_("Is JSON with keys of these types"), N_("Keys and types"), Pairs(types=True, first="{name: text}")),
    _check("json_schema", N_("Is JSON that fits a JSON schema"), N_("JSON schema"), Free(first="{type: object}")),
    _check("quote_from", N_("Quotes a text word for word"), N_("Name of the text that goes with the prompt"), Choice(names="context")),
    _check("distinct", N_("So many answers differ when it is asked several times"), N_("Number of different answers"), Span(first="1")),
    _check("missed", N_("Does not give what learners wrote in a field"), N_("Name of the field"), Choice(names="fields")),
    _check("given", N_("Gives what learners wrote in a field"), N_("Name of the field"), Choice(names="fields")),
    _check("link", N_("A field holds a web address"), N_("Name of the field"), Choice(names="fields")),
    _check("reveals", N_("Gives the secret away"), "", Always()),
    _check("keeps", N_("Keeps the secret"), "", Always()),
    _check("prompt_must_contain", N_("The learner’s prompt contains these words"), _WORDS, Texts()),
    _check("prompt_must_match", N_("The learner’s prompt fits a pattern"), _PATTERN, Texts()),
    _check("prompt_must_not_match", N_("The learner’s prompt does not fit a pattern"), _PATTERN, Texts()),
))
_JUDGE = dict((_check(JUDGE, N_("A question for an opinion, without points"), N_("Question"), Text()),))
_IN_A_TEXT = ("must_contain", "must_not_contain", "must_match", "must_not_match", "max_words", "min_words", "bullets", "json", "schema", "json_schema")
_LABEL = Column("label", N_("What learners read, in your words"), Text(), more=True)
_ONE_CHECK, _ADD_CHECK = N_("Check %(number)s"), N_("Add a check")
_POINTS = Listing(N_("Entry %(number)s"), N_("Add an entry"), (
    Column("text", N_("What learners read"), Text(), must=True), Column("pattern", N_("Pattern by which it is recognised (a regular expression)"), Text(), must=True),
))
_KINDS_OF_FIELDS = dict(zip(rules.KINDS, (N_("long text"), N_("short text"), N_("web address")), strict=True))
_USES = dict(zip(rules.USES, (N_("is sent to the model"), N_("is what checks compare with"), N_("is only kept")), strict=True))
_HOW = {"equals": N_("the same"), "approx": N_("about the same"), "unordered": N_("the same in any order"), "contains": N_("contains it"),
        "matches": N_("fits a pattern"), "schema": N_("fits a JSON schema")}

_LISTS: Mapping[tuple[str, str], Listing] = {
    (PROMPT.name, "checks"): Listing(_ONE_CHECK, _ADD_CHECK, (
        Column("ask", N_("Question that is sent with the prompt"), Text(lines=True), more=True), _LABEL,
        Column("runs", N_("How often it is asked"), Whole(first="3"), more=True),
    ), _CHECKS | _JUDGE),
    (WRITE.name, "checks"): Listing(_ONE_CHECK, _ADD_CHECK, (_LABEL,), {name: _CHECKS[name] for name in _IN_A_TEXT}),
    (PROMPT.name, "fields"): Listing(N_("Field %(number)s"), N_("Add a field"), (
        Column("name", N_("Short name (a to z, digits, _)"), Text(first="field"), must=True), Column("title", N_("Title"), Text(), must=True),
        Column("kind", N_("What is written there"), Choice(tuple(_KINDS_OF_FIELDS.items()), first="text")),
        Column("use", N_("What becomes of it"), Choice(tuple(_USES.items()), first="model")), Column("hint", N_("Hint"), Text(), more=True),
    )),
    (PROMPT.name, "tally"): Listing(N_("Group %(number)s"), N_("Add a group"), (
        Column("name", N_("Name"), Text(), must=True), Column("pattern", N_("Pattern by which it is recognised (a regular expression)"), Text(), must=True),
    )),
    (PROMPT.name, "then missed"): _POINTS,
    (PROMPT.name, "then facts"): _POINTS,
    ("grounded", "questions"): Listing(N_("Question %(number)s"), N_("Add a question"), (
        Column("ask", N_("Question"), Text(), must=True), Column("source", N_("Number of the source that holds the answer (0: none)"), Whole(first="1"), must=True),
        Column("hidden", N_("Learners do not see this question"), Yes()),
    )),
    ("python", "tests"): Listing(N_("Test %(number)s"), N_("Add a test"), (
        Column("name", N_("Name, which learners read"), Text()),
        Column("call", N_("Function that is called"), Text()), Column("args", N_("What it is given, one value a line; texts in quotation marks"), Frees()),
        Column("returns", N_("What it must return; a text in quotation marks"), Free()),
        Column("compare", N_("How the value is compared"), Choice(tuple((how, _HOW[how]) for how in VALUES))),
        Column("same_as_solution", N_("It does what your solution does"), Yes()),
        Column("output", N_("What it must print"), Text(lines=True)), Column("compare_output", N_("How the output is compared"), Choice(tuple((how, _HOW[how]) for how in OUTPUTS))),
        Column("hidden", N_("Learners do not see this test"), Yes()), Column("hint", N_("Hint when it was not passed"), Text(), more=True),
        Column("stdin", N_("What is typed in"), Text(lines=True), more=True), Column("tolerance", N_("How far a number may be off"), Number(), more=True),
        Column("kwargs", N_("What it is given by name"), Pairs(), more=True), Column("max_output", N_("The most characters that it prints"), Whole(), more=True),
        Column("calls", N_("How often the model is asked"), Span(), more=True), Column("prompt_contains", N_("What a message to the model contains"), Text(), more=True),
        Column("system_message", N_("A system prompt is used"), Yes(), more=True), Column("replies", N_("What the model answers in this test, one answer a line"), Frees(texts=True), more=True),
        Column("draw", N_("What is drawn anew: name, and for example 1..100"), Pairs(), more=True), Column("checker", N_("Your own program decides"), Yes(), more=True),
    )),
}
_FIRST = {"checks": ("must_contain",), "tests": ("name", "call", "args", "returns"), "fields": ("name", "title", "kind", "use")}


def listing_of(kind: str, fence: Fenced) -> Listing | None:
    """What a fenced part lists; None where it is no list."""
    name = f"then {fence.argument}" if fence.name == "then" else fence.name
    return _LISTS.get((kind, name))


# --- Showing ----------------------------------------------------------------------------------------------------------

def rows(form: BlockForm, fence: Fenced) -> tuple[Row, ...]:
    """The rows of a fenced part. Raises NoListError, whose message says why it stays text."""
    listing = listing_of(form.kind, fence)
    if listing is None:
        raise NoListError("")
    entries = cut(fence.text)
    if len(entries) > MOST_ROWS:
        raise NoListError(N_("It is too long, or holds signs that cannot be seen."))
    return tuple(_row(listing, entry, form) for entry in entries)


def why_text(form: BlockForm, fence: Fenced) -> str:
    """Why a list is edited as text, as a message id; empty where it is not."""
    try:
        rows(form, fence)
    except NoListError as error:
        return str(error)
    return ""


def _row(listing: Listing, entry: Entry, form: BlockForm) -> Row:
    shown = {key: _shown(listing.known[key], value, form) for key, value in entry.values.items() if key in listing.known}
    kept = tuple(key for key in entry.values if shown.get(key) is None)
    there = [shown.get(column.key) or Input(column, (), _options(column, form)) for column in listing.columns if column.key not in kept]
    return Row(
        tuple(found for key, found in shown.items() if found and key in listing.kinds),
        tuple(each for each in there if not each.column.more), tuple(each for each in there if each.column.more), kept,
    )


def _shown(column: Column, value: Value, form: BlockForm) -> Input | None:
    values = column.field.read(value) if value.node is not None else None
    return None if values is None else Input(column, values, _options(column, form))


def _options(column: Column, form: BlockForm) -> tuple[tuple[str, str], ...]:
    if not isinstance(column.field, Choice):
        return ()
    return tuple((name, name) for name in names_of(form, column.field.names)) if column.field.names else column.field.options


def names_of(form: BlockForm, part: str) -> list[str]:
    """What the contexts or the fields of a block are called."""
    found = [fence for fence in form.fences if fence.name == part]
    if part == "context":
        return [fence.argument for fence in found]
    names = []
    for fence in found:
        try:
            names += [entry.values["name"].node.value for entry in cut(fence.text) if "name" in entry.values and entry.values["name"].node]
        except (NoListError, AttributeError):
            continue
    return [name for name in names if isinstance(name, str)]


# --- Writing ----------------------------------------------------------------------------------------------------------

def written(form: BlockForm, fence: Fenced, number: int, fields: Mapping[str, Sequence[str]]) -> str:
    """A fenced part's text after what a browser sent of its rows. Raises ValueError."""
    listing = listing_of(form.kind, fence)
    if listing is None:
        raise ValueError(fence.name)
    changes = {at: _change(form, listing, entry, f"{number}-{at}", fields) for at, entry in enumerate(cut(fence.text)) if f"row-{number}-{at}" in fields}
    return changed(fence.text, {at: change for at, change in changes.items() if change.sources or change.names}, listing.order)


def _change(form: BlockForm, listing: Listing, entry: Entry, place: str, fields: Mapping[str, Sequence[str]]) -> Change:
    sources: dict[str, str | None] = {}
    names: dict[str, str] = {}
    for key, column in listing.known.items():
        value, sent = entry.values.get(key), fields.get(f"row-{place}-{key}")
        if key in listing.kinds and value is None:
            continue
        old = None if value is None else column.field.read(value) if value.node is not None else None
        if value is not None and old is None:
            continue                   # What the form could not show stays.
        given = _plain(sent) if sent is not None else () if isinstance(column.field, Yes) else None
        if given is not None and not _same(given, old or ()):
            source = column.field.write(given, value)
            if source is not None or value is not None:
                sources[key] = '""' if source is None and column.must else source
        if (chosen := (fields.get(f"kind-{place}-{key}") or [key])[0]) != key and key in listing.kinds:
            names[key] = _other(listing, entry, chosen)
            if not _alike(listing.kinds[chosen].field, column.field):
                sources[key] = _first(listing.kinds[chosen], form)
    if chosen := (fields.get(f"kind-{place}-") or [""])[0]:
        sources[_other(listing, entry, chosen)] = _first(listing.kinds[chosen], form)
    return Change(sources, names)


def _alike(one: Field, other: Field) -> bool:
    """Whether what is written for the one will do for the other."""
    return replace(one, first="") == replace(other, first="")


def _first(column: Column, form: BlockForm) -> str:
    """What a key holds at first: of names, the first that there is."""
    options = _options(column, form) if isinstance(column.field, Choice) and column.field.names else ()
    return scalar(options[0][0], None) if options else column.field.first


def _other(listing: Listing, entry: Entry, chosen: str) -> str:
    """A check that an entry may have besides those that it has. Raises ValueError."""
    if chosen not in listing.kinds or chosen in entry.values:
        raise ValueError(chosen)
    return chosen


def _plain(sent: Sequence[str]) -> Shown:
    return tuple(text.replace("\r\n", "\n") for text in sent)


def _same(given: Shown, old: Shown) -> bool:
    """Whether a browser sent what it got; what holds nothing is nothing, and fields lose blanks at their end."""
    return [text.strip() for text in given] == [text.strip() for text in old] or not (any(given) or any(old))


# --- Buttons ----------------------------------------------------------------------------------------------------------

def acted(form: BlockForm, act: str) -> BlockForm:
    """The form after a button of its rows: `row FENCE` adds one, `row-up`, `row-down`, `row-remove FENCE ROW`, `row-drop FENCE ROW KEY` takes a check away."""
    name, at, *rest = [*act.split(" "), "", ""]
    number = int(at) if at.isdigit() else -1
    if not 0 <= number < len(form.fences):
        return form
    fence = form.fences[number]
    listing = listing_of(form.kind, fence)
    if listing is None:
        return form
    row = int(rest[0]) if rest[0].isdigit() else -1
    if name == "row":
        text = added(fence.text, first_entry(listing, fence)) if len(cut(fence.text)) < MOST_ROWS else fence.text
    elif name == "row-drop" and rest[1] in listing.kinds:
        text = changed(fence.text, {row: Change({rest[1]: None}, {})}, listing.order)
    else:
        text = moved(fence.text, row, name.removeprefix("row-")) if name in ("row-up", "row-down", "row-remove") else fence.text
    return replace(form, fences=(*form.fences[:number], replace(fence, text=text), *form.fences[number + 1 :]))


def first_entry(listing: Listing, fence: Fenced) -> dict[str, str]:
    """A new entry, ready to be filled in."""
    keys = _FIRST.get(fence.name) or tuple(column.key for column in listing.columns if column.must)
    return {key: listing.known[key].field.first for key in keys}
