import threading
import time

import pytest

from modules.bounds import check_bounds, cost
from modules.render import Rendered, render, render_inline, render_parts


def url(path: str) -> str:
    return f"/media/digest/{path}"


def html(text: str, language: str = "de") -> str:
    return render(text, language=language, media_url=url, prefix="t-").html


def inline(text: str) -> Rendered:
    return render_inline(text, language="de", media_url=url)


def test_headings_stand_below_the_title_of_the_page() -> None:
    done = html("# A\n\n## B\n\n###### C")
    assert '<h2 id="t-a">A</h2>' in done
    assert '<h3 id="t-b">B</h3>' in done
    assert '<h6 id="t-c">C</h6>' in done


@pytest.mark.parametrize(("text", "part"), [
    ("| a | b |\n|:-:|---|\n| c | d |", '<td align="center">c</td>'),
    ("| a |\n|---|\n| c |", '<div class="table-scroll" tabindex="0"><table>'),
    ("a[^1]\n\n[^1]: note", 'href="#t-fn:1"'),
    ("a[^1]\n\n[^1]: note", 'title="Zurück zur Stelle der Fußnote 1"'),
    ("!!! note\n    a", '<p class="admonition-title">Hinweis</p>'),
    ('!!! warning "Eigen"\n    a', '<p class="admonition-title">Eigen</p>'),
    ("??? tip\n    a", "<summary>Tipp</summary>"),
    ('=== "Eins"\n    a\n\n=== "Zwei"\n    b', '<details open=""><summary>Eins</summary>'),
    ('=== "Eins"\n    a\n\n=== "Zwei"\n    b', "<details><summary>Zwei</summary>"),
    ("- [x] a", 'disabled=""'),
    ("- [x] a", 'aria-label="erledigt"> a'),
    ("- [ ] a", 'aria-label="offen"'),
    ("```python\ndef f(): ...\n```", '<span class="k">def</span>'),
    ("$a < b$", "<mi>a</mi><mo>&lt;</mo><mi>b</mi>"),
    ("$$\na < b & c\n$$", "<mi>a</mi><mo>&lt;</mo><mi>b</mi>"),
    ("$\\text{<b>}$", "<mtext>&lt;b&gt;</mtext>"),
    ("\\[ x^2 \\]", '<math display="block"><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math>'),
    ("![Ein Bild](media/a.svg)", 'src="/media/digest/media/a.svg"'),
    ("![Ein Bild](media/a.svg)", 'loading="lazy"'),
    ("[Seite](https://x.example)", '<a href="https://x.example" rel="noopener noreferrer">Seite</a>'),
    ("[Datei](media/a.pdf)", 'href="/media/digest/media/a.pdf"'),
    ("[oben](#a)\n\n# A", 'href="#t-a"'),
    ("# A {#b}", '<h2 id="t-b">A</h2>'),
    ("Begriff\n:   Erklärung", "<dd>Erklärung</dd>"),
    ("KI\n\n*[KI]: Künstliche Intelligenz", '<abbr title="Künstliche Intelligenz">KI</abbr>'),
    ("Das kostet 5 $ bis 10 $ im Monat.", "5 $ bis 10 $"),
    ("<span lang=\"en\">prompt</span>", '<span lang="en">prompt</span>'),
])
def test_markdown_as_trainers_write_it(text: str, part: str) -> None:
    assert part in html(text)


def test_boxes_speak_the_language_of_the_text() -> None:
    assert '<p class="admonition-title">Note</p>' in html("!!! note\n    a", "en")
    assert 'aria-label="done"' in html("- [x] a", "en")


def test_a_formula_that_cannot_be_read_is_shown_as_written_and_reported() -> None:
    done = render("$\\frac{a$ und $" + "{" * 100 + "x" + "}" * 100 + "$", language="de", media_url=url)
    assert "<code>\\frac{a</code>" in done.html
    assert len(done.dropped) == 2


def test_without_a_prefix_there_are_no_ids_that_could_clash() -> None:
    done = render("# A\n\na[^1] [b](#a)\n\n[^1]: c", language="de", media_url=url).html
    assert " id=" not in done
    assert "href" not in done


@pytest.mark.parametrize(("text", "expected"), [
    ("1. *Mai*", "1. <em>Mai</em>"),
    ("# Raute", "# Raute"),
    ("- minus", "- minus"),
    ("> größer", "&gt; größer"),
    ("    eingerückt", "eingerückt"),
    ("| a | b |", "| a | b |"),
    ("`<b>` und $x$", '<code>&lt;b&gt;</code> und <span class="arithmatex"><math display="inline"><mrow><mi>x</mi></mrow></math></span>'),
    ("[^1]: x", "[^1]: x"),
    ("", ""),
])
def test_an_option_is_one_line_whatever_it_begins_with(text: str, expected: str) -> None:
    assert inline(text).html == expected


def test_blocks_in_an_option_lose_their_tags_and_are_reported() -> None:
    assert inline("a <div>b</div>") == Rendered("a b", ["<div>"])


def parts(*texts: str) -> tuple[list[str], list[str]]:
    return render_parts(texts, language="de", media_url=url, prefix="t-")


def test_footnotes_and_link_definitions_serve_all_parts_of_a_module() -> None:
    first, second = parts("a[^1] [b][l]", "c\n\n[^1]: note\n[l]: https://x.example")[0]
    assert 'href="#t-fn:1"' in first
    assert 'href="https://x.example"' in first
    assert 'id="t-fn:1"' in second


def test_equal_headings_in_different_parts_get_different_ids() -> None:
    first, second = parts("# A", "# A")[0]
    assert ('id="t-a"' in first, 'id="t-a_1"' in second) == (True, True)


@pytest.mark.parametrize("texts", [
    ("<div>\n\na", "b\n\n</div>"),
    ("<!-- a", "b -->"),
    ("- a\n\n    - b", "    c"),
    ("<details><summary>x</summary>", "y", "</details>"),
    ("lotse-part-1-of-the-page", "b"),
    ("a\n\nlotse-part-1-of-the-page\n\nb", "c"),
])
def test_each_part_is_whole_even_when_the_author_tried_to_span_a_block(texts: tuple[str, ...]) -> None:
    done, _ = parts(*texts)
    assert len(done) == len(texts)
    for piece in done:
        for tag in ("div", "ul", "li", "p", "details"):
            assert piece.count(f"<{tag}>") + piece.count(f"<{tag} ") == piece.count(f"</{tag}>")


def test_one_part_and_no_part_are_fine() -> None:
    assert parts("a")[0] == ["<p>a</p>"]
    assert parts()[0] == []


def test_threads_do_not_mix_their_texts() -> None:
    wrong: list[str] = []

    def work(name: str) -> None:
        for number in range(30):
            done = html(f"# {name}{number}\n\nx[^1]\n\n[^1]: {name}")
            if f"{name}{number}</h2>" not in done or done.count("<li") != 1:
                wrong.append(done)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


PATHOLOGICAL = {
    "brackets": "[" * 20_000,
    "images": "![" * 10_000,
    "links": "[a](" * 5_000,
    "tags": "<a " * 6_000,
    "addresses": "<http://" * 2_500,
    "footnotes": "[^1]" * 5_000 + "\n\n[^1]: a",
    "headings": "# a\n\n" * 5_000,
    "tabs": '=== "a"\n' * 5_000,
    "details": '??? note "a"\n' * 5_000,
    "fences": "```\na\n```\n" * 5_000,
    "dollars": "$a" * 5_000,
    "deep lists": "\n".join("    " * level + "- a" for level in range(200)),
    "quotes": ">" * 5_000 + "a",
    "divs": "<div>\n\n" * 5_000,
    "a wide table": "|a" * 1_000 + "\n" + "|-" * 1_000 + "\n" + ("|b" * 1_000 + "\n") * 50,
    "a long list": "- a\n" * 20_000,
    "a megabyte of words": "a\n\n" * 300_000,
    "a megabyte of emphasis": ("*a" * 9_000 + "\n\n") * 55,
    "a megabyte of brackets": "[\n" * 500_000,
}


@pytest.mark.parametrize("name", PATHOLOGICAL)
def test_what_would_take_minutes_is_found_before_it_is_rendered(name: str) -> None:
    start = time.perf_counter()
    assert check_bounds(PATHOLOGICAL[name], "m.md")
    assert time.perf_counter() - start < 3


@pytest.mark.parametrize("text", [
    "[" * 1_400, "![" * 1_000, "<a " * 1_400, "[a](" * 1_000, "[^1]" * 700 + "\n\n[^1]: a", "# a\n\n" * 1_300, "<div>\n\n" * 1_300,
    '=== "a"\n' * 1_300, '??? note "a"\n' * 1_000, ("[" * 200 + "\n\n") * 45, "**a __b _c " * 1_500, "`a ``b " * 2_000, "| a " * 4_000, ("$" + "x+" * 900 + "x$\n\n") * 40,
    "- a\n" * 7_000, "a " * 9_000, "a\n\n" * 3_500, "\\(" * 1_000, "*a" * 8_000,
])
def test_what_is_within_the_bounds_is_rendered_in_seconds(text: str) -> None:
    assert check_bounds(text, "m.md") == []
    start = time.perf_counter()
    html(text)
    assert time.perf_counter() - start < 15, cost(text)


def test_a_long_ordinary_module_is_far_from_the_bounds() -> None:
    paragraph = "Ein Satz mit einem [Link](https://x.example), einer Fußnote[^1], *Betonung* und $x^2$. " * 3 + "\n\n"
    text = ("# Teil\n\n" + paragraph * 5 + "- [x] a\n- [ ] b\n\n") * 20
    assert check_bounds(text, "m.md") == []
