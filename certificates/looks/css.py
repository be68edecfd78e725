"""Style sheets of people who are not trusted: nothing is fetched by them but the pictures that the organisation has named."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import tinycss2

from certificates.looks.faults import STYLE, LookError
from certificates.looks.template import check_style_length
from core.i18n import N_

AT_RULES = frozenset({"page", "media"})
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
PICTURE = re.compile(rf"picture:({NAME.pattern})")
MOST_DEPTH = 12
# What makes links, files or other documents out of a style sheet.
_FORBIDDEN = frozenset({"-weasy-link", "link", "-weasy-anchor", "anchor", "src", "behavior", "-moz-binding", "string-set", "bookmark-label", "columns", "column-count"})


def check_style(style: str, pictures: Iterable[str]) -> None:
    """Raises LookError with the line where a style sheet wants more than it may."""
    check_style_length(style)
    known = frozenset(pictures)
    for rule in tinycss2.parse_stylesheet(style, skip_comments=True, skip_whitespace=True):
        _check_rule(rule, known)


def check_declarations(style: str, pictures: Iterable[str]) -> None:
    """The same for a `style` attribute."""
    _check_content(tinycss2.parse_component_value_list(style), frozenset(pictures), 0)


def _check_rule(rule: Any, known: frozenset[str]) -> None:
    if rule.type == "error":
        raise LookError(N_("The style sheet cannot be read: %(reason)s"), {"reason": rule.message}, part=STYLE, line=rule.source_line)
    if rule.type == "at-rule" and rule.lower_at_keyword not in AT_RULES:
        raise LookError(N_("@%(name)s is not for style sheets of certificates."), {"name": rule.at_keyword[:40]}, part=STYLE, line=rule.source_line)
    _check_content(rule.prelude, known, 0)
    _check_content(rule.content or [], known, 0)


def _check_content(tokens: Iterable[Any], known: frozenset[str], depth: int) -> None:
    if depth > MOST_DEPTH:
        raise LookError(N_("The style sheet is nested too deeply."), part=STYLE)
    tokens = [token for token in tokens if token.type not in ("whitespace", "comment")]
    for place, token in enumerate(tokens):
        if token.type == "url":
            _check_address(token.value, known, token.source_line)
        elif token.type == "at-keyword" and token.lower_value not in AT_RULES:
            raise LookError(N_("@%(name)s is not for style sheets of certificates."), {"name": token.value[:40]}, part=STYLE, line=token.source_line)
        elif token.type == "ident" and token.lower_value in _FORBIDDEN and _is_property(tokens, place):
            raise LookError(N_("“%(name)s” is not for style sheets of certificates."), {"name": token.value[:40]}, part=STYLE, line=token.source_line)
        elif token.type == "function":
            _check_function(token, known)
            _check_content(token.arguments, known, depth + 1)
        elif hasattr(token, "content") and token.content:
            _check_content(token.content, known, depth + 1)


def _check_function(token: Any, known: frozenset[str]) -> None:
    name = token.lower_name
    if name in ("image-set", "src", "attr", "element", "target-counter", "target-text", "target-counters"):
        raise LookError(N_("“%(name)s” is not for style sheets of certificates."), {"name": name}, part=STYLE, line=token.source_line)
    if name == "url":
        texts = [argument.value for argument in token.arguments if argument.type in ("string", "ident")]
        _check_address("".join(texts), known, token.source_line)


def _check_address(address: str, known: frozenset[str], line: int) -> None:
    found = PICTURE.fullmatch(address)
    if not found or found[1] not in known:
        raise LookError(
            N_("“%(address)s” cannot be used. Pictures are named like url(picture:logo); there are: %(known)s"),
            {"address": address[:80], "known": ", ".join(sorted(known)) or "–"}, part=STYLE, line=line,
        )



def _is_property(tokens: Sequence[Any], place: int) -> bool:
    """Whether a word is the name of a property, and not of a class or the like."""
    before, after = tokens[place - 1] if place else None, tokens[place + 1] if place + 1 < len(tokens) else None
    return after is not None and after.type == "literal" and after.value == ":" and not (before is not None and before.type == "literal" and before.value == ".")
