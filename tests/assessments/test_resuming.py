"""Whoever comes back finds the same questions in the same order, and what they had typed and not sent."""

import re
from typing import Any

import pytest
from flask import Flask

from assessments import drafts
from assessments.kinds import KINDS
from assessments.kinds.looking import LookKind
from assessments.models import Attempt, Draft
from tests import builders
from tests.assessments.kinds_course import learner, rows
from tests.assessments.timed import course, page

POOL = "\n".join(f"::: single {{#p{number} points=1}}\nFrage {number}: {{{{a}}}} + 1?\n(x) {{{{b}}}}\n( ) 0\n( ) 99\n```variants\n| a | b |\n| - | - |\n| 1 | 2 |\n| 5 | 6 |\n| 8 | 9 |\n```\n:::\n" for number in range(1, 9))
KINDS_KEPT = """\
::: pool {#topf pick=3 from=m1}
:::

::: multi {#viele points=1}
Welche?
[x] a
[x] b
[ ] c
:::

::: cloze {#luecke points=1}
Der [[Himmel]] ist [[grün|(blau)|rot]].
:::

::: match {#paare points=1}
Ordnen Sie zu.
Hund -> Tier
Rose -> Pflanze
-> Stein
:::

::: order {#folge points=1 shuffle=no}
Ordnen Sie.
1. eins
2. zwei
3. drei
:::

::: matrix {#tafel points=1}
Was stimmt?
| | ja | nein |
| - | - | - |
| A | (x) | ( ) |
| B | ( ) | (x) |
:::

::: numeric {#zahl points=1}
Wie viel?
= 4 +- 0
:::

::: short {#wort points=1}
Wie?
= so
:::

::: essay {#text points=1 words=5}
Warum?
- [1] Gut
:::

::: survey {#umfrage}
Und Sie?
[ ] ja
[ ] nein
:::
"""


def _typed(form: str) -> dict[str, Any]:
    """Something in every field of a form, as somebody types and chooses: text, the last choice of each group, every second box."""
    fields: dict[str, Any] = {}
    for kind, name, value in re.findall(r'<input type="(radio|checkbox|hidden)" name="([\w.-]+)" value="([^"]*)"', form):
        if kind == "radio":
            fields[name] = value
        elif kind == "checkbox" or name not in ("csrf_token", "attempt"):
            fields.setdefault(name, []).append(value)
    for name, options in re.findall(r'<select[^>]*name="([\w.-]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        fields.setdefault(name, []).append(re.findall(r'<option value="([^"]*)"', options)[-1])
    for tag in re.findall(r"<(?:input|textarea)[^>]*>", form):
        name = re.search(r'name="([\w.-]+)"', tag)
        if name and name[1] not in fields and name[1] not in ("csrf_token", "attempt"):
            fields[name[1]] = "Getipptes <b> & 4"
    return fields


def test_every_kind_goes_on_with_the_same_questions_order_and_what_was_typed(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        _, ada = learner(app, "Ada", course(KINDS_KEPT, pools__m1_de_md=POOL, pools__m1_en_md=POOL))
        _, ben = learner(app, "Ben", course(KINDS_KEPT, pools__m1_de_md=POOL, pools__m1_en_md=POOL))
    mine = page(app, ada)
    mine.open()
    assert len(mine.forms) == 12
    again = page(app, ada)
    again.open()
    for forms in (mine.forms, again.forms):
        forms.update({item: re.sub(r'name="csrf_token" value="[^"]*"', "", form) for item, form in forms.items()})
    assert list(again.forms.items()) == list(mine.forms.items())                              # another device: to the letter
    for item, form in mine.forms.items():
        fields = _typed(form)
        assert fields, item
        if item == "folge":
            fields = {name: values[::-1] for name, values in fields.items()}                  # moved by the buttons
        for _ in range(2):
            assert mine.client.post(f"{mine.path}/{item}/typed", data={"attempt": "1", **fields}).status_code == 204
    again.open()
    for item, now in again.forms.items():
        form = re.sub(r'name="csrf_token" value="[^"]*"', "", now)
        if item == "umfrage":
            assert form == mine.forms[item]                    # a survey is nobody's: nothing is kept with a person
            continue
        assert form != mine.forms[item], item
        wanted, found = _typed(mine.forms[item]), re.sub(r"&(?:lt|gt|amp);", "", form)
        if "Getipptes" in str(wanted):
            assert "Getipptes" in found, item
        elif item == "folge":
            assert _typed(form) == {name: values[::-1] for name, values in wanted.items()} != wanted
        else:
            assert len(re.findall(r" checked| selected", form)) > len(re.findall(r" checked| selected", mine.forms[item])), item
    assert rows(app, Attempt) == []
    assert not any(draft.item == "umfrage" for draft in rows(app, Draft))
    other = page(app, ben)
    other.open()
    assert "Getipptes" not in "".join(other.forms.values())    # each learner's own

    mine.client.post(f"{mine.path}/zahl/answer", data={"attempt": "1", "answer": "5"})
    again.open()
    assert "Getipptes" not in again.forms["zahl"]
    assert 'value="5"' in again.forms["zahl"]
    mine.client.post(f"{mine.path}/zahl/typed", data={"attempt": "2", "answer": "7"})
    again.open()
    assert 'value="7"' in again.forms["zahl"]
    too_much = mine.client.post(f"{mine.path}/wort/typed", data={"attempt": "2", "answer": "x" * 70_000})
    assert too_much.status_code == 413
    for number in ("", "x", "-1", "1" * 9):
        assert mine.client.post(f"{mine.path}/wort/typed", data={"attempt": number}).status_code == 404


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_is_either_kept_or_has_a_reason_not_to_be(name: str) -> None:
    kind: Any = KINDS[name]
    item: Any = type("Item", (), {"kind": name})
    has_reason = kind.anonymous or isinstance(kind, LookKind) or name == "python"
    assert drafts.keeps(item) is not has_reason
