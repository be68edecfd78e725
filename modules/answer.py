"""A model's answer as HTML. It is text of nobody's: asked for it, a model writes whatever a learner, or a source, wants it to.

So it gets less than a trainer's text: plain CommonMark with tables, which is what models write. HTML stays visible as the text
that it is, there are no pictures, no boxes that could pass for Lotse's own words, and no order of signs that shows another
text than the one that stands there. markdown-it-py, other than the dialect of courses, also takes a moment only for thousands
of open brackets.
"""

import re
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

from modules.sanitise import sanitise

MOST_LETTERS = 40_000
DEEPEST = 12                                               # lists within lists; what is deeper is left out
# Unicode's embeddings, overrides and isolates (UAX #9, section 2): they could turn the text around them, too.
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_REFERENCE = re.compile(r"&#(?:x0*(?:202[a-e]|206[6-9])|0*(?:823[4-8]|829[4-7]));", re.IGNORECASE)
_HEADINGS_BELOW = 3                                        # an answer stands below the heading of its question


def answer_html(text: str) -> str:
    """A model's answer as safe HTML without ids, so that several stand on one page."""
    visible = _REFERENCE.sub("", text[:MOST_LETTERS]).translate(_TURNING)
    return sanitise(_reader().render(visible), url=_nowhere, prefix="", inline=False)


def _nowhere(_: str) -> str:
    """Relative addresses lead into the page that the answer stands on: they are refused."""
    return ""


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST}).enable(["table", "strikethrough"]).disable(["image", "reference"])
    reader.core.ruler.push("headings", _lower_headings)
    reader.add_render_rule("table_open", lambda *_: '<div class="table-scroll" tabindex="0"><table>')
    reader.add_render_rule("table_close", lambda *_: "</table></div>")
    return reader


def _lower_headings(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + _HEADINGS_BELOW)}"
