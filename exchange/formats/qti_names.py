"""One vocabulary for QTI 2.1, 2.2 and 3.0: the latter writes `qti-choice-interaction` for `choiceInteraction`."""

import re
from collections.abc import Iterator

from exchange.xmltext import Element, local

_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")


def camel(name: str) -> str:
    """`qti-simple-choice` as `simpleChoice`; other names stay."""
    if not name.startswith("qti-"):
        return name
    first, *rest = name.removeprefix("qti-").split("-")
    return first + "".join(part.capitalize() for part in rest)


def kebab(name: str) -> str:
    """`responseIdentifier` as `response-identifier`."""
    return _HUMP.sub(lambda found: "-" + found[1].lower(), name)


def name_of(element: Element) -> str:
    """An element's name as QTI 2 has it."""
    return camel(local(element))


def attribute(element: Element, name: str, default: str = "") -> str:
    """An attribute by its name in QTI 2."""
    found = element.get(name)
    return str(found if found is not None else element.get(kebab(name), default))


def parts(element: Element, *names: str) -> list[Element]:
    """The children of these names."""
    return [child for child in element if name_of(child) in names]


def within(element: Element, *names: str) -> Iterator[Element]:
    """All elements of these names below."""
    return (found for found in element.iterdescendants() if name_of(found) in names)


def first(element: Element, *names: str) -> Element | None:
    """The first element of these names below."""
    return next(within(element, *names), None)
