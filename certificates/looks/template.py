"""Templates of certificates: a page in HTML with Jinja's places, a style sheet, and a sandbox in which the page is filled in.

Whoever writes a template is not trusted: no attributes beyond entries of the values, no calls, no loader, no name that is not
given, and an end to loops and to what comes out. What needs the clock and the memory to be stopped is stopped by the process
that this runs in (apart.py).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from traceback import walk_tb
from types import MethodType
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError, nodes
from jinja2 import Template as Compiled
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from certificates.looks import fitting
from certificates.looks.faults import PAGE, STYLE, LookError
from core.i18n import N_

MOST_PAGE, MOST_STYLE = 60_000, 60_000  # characters
MOST_OUTPUT = 400_000
MOST_ROUNDS = 500
FILTERS = ("upper", "lower", "capitalize", "title", "trim", "replace", "join", "length", "first", "last", "default", "batch", "round", "escape", "e")
TESTS = ("defined", "undefined", "none", "odd", "even", "divisibleby", "equalto", "eq", "in")
_FORBIDDEN = (
    nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.ScopedEvalContextModifier, nodes.EvalContextModifier, nodes.NSRef,
)
_NAME = "<template>"


@dataclass(frozen=True)
class Template:
    """How certificates are laid out. `design` names the one of the gallery that it is; those are ours."""

    page: str
    style: str
    design: str | None = None

    @property
    def sha256(self) -> str:
        """By which it is kept: the same source is the same template."""
        return hashlib.sha256(f"{self.design or ''}\0{self.page}\0{self.style}".encode()).hexdigest()


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, narrowed: a template reads values, loops, and calls nothing but its own macros, range and the loop."""

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return isinstance(obj, LoopContext) and super().is_safe_attribute(obj, attr, value)

    def is_safe_callable(self, obj: Any) -> bool:
        return isinstance(obj, Macro) or obj is _range or (isinstance(obj, MethodType) and isinstance(obj.__self__, LoopContext))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if not all(isinstance(side, int | float) and abs(side) < 1e9 for side in (left, right)) or operator == "**":
            raise SecurityError(f"{operator} is for numbers only; texts are joined by ~")
        return super().call_binop(context, operator, left, right)


def _range(*args: int) -> range:
    found = range(*args)
    if len(found) > MOST_ROUNDS:
        raise SecurityError(f"range() goes up to {MOST_ROUNDS} rounds")
    return found


def _environment() -> _Sandbox:
    made = _Sandbox(autoescape=True, undefined=StrictUndefined, cache_size=0, loader=None)
    made.globals = {"range": _range}
    made.filters = {name: made.filters[name] for name in FILTERS} | {
        "fit": fitting.fit, "fit_list": fitting.fit_list, "columns": fitting.columns,
    }
    made.tests = {name: made.tests[name] for name in TESTS}
    return made


_ENVIRONMENT = _environment()


def compiled(page: str) -> Compiled:
    """The page, ready to be filled in. Raises LookError with the line."""
    if len(page) > MOST_PAGE:
        raise LookError(N_("The page is longer than %(most)s characters."), {"most": MOST_PAGE}, part=PAGE)
    try:
        return _compiled(page)
    except LookError:
        raise
    except TemplateSyntaxError as error:
        raise _unreadable(error.message or "", error.lineno) from error
    except (RecursionError, MemoryError) as error:
        raise LookError(N_("The page is nested too deeply."), part=PAGE) from error
    except (SyntaxError, ValueError, TemplateError) as error:
        raise _unreadable(str(error), None) from error


@lru_cache(maxsize=32)
def _compiled(page: str) -> Compiled:
    tree = _ENVIRONMENT.parse(page)
    if found := next(iter(tree.find_all(_FORBIDDEN)), None):
        raise LookError(N_("This statement is not for templates of certificates."), part=PAGE, line=found.lineno)
    made = _ENVIRONMENT.from_string(tree)
    made.filename = _NAME
    return made


def render(page: str, values: Mapping[str, Any]) -> str:
    """The page with the values in it. `qr` is markup, everything else is text. Raises LookError with the line."""
    template = compiled(page)
    pieces, length = [], 0
    try:
        for piece in template.generate({**values, "qr": Markup(values["qr"])}):  # noqa: S704 - our own SVG
            length += len(piece)
            if length > MOST_OUTPUT:
                raise LookError(N_("The page gets longer than %(most)s characters when it is filled in."), {"most": MOST_OUTPUT}, part=PAGE)
            pieces.append(piece)
    except LookError:
        raise
    except UndefinedError as error:
        raise LookError(N_("There is no such name: %(reason)s"), {"reason": str(error)[:200]}, part=PAGE, line=_line(error)) from error
    except SecurityError as error:
        raise LookError(N_("That is not for templates of certificates: %(reason)s"), {"reason": str(error)[:200]}, part=PAGE, line=_line(error)) from error
    except MemoryError as error:
        raise LookError(N_("The template takes too much memory."), part=PAGE) from error
    except Exception as error:  # Whatever a filter does not like.
        raise LookError(N_("The page cannot be filled in: %(reason)s"), {"reason": str(error)[:200]}, part=PAGE, line=_line(error)) from error
    return "".join(pieces)


def check_style_length(style: str) -> None:
    """Raises LookError."""
    if len(style) > MOST_STYLE:
        raise LookError(N_("The style sheet is longer than %(most)s characters."), {"most": MOST_STYLE}, part=STYLE)


def _unreadable(reason: str, line: int | None) -> LookError:
    return LookError(N_("The page cannot be read: %(reason)s"), {"reason": reason[:200]}, part=PAGE, line=line)


def _line(error: BaseException) -> int | None:
    """The line of the template; Jinja writes it into the traceback."""
    lines = [line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename in (_NAME, "<unknown>", "<template>")]
    return lines[-1] if lines else None
