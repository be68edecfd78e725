"""JSON schemas of authors: read from YAML whose scalars are all text, bounded, without references or patterns."""

from collections.abc import Callable, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError as LibraryError

_WHOLE = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"})
_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_YES_NO = frozenset({"uniqueItems", "additionalProperties"})
_WORDS = frozenset({"type", "title", "description"})
_LISTS = frozenset({"required", "enum"})
_SCHEMAS = frozenset({"items"})
_CHOICES = frozenset({"anyOf", "oneOf", "allOf"})
KEYWORDS = _WHOLE | _NUMBERS | _YES_NO | _WORDS | _LISTS | _SCHEMAS | _CHOICES | {"properties"}
MOST_DATA = 2000                       # values in an answer: more is no answer to an exercise


class SchemaError(ValueError):
    """The schema cannot be used; the text says why."""


def read(written: Any) -> dict[str, Any]:
    """A schema with its numbers and truths as such. Raises SchemaError.

    Patterns are left out because they backtrack (docs/decisions/0020), references because nothing is loaded.
    """
    if not isinstance(written, Mapping) or not written:
        raise SchemaError("type")
    schema = {str(key): _value(str(key), value) for key, value in written.items()}
    try:
        Draft202012Validator.check_schema(schema)
    except LibraryError as error:
        raise SchemaError(error.message) from error
    return schema


def _value(key: str, value: Any) -> Any:
    if key not in KEYWORDS:
        raise SchemaError(key)
    try:
        return _READERS.get(key, _as_written)(value)
    except SchemaError:
        raise
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise SchemaError(key) from error


def _as_written(value: Any) -> Any:
    return value


_READERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_WHOLE, int),
    **dict.fromkeys(_NUMBERS, float),
    **dict.fromkeys(_YES_NO, lambda value: {"true": True, "false": False}[value]),
    **dict.fromkeys(_SCHEMAS, read),
    **dict.fromkeys(_CHOICES, lambda value: [read(choice) for choice in value]),
    "properties": lambda value: {str(name): read(part) for name, part in value.items()},
}


def fault(schema: Mapping[str, Any], data: Any) -> str | None:
    """Where the data does not fit (`/authors/0`), or None."""
    if _size(data) > MOST_DATA:
        return "/"
    error = next(Draft202012Validator(schema).iter_errors(data), None)
    return None if error is None else "/" + "/".join(str(part) for part in error.absolute_path)


def _size(data: Any) -> int:
    if isinstance(data, dict):
        return 1 + sum(_size(value) for value in data.values())
    return 1 + sum(_size(value) for value in data) if isinstance(data, list) else 1
