"""On which page somebody answers: the module's own, a quiz of its questions, or one question alone.

A question's form posts to an address relative to its page, so the same drawn piece works on all of them, and the address of the
answer says where to go back to.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit

from flask import request, url_for

from assessments.drawing import shown_items
from core.typed import whole
from courses.service import AnyPart

_ADDRESS = re.compile(r"/courses/\d+/(?:quiz/(?P<draw>\d{1,4})|exercise/(?P<only>[A-Za-z0-9._-]+))/(?P<module>[A-Za-z0-9._-]+)$")


class Place(NamedTuple):
    """A page with questions of a module. `draw`: a quiz, of all questions (0) or of some; `only`: one question; neither: the module."""

    run_id: int
    module: str
    draw: int | None = None
    only: str | None = None

    @classmethod
    def seen(cls, run_id: int, module: str, url: str) -> "Place":
        """The place at an address that a browser names as its page; the module's page where it names none of ours."""
        found = _ADDRESS.search(urlsplit(url).path)
        if found is None or found["module"] != module:
            return cls(run_id, module)
        return cls(run_id, module, int(found["draw"]) if found["draw"] else None, found["only"])

    @classmethod
    def asked(cls, run_id: int, module: str, query: Mapping[str, str]) -> "Place":
        """The place that a query names, as `query` writes it."""
        draw = query.get("draw", "")
        return cls(run_id, module, whole(draw, 4), query.get("only"))

    @property
    def query(self) -> dict[str, Any]:
        """What an address elsewhere carries along to find back."""
        return {name: str(value) for name, value in (("draw", self.draw), ("only", self.only)) if value is not None}

    def url(self, item: str) -> str:
        """The address of a question on this page."""
        anchor = f"q-{item}"
        if self.only is not None:
            return url_for("excerpts.exercise", run_id=self.run_id, only=self.only, module=self.module, _anchor=anchor)
        if self.draw is not None:
            return url_for("excerpts.quiz", run_id=self.run_id, draw=self.draw, module=self.module, _anchor=anchor)
        return url_for("modules.page", run_id=self.run_id, module=self.module, _anchor=anchor)

    def address(self) -> str:
        """The address of this page."""
        return urldefrag(self.url("")).url

    def resolve(self, address: str) -> str:
        """Where an address of a question's form leads, for a page elsewhere that shows the question."""
        if address.startswith(f"{request.script_root}/attempts/"):
            return f"{address}?{urlencode(self.query)}" if self.query else address
        return urljoin(self.address(), address)

    def shown(self, part: AnyPart) -> tuple[str, ...]:
        """The ids of the questions on this page for this learner, in their order. Raises LookupError."""
        return shown_items(part.edition_id, self.module, only=self.only, draw=self.draw, seed=str(part.id))
