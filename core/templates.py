"""Jinja's environment with globals that are quickly compared.

Every `{% import %}` asks which global names the page adds to those of the imported template: with Jinja's own chain of mappings
that took a tenth of the time of a page of many small templates.
"""

from collections import ChainMap
from collections.abc import KeysView, MutableMapping
from typing import Any, cast

from flask import Flask
from flask.templating import Environment


class _Globals(ChainMap[str, Any]):
    """Names of a template before those of the environment. Its keys are a set that is made in one go."""

    def keys(self) -> KeysView[str]:
        return cast(KeysView[str], set().union(*self.maps))


class HouseEnvironment(Environment):
    """Flask's environment, but for that."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """As in Jinja: a live view of the environment's globals."""
        return _Globals({} if d is None else d, self.globals)


def connect(app: Flask) -> None:
    """Let the app make its environment of this class. Call it before anything asks for `app.jinja_env`."""
    app.jinja_environment = HouseEnvironment
