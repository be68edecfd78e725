"""Every page in every state, as a browser shows it: German and English, light and dark, from 320 to 1280 pixels."""

from dataclasses import dataclass
from itertools import cycle
from typing import Any

import pytest

from tests.browser.conftest import Visit
from tests.browser.look import assert_accessible, assert_no_sideways_scroll
from tests.browser.stage import Stage

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class State:
    """A page as one of the actors finds it."""

    name: str
    path: str
    actor: str = ""
    status: int = 200
    like_others: bool = False


STATES = [
    State("start", "/"),
    State("sign-in", "/sign-in"),
    State("status", "/status"),
    State("style guide", "/styleguide"),
    State("my courses", "/courses", "beginner"),
    State("course before", "{course}", "beginner"),
    State("course at work", "{course}", "learner"),
    State("course passed", "{course}", "graduate"),
    State("module before", "{module}", "beginner"),
    State("module at work", "{module}", "learner"),
    State("module done", "{module}", "graduate", like_others=True),
    State("no certificate", "/certificates", "beginner"),
    State("my certificates", "/certificates", "withdrawn"),
    State("certificate ready", "{certificate:graduate}", "graduate"),
    State("certificate without a name", "{certificate:nameless}", "nameless"),
    State("certificate in preparation", "{certificate:waiting}", "waiting"),
    State("certificate later", "{certificate:delayed}", "delayed"),
    State("certificate withdrawn", "{certificate:withdrawn}", "withdrawn"),
    State("certificate withdrawn, file", "{certificate:withdrawn}.pdf", "withdrawn", 410),
    State("check", "/z"),
    State("check, no code", "/z?code=abc", status=422),
    State("verification", "/z/{code:graduate}"),
    State("verification with the name", "/z/{code:open}"),
    State("verification, withdrawn", "/z/{code:withdrawn}"),
    State("verification, unknown", "/z/xxxxxxxxxxxxxxxxxxxxxx", status=404),
    State("nothing there", "/nothing", status=404),
    State("launch over", "/l/xxxxxxxxxxxxxxxxxxxxxx/courses", status=401),
    State("launch refused", "/lti/login", status=400),
    *(State(f"error {status}", f"/fail/{status}", status=status, like_others=True) for status in (400, 403, 405, 413, 429, 500, 503)),
]


# Each page is looked at once in German and once in English; light and dark, wide and narrow take turns from page to page.
LOOKS = ((("de", "light", 1280), ("en", "dark", 390)), (("de", "dark", 390), ("en", "light", 1280)), (("de", "light", 390), ("en", "dark", 1280)))


@pytest.mark.parametrize(("state", "looks"), list(zip(STATES, cycle(LOOKS), strict=False)), ids=[state.name for state in STATES])
def test_a_page_is_accessible_and_fits(visit: Visit, stage: Stage, state: State, looks: tuple[tuple[str, Any, int], ...]) -> None:
    for language, theme, width in looks[:1] if state.like_others else looks:
        page = visit(state.actor, language, color_scheme=theme)
        answer = page.goto(stage.path(state.path))
        assert answer is not None
        assert answer.status == state.status
        assert page.locator("html").get_attribute("lang") == language
        for narrow in (1280, 390, 320):
            assert_no_sideways_scroll(page, narrow, f"{state.name}, {language}")
        page.set_viewport_size({"width": width, "height": 800})
        assert_accessible(page, f"{state.name}, {language}, {theme}, {width}")
