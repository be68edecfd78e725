"""A module page in a test browser: finds options by their text, as people do."""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from flask.testing import FlaskClient


@dataclass
class QuestionPage:
    """One learner's module page; remembers the forms that it has seen."""

    client: FlaskClient
    path: str
    forms: dict[str, str] = field(default_factory=dict)

    def open(self) -> str:
        """Load the page."""
        response = self.client.get(self.path)
        assert response.status_code == 200, response.status_code
        html: str = response.text
        for section in re.findall(r'<section class="question .*?</section>', html, re.DOTALL):
            self.forms[re.search(r'id="q-([\w-]+)"', section)[1]] = section  # type: ignore[index]
        return html

    def keys(self, item: str, *texts: str) -> list[str]:
        """The form values of options with these texts."""
        labels = re.findall(r'name="answer" value="(\w+)".*?<span>(.*?)</span>', self.forms[item], re.DOTALL)
        by_text = {unescape(re.sub(r"<[^>]+>", "", text)).strip(): key for key, text in labels}
        return [by_text[text] for text in texts]

    def post(self, item: str, *texts: str, attempt: int = 1, htmx: bool = True) -> Any:
        """Send an answer by clicking options."""
        return self.client.post(
            f"{self.path}/{item}/answer", data={"attempt": str(attempt), "answer": self.keys(item, *texts)},
            headers={"HX-Request": "true"} if htmx else {},
        )

    def answer(self, item: str, *texts: str, attempt: int = 1) -> str:
        """Send an answer and return the question as it comes back."""
        html: str = self.post(item, *texts, attempt=attempt).text
        return html
