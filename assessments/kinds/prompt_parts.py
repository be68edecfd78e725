"""Reading the smaller fences of a `prompt` block: a learner's fields, groups to count in, and what follows the answer."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from assessments.kinds.attributes import one_of
from assessments.kinds.base import Source
from assessments.kinds.source import Fence
from core.i18n import N_
from exercises import fields as fields_rules
from exercises import followup, patterns
from exercises.fields import Field
from exercises.followup import FollowUp, Point
from exercises.prompt import Tally
from exercises.reading import ChecksError, read_entries

T = TypeVar("T")
MOST_FIELDS = 6
MOST_POINTS = 20
MOST_LINE = 200


def fences(source: Source, name: str) -> list[Fence]:
    """All fences of a name."""
    return [fence for fence in source.body.fences if fence.name == name]


def single(source: Source, name: str) -> Fence | None:
    """The one fence of a name; several are an error."""
    found = fences(source, name)
    if len(found) > 1:
        source.error("fence-double", N_("There are several “%(name)s” fences."), N_("Put them into one."), found[1].line, name=name)
    return found[0] if found else None


def only(source: Source, name: str) -> str:
    """The text of the one fence of a name."""
    fence = single(source, name)
    return fence.text.strip() if fence else ""


def yes(source: Source, name: str) -> bool:
    """An attribute that is yes or no."""
    return one_of(source, name, ("yes", "no"), "no") == "yes"


def lines(source: Source, name: str, most: int) -> tuple[str, ...]:
    """A fence with a text on each line."""
    fence = single(source, name)
    if fence is None:
        return ()
    found = tuple(line.strip(" \t-") for line in fence.text.split("\n") if line.strip(" \t-"))
    if not 2 <= len(set(found)) == len(found) <= most or any(len(line) > MOST_LINE for line in found):
        source.error("fence-lines", N_("The fence “%(name)s” needs 2 to %(most)s different lines."), N_("Write one entry on each line."),
                     fence.line, name=name, most=most)
    return found[:most]


def read_fields(source: Source, *, quiet: bool = False) -> tuple[Field, ...]:
    """The fence `fields`. `quiet` notes no errors: for a second look."""
    found = _entries(source, "fields", _field, MOST_FIELDS, quiet=quiet)
    if found and not quiet:
        if len({field.name for field in found}) < len(found):
            source.error("fields", N_("Two fields have the same name."), N_("Give each its own."), _line(source, "fields"))
        if not any(field.use == "model" for field in found):
            source.error("fields", N_("No field goes to the model."), N_("Write “use: model” in one of them."), _line(source, "fields"))
    return found


def read_tallies(source: Source) -> tuple[Tally, ...]:
    """The fence `tally`."""
    return _entries(source, "tally", lambda entry: Tally(_text(entry, "name"), _pattern(entry)), MOST_POINTS)


def read_then(source: Source) -> FollowUp | None:
    """The fence `then KIND`: its points in YAML, or for `mark` a text."""
    fence = single(source, "then")
    if fence is None:
        return None
    if fence.argument not in followup.KINDS:
        source.error("then-kind", N_("There is no follow-up called “%(name)s”."), N_("Known are: %(known)s."), fence.line,
                     name=fence.argument[:60], known=", ".join(followup.KINDS))
        return None
    if fence.argument == "mark":
        return FollowUp("mark", fence.text.strip()[:2000])
    points = _entries(source, "then", lambda entry: Point(_text(entry, "text"), _pattern(entry)), MOST_POINTS)
    return FollowUp(fence.argument, points=points) if points else None


class _EntryError(ValueError):
    def __init__(self, message: str, **values: str) -> None:
        super().__init__(message)
        self.message, self.values = message, values


def _entries(source: Source, name: str, make: Callable[[Mapping[str, Any]], T], most: int, *, quiet: bool = False) -> tuple[T, ...]:
    fence = next(iter(fences(source, name)), None)
    if fence is None:
        return ()
    if not quiet:
        single(source, name)
    made: list[T] = []
    mend = N_("Compare with the example in docs/trainers/prompt-exercises.md.")
    try:
        for line, entry in read_entries(fence.text):
            try:
                made.append(make(entry))
            except _EntryError as error:
                if not quiet:
                    source.error(name, error.message, mend, fence.line + line, **error.values)
    except ChecksError as error:
        for fault in () if quiet else error.faults:
            source.error(fault.rule, fault.message, mend, fence.line + fault.line, **fault.values)
        return ()
    if not quiet and not 1 <= len(made) <= most:
        source.error(name, N_("The fence “%(name)s” has 1 to %(most)s entries."), mend, fence.line, name=name, most=most)
    return tuple(made[:most])


def _line(source: Source, name: str) -> int | None:
    return next((fence.line for fence in fences(source, name)), None)


def _field(entry: Mapping[str, Any]) -> Field:
    _known(entry, ("name", "title", "kind", "use", "hint"))
    kind, use, name = entry.get("kind", "text"), entry.get("use", "model"), _text(entry, "name")
    if kind not in fields_rules.KINDS or use not in fields_rules.USES:
        raise _EntryError(N_("A field's kind is one of %(kinds)s, its use one of %(uses)s."),
                          kinds=", ".join(fields_rules.KINDS), uses=", ".join(fields_rules.USES))
    if not name.isidentifier() or not name.isascii():
        raise _EntryError(N_("A field's name has only the letters a to z, digits and _."))
    return Field(name, _text(entry, "title"), kind, use, _text(entry, "hint") if "hint" in entry else "")


def _known(entry: Mapping[str, Any], names: tuple[str, ...]) -> None:
    unknown = next((name for name in entry if name not in names), None)
    if unknown is not None:
        raise _EntryError(N_("“%(name)s” is not known here."), name=str(unknown)[:60])


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > 1000:
        raise _EntryError(N_("“%(name)s” is missing or no text of at most 1000 characters."), name=name)
    return value.strip()


def _pattern(entry: Mapping[str, Any]) -> str:
    pattern = _text(entry, "pattern")
    try:
        patterns.compiled(pattern)
    except patterns.PatternError as error:
        raise _EntryError(error.message, reason=error.reason) from error
    return pattern
