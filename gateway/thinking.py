"""Reasoning models think aloud between <think> and </think>: that is no part of the answer."""

from typing import Final

BEGIN: Final = "<think>"
END: Final = "</think>"


class Thoughts:
    """Takes a text piece by piece and gives what is answer. Only thoughts at the beginning are taken for such."""

    def __init__(self) -> None:
        self._held = ""
        self._state = "before"         # before, thinking, after (a thought), answering

    def take(self, piece: str) -> str:
        """What of the text so far can be shown now and was not shown yet."""
        if self._state == "answering":
            return piece
        self._held += piece
        if self._state == "before":
            start = self._held.lstrip()
            if start.startswith(BEGIN):
                self._state = "thinking"
            elif not BEGIN.startswith(start):
                return self.rest()
        if self._state == "thinking" and END in self._held:
            self._held = self._held.partition(END)[2]
            self._state = "after"
        if self._state == "after" and self._held.strip():
            self._held = self._held.lstrip()
            return self.rest()
        return ""

    def rest(self) -> str:
        """What was held back, at the end of the text; a thought that never ended is none of it."""
        if self._state == "thinking":
            return ""
        held, self._held, self._state = self._held, "", "answering"
        return held
