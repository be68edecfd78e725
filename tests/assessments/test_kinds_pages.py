"""What a learner's page holds: nothing of the key before it may, and everything that a form needs."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from assessments.kinds import KINDS
from assessments.kinds.item import Item, variant
from tests.assessments.question_page import draw
from tests.assessments.samples import ANSWERED, BODIES, TAIL, block, item, sample

SECRETS = ("rueck-", "geheim", "Tokenix", "Tokenox", "900", "810", "990", "KIVO", "AIACT", "DSGVO", "%", "50")
SAME_PAGE = [
    ("single", "( ) Wahrheit", "(x) Wahrheit", "(x) Wahrscheinlichkeit", "( ) Wahrscheinlichkeit"),
    ("multi", "[x] Beta", "[ ] Beta", "[ ] Delta", "[x] Delta"),
    ("cloze", "[[eintönig|(vielfältig)|kurz]]", "[[(eintönig)|vielfältig|kurz]]", "[[Tokenix|=Tokenox]]", "[[anders]]"),
    ("numeric", "= 900 +- 10%", "= 17", "%50% 9000", "[1, 2]"),
    ("short", "= KIVO | AIACT", "= /x+/ | ganz anders", "DSGVO", "GG"),
    ("matrix", "| Eins | (x) | ( ) |", "| Eins | ( ) | (x) |", "| Zwei | ( ) | (x) |", "| Zwei | (x) | ( ) |"),
    ("match", "Eins -> Alpha", "Eins -> Beta", "Zwei -> Beta", "Zwei -> Alpha"),
    ("order", "1. Alpha", "1. Gamma", "3. Gamma", "3. Alpha"),
    ("python", "returns: 14", "returns: 15", "return 2 * x  # rueck-a", "return x + x"),
    ("prompt", "8geheim Uhr", "neun Uhr", "rueck-b", "anders"),
]


def fields(html: str) -> dict[str, list[str]]:
    """The names and values that a browser could send from a page."""

    class Collector(HTMLParser):
        found: dict[str, list[str]] = {}
        select = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            if tag == "select":
                self.select = given.get("name") or ""
            if tag == "option":
                self.found.setdefault(self.select, []).append(given.get("value") or "")
            if tag in ("input", "textarea") and (given.get("type") != "hidden" or given["name"] == "order"):
                self.found.setdefault(given["name"] or "", []).append(given.get("value") or "")

    collector = Collector()
    collector.found = {}
    collector.feed(html)
    return collector.found


@pytest.mark.parametrize("kind", ANSWERED)
def test_an_unanswered_page_holds_nothing_of_the_key(kind: str) -> None:
    question = KINDS[kind].parse(sample(kind))
    html = draw(KINDS[kind].view(question))
    assert not [secret for secret in SECRETS if secret in html]
    assert "erster-wink" in html


@pytest.mark.parametrize(("kind", "old", "new", "old_too", "new_too"), SAME_PAGE)
def test_another_key_gives_the_same_page(kind: str, old: str, new: str, old_too: str, new_too: str) -> None:
    assert old in BODIES[kind]
    assert old_too in BODIES[kind]
    other = block(kind, (BODIES[kind] + TAIL).replace(old, new).replace(old_too, new_too))
    pages = [draw(KINDS[kind].view(KINDS[kind].parse(written))) for written in (sample(kind), other)]
    assert pages[0] == pages[1]


# Each is at least partly wrong.
RESPONSES: dict[str, dict[str, Any]] = {
    "single": {"chosen": [0]},
    "multi": {"chosen": [0, 2]},
    "cloze": {"gaps": [0, "falsch"]},
    "numeric": {"text": "5", "values": ["5"]},
    "short": {"text": "Grundgesetz"},
    "matrix": {"rows": [[1], [1]]},
    "match": {"pairs": [1, 2]},
    "order": {"order": [1, 0, 2]},
    "essay": {"text": "Hallo", "marks": [0.5, 1.0], "comment": "geheimer Rat"},
    "prompt": {"prompt": "Hallo", "model": "", "temperature": 0.0, "answers": [["Um 9 Uhr."], ["Ja."]]},
    "grounded": {"prompt": "Hallo", "fields": {"question": ""}, "answers": [
        '{"source": 2, "quote": "Das steht nirgends geschrieben.", "answer": "Falsch."}', '{"source": 1, "quote": "x", "answer": "y"}',
    ]},
    "write": {"text": "Hallo Muster"},
    "python": {"code": "Hallo", "results": [{"ok": False, "hidden": False, "label": "sichtbar", "values": {}}, {"ok": True, "hidden": True, "hint": ""}]},
}
SOLUTIONS = {
    "single": ["rueck-b"], "multi": ["rueck-b"], "cloze": [":</span> vielfältig", "Tokenix"], "numeric": ["810"], "short": ["KIVO"],
    "matrix": ["is-solution"], "match": ["It belongs to: Alpha"], "order": ["order-solution"], "essay": [], "prompt": [], "python": ["rueck-a"], "write": [], "grounded": [],
}


@pytest.mark.parametrize("kind", ANSWERED)
def test_the_solution_is_shown_only_when_no_further_answer_is_taken(kind: str) -> None:
    question = KINDS[kind].parse(sample(kind))
    response = RESPONSES[kind]
    verdict = KINDS[kind].grade(question, response)
    before = draw(KINDS[kind].review(question, 0, response, verdict, reveal=False), verdict=verdict.as_dict(), used=1)
    after = draw(KINDS[kind].review(question, 0, response, verdict, reveal=True), verdict=verdict.as_dict(), closed=True)
    assert [text in before for text in ("geheime-begruendung", *SOLUTIONS[kind])] == [False] * (1 + len(SOLUTIONS[kind]))
    assert [text in after for text in ("geheime-begruendung", *SOLUTIONS[kind])] == [True] * (1 + len(SOLUTIONS[kind]))
    assert 'role="status"' in before


def test_feedback_is_shown_for_what_was_chosen_only() -> None:
    question = item("multi", BODIES["multi"])
    response = {"chosen": [0, 2]}
    html = draw(KINDS["multi"].review(question, 0, response, KINDS["multi"].grade(question, response), reveal=False))
    assert ("rueck-a" in html, "rueck-b" in html, "rueck-c" in html) == (True, False, True)


@pytest.mark.parametrize("kind", ANSWERED)
def test_choices_can_be_shown_without_telling_whether_they_were_right(kind: str) -> None:
    question = KINDS[kind].parse(sample(kind))
    response = {name: given for name, given in RESPONSES[kind].items() if name not in ("answers", "results", "marks", "comment")}
    html = draw(KINDS[kind].view(question, 0, response), saved=True)
    assert not [secret for secret in ("rueck-", "geheim", "is-right", "is-wrong") if secret in html]
    chosen = [word for word in (" checked", " selected", "falsch", 'value="5"', "Grundgesetz", "Hallo", "data-order") if word in html]
    assert chosen


@pytest.mark.parametrize("kind", ANSWERED)
def test_what_a_page_offers_is_what_can_be_read(kind: str) -> None:
    question = KINDS[kind].parse(sample(kind))
    offered = fields(draw(KINDS[kind].view(question)))
    form = {name: values if name == "order" else [next((value for value in values if value), "7")] for name, values in offered.items()}
    response = KINDS[kind].read(question, form)
    again = fields(draw(KINDS[kind].view(question, 0, response)))
    assert set(again) == set(offered)


def test_option_values_do_not_tell_the_authors_order() -> None:
    one, other = item("single", "Was?\n(x) Ja\n( ) Nein"), item("single", "Was?\n( ) Nein\n(x) Ja")
    views = [draw(KINDS["single"].view(question)) for question in (one, other)]
    assert views[0] == views[1]


def shown(question: Item, number: int) -> list[str]:
    view: Any = KINDS["single"].view(question, number)
    return [option.html for option in view.options]


def test_a_learner_keeps_an_order_and_others_have_others() -> None:
    question = item("single", "Was?\n(x) 1\n( ) 2\n( ) 3\n( ) 4\n( ) 5")
    numbers = {variant(question, f"enrolment-{seed}") for seed in range(60)}
    orders = {tuple(shown(question, number)) for number in numbers}
    assert len(orders) > 6
    assert variant(question, "enrolment-7") == variant(question, "enrolment-7")


def test_an_author_can_keep_the_order() -> None:
    question = item("single", "Was?\n(x) 1\n( ) 2\n( ) 3\n( ) 4\n( ) 5", shuffle="no")
    assert shown(question, variant(question, "x")) == ["1", "2", "3", "4", "5"]


def test_no_page_carries_inline_style_or_script() -> None:
    for kind in KINDS:
        html = draw(KINDS[kind].view(KINDS[kind].parse(sample(kind))))
        assert not re.search(r"<script|\son\w+=|\sstyle=", html)


def test_the_second_hint_stands_inside_the_first() -> None:
    html = draw(KINDS["short"].view(KINDS["short"].parse(sample("short"))))
    assert re.search(r"<details.*erster-wink.*<details.*zweiter-wink.*</details>.*</details>", html, re.DOTALL)


def test_there_is_a_place_that_speaks_when_an_answer_is_refused() -> None:
    html = draw(KINDS["short"].view(item("short", BODIES["short"])))
    assert '<div id="q-frage-alert" role="alert"></div>' in html
    assert re.search(r'aria-describedby="[^"]*q-frage-alert', html)


def test_what_a_learner_wrote_is_text_and_never_html() -> None:
    question = KINDS["short"].parse(sample("short"))
    html = draw(KINDS["short"].view(question, 0, {"text": 'mein "><b>Text</b>'}))
    assert "mein &#34;&gt;&lt;b&gt;Text&lt;/b&gt;" in html


def test_answers_of_a_model_are_text_and_never_html() -> None:
    question = KINDS["prompt"].parse(sample("prompt"))
    response = {"prompt": "x", "answers": [["<img src=x onerror=alert(1)>"], [""]]}
    html = draw(KINDS["prompt"].review(question, 0, response, KINDS["prompt"].grade(question, response), reveal=False), recorded=True)
    assert "<img" not in html
    assert "Recorded answer" in html


def test_a_closed_question_takes_no_answer() -> None:
    html = draw(KINDS["single"].view(item("single", BODIES["single"])), closed=True, left=0)
    assert "<button" not in html
    assert "disabled" in html


def test_an_exercise_shows_the_attempts_that_are_left_as_a_bar_with_words() -> None:
    view = KINDS["prompt"].view(KINDS["prompt"].parse(sample("prompt")))
    html = draw(view, used=2, left=1)
    assert re.search(r'<label for="q-frage-attempts">1 attempt left</label><span>of 3</span>', html)
    assert '<progress id="q-frage-attempts" value="1" max="3"></progress>' in html
    assert 'id="q-frage-attempts"' not in draw(view, left=None)


def test_an_exercise_shows_the_tokens_that_are_left_as_a_bar_with_words() -> None:
    html = draw(KINDS["prompt"].view(KINDS["prompt"].parse(sample("prompt"))))
    assert '<label for="q-frage-tokens">5,210 tokens left today</label><span>of 6,000</span>' in html
    assert '<progress id="q-frage-tokens" value="5210" max="6000"></progress>' in html
    assert "A try takes up to about 300 tokens." in html
