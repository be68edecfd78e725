"""What is known of the embedded models beside their files: judged by trying them, not by their makers' words."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.i18n import N_


@dataclass(frozen=True)
class Entry:
    """What people should know of a model: message ids."""

    languages: str
    good: str
    bad: str


ENTRIES: Mapping[str, Entry] = {
    "default": Entry(
        N_("German and English"),
        N_("Short summaries, classifying with examples, filling in forms (JSON), answers from a source when the quote is checked, "
           "and showing how models invent things: it hardly ever admits that it does not know."),
        N_("Facts, long texts, grading, tutoring in German, and the use of tools."),
    ),
    "small": Entry(
        N_("English"),
        N_("Seeing how likely the next words are, temperature, tokens, and being compared with a larger model."),
        N_("German, which it cannot write, facts in any language, and whatever needs an understanding of the task."),
    ),
    "embed": Entry(
        N_("about 100 languages, among them German and English"),
        N_("Finding the text that fits a question, and drawing a map of texts by their meaning. Only the order of the similarities tells something."),
        N_("It writes no answers, and reads only about the first 350 words of a text."),
    ),
    "own": Entry(
        N_("not known"),
        N_("This file was chosen by those who run Lotse; Lotse has not tried it."),
        N_("not known"),
    ),
}
