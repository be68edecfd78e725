"""Where the pictures of a page come from: from those that have a name. Nothing else is ever opened."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

PREFIX = "picture:"


def of_pictures(urls: Any) -> Callable[[Mapping[str, str]], Any]:
    """Fetchers for WeasyPrint, whose module `urls` is only there where its system libraries are."""

    class Pictures(urls.URLFetcher):
        """Gives pictures by name; remembers what it refused."""

        def __init__(self, pictures: Mapping[str, str]) -> None:  # Not the base's: it opens a whole client for the network.
            self._pictures = pictures
            self.refused: list[str] = []
            self._fail_on_errors = False

        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
            """WeasyPrint takes a ValueError for a picture that is not there."""
            address = self._pictures.get(url.removeprefix(PREFIX), "") if url.startswith(PREFIX) else ""
            if not address.startswith("data:"):
                self.refused.append(url)
                raise ValueError(f"there is no such picture: {url[:80]}")
            head, _comma, content = address.partition(",")
            return urls.URLFetcherResponse(url, base64.b64decode(content), {"Content-Type": head[5:].partition(";")[0]})

    return Pictures
