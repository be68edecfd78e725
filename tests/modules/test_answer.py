"""What a model writes: shown as text and simple Markdown, whatever it is."""

from time import process_time

import pytest

from modules.answer import answer_html

BOMBS = {
    "open brackets": "[" * 8000, "links that never end": "[a](" * 3000, "stars": "**a*" * 3000, "quotes in quotes": ">" * 8000,
    "lists in lists": "\n".join("  " * at + "- x" for at in range(300)), "fences": "``` " * 3000, "backticks": "".join("`" * at + " " for at in range(150)),
    "a wide table": f"|{'a|' * 500}\n|{'-|' * 500}\n" + f"|{'b|' * 500}\n" * 10, "entities": "&" * 9000, "definitions": "[a]: x\n" * 3000,
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_no_text_takes_longer_than_a_moment(text: str) -> None:
    before = process_time()
    answer_html(text)
    assert process_time() - before < 2  # Seconds; the dialect of courses takes 15 for the first.


@pytest.mark.parametrize("text", [
    "<script>alert(1)</script>", '<img src="https://evil.example/a.png" onerror="alert(1)">', '<iframe src="https://evil.example"></iframe>',
    '<form action="https://evil.example"><input name="password"></form>', "<style>body{display:none}</style>", '<div style="position:fixed">x</div>',
    '<a href="javascript:alert(1)">x</a>', "<svg onload=alert(1)>", "<details open ontoggle=alert(1)>", "<math><mtext></form><img src=x>", "<!-- x -->",
])
def test_html_is_shown_as_the_text_that_it_is(text: str) -> None:
    html = answer_html(text)
    assert html == f"<p>{text.replace('<', '&lt;').replace('>', '&gt;')}</p>\n"


@pytest.mark.parametrize("text", [
    "![x](https://evil.example/a.png)", "![x][y]\n\n[y]: https://evil.example/a.png", "[x](javascript:alert(1))", "[x](data:text/html,y)",
    "[x](//evil.example)", "[x](/certificates)", "[x](../log)", "<javascript:alert(1)>", "[x](vbscript:a)", "[x](JaVaScRiPt&#58;alert(1))",
])
def test_no_picture_is_fetched_and_no_address_leads_into_lotse_or_into_a_script(text: str) -> None:
    html = answer_html(text)
    assert "<img" not in html
    assert "src=" not in html
    assert not any(part.startswith(('href="/', 'href=".', 'href="j', 'href="J', 'href="v', 'href="d')) for part in html.split())


def test_links_lead_out_without_telling_where_from() -> None:
    assert answer_html("[x](https://example.org)") == '<p><a href="https://example.org" rel="noopener noreferrer">x</a></p>\n'


def test_a_model_draws_no_box_that_could_be_lotses_own() -> None:
    html = answer_html('!!! success "Lotse"\n    Passed: 10 of 10 points.\n\n<div class="verdict verdict--right">Right</div>\n{: .verdict #q-1 }')
    assert html.startswith("<p>!!! success")
    assert "<div" not in html


def test_signs_that_turn_the_writing_are_left_out_in_every_spelling() -> None:
    for sign in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069":
        for spelt in (sign, f"&#{ord(sign)};", f"&#x{ord(sign):x};", f"&#X0{ord(sign):X};"):
            assert sign not in answer_html(f"a {spelt}gnp.exe")
    assert "שלום" in answer_html("שלום")


def test_what_models_write_is_read_and_stands_below_the_questions_heading() -> None:
    html = answer_html("# A\n\n**b** `c` ~~d~~\n\n1. e\n\n| f |\n|---|\n| g |\n\n```python\nprint('<h>')\n```")
    assert "<h4>A</h4>" in html
    for part in ("<strong>b</strong>", "<code>c</code>", "<li>e</li>", '<div class="table-scroll" tabindex="0">', "<th>f</th>", "<td>g</td>", "print('&lt;h&gt;')"):
        assert part in html


def test_several_answers_stand_on_one_page_because_none_has_ids() -> None:
    assert "id=" not in answer_html("# A\n\ntext[^1]\n\n[^1]: note")
