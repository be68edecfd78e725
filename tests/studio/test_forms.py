"""A question's form and its text say the same; the live preview shows what the page will show."""

from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from assessments.kinds import KINDS
from modules.dialect import to_html
from modules.render import _PLAIN, _render, render_parts
from modules.sanitise import sanitise
from modules.service import PREFIX
from modules.source import front_matter, read_course
from modules.split import Prose, split
from studio import structure
from studio.blockform import BlockForm, Row, from_fields, new_block, read_block, write_block
from studio.commands import with_ids
from studio.preview import Addresses, _prose, preview

CONTENT = Path(__file__).parents[2] / "content"
MODULES = sorted(CONTENT.glob("**/module.*.md"))

WORDS = st.text("abc ÄÖß*_()[]!?>=%:/-.\n'\"", min_size=1, max_size=40)


@given(stem=WORDS, texts=st.lists(WORDS, min_size=2, max_size=4), feedback=WORDS, hint=WORDS)
def test_what_a_form_writes_is_one_block_whatever_is_typed(stem: str, texts: list[str], feedback: str, hint: str) -> None:
    fields = {"kind": ["single"], "id": ["a"], "stem": [stem], "right": ["0"], "hint": [hint], "feedback-0": [feedback], "attribute-points": ["2"]}
    source = write_block(from_fields(fields | {f"text-{number}": [text] for number, text in enumerate(texts)}))
    parts = split(source, path="", language="de")
    assert [segment.kind for segment in parts.segments if not isinstance(segment, Prose)] == ["single"]
    assert len(parts.segments) == 1
    form = read_block(source, "de")
    if form is not None:
        assert read_block(write_block(form), "de") == form


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.written is not None])
@pytest.mark.parametrize("language", ["de", "en"])
def test_the_first_question_of_a_kind_has_a_form_and_no_error(kind: str, language: str) -> None:
    source = new_block(kind, "a", language)
    form = read_block(source, language)
    assert form is not None
    assert write_block(form) == source
    block = split(source, path="", language=language).segments[0]
    item = KINDS[kind].parse(block)  # type: ignore[arg-type]
    response = KINDS[kind].solved(item)
    assert response is None or KINDS[kind].grade(item, response).state == "right"


def test_a_block_that_a_form_cannot_hold_is_left_as_text() -> None:
    assert read_block("::: single {#a}\nX\n(x) a\n( ) b\nstray\n:::", "de") is None
    assert read_block("::: prompt {#a}\nX\n:::", "de") is None
    assert read_block("::: single {#a}\nX\n(x) a\n( ) b\n:::\n\nMore", "de") is None


def test_answers_keep_weights_and_indented_lines() -> None:
    source = "::: single {#a points=2}\nX\n(x) a\n    > because\n    > of it\n( ) %50% b\n    and more\n? H\n! E\n:::"
    form = read_block(source, "de")
    assert form is not None
    assert form == BlockForm("single", "a", {"points": "2"}, "X", (Row("(x)", "", "a", "because\nof it"), Row("( )", "50", "b\nand more", "")), ("H",), "E")
    assert read_block(write_block(form), "de") == form


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_prose_drawn_piece_by_piece_is_the_page_s_prose(path: Path) -> None:
    text, language = path.read_text(), path.name.split(".")[1]
    _head, body, line = front_matter(text)
    prose = [segment.markdown for segment in split(body, path="x/y", language=language, first_line=line).segments if isinstance(segment, Prose)]
    addresses = Addresses("/studio/kurs", "01", language)
    together, _dropped = render_parts(prose, language=language, media_url=addresses, prefix=PREFIX)
    assert [html.split() for html in _prose(prose, language, addresses)] == [html.split() for html in together]


@pytest.mark.parametrize("solutions", [False, True])
def test_every_module_that_comes_with_lotse_can_be_previewed(app: Flask, solutions: bool) -> None:
    with app.test_request_context():
        for path in MODULES[:12]:
            drawn = preview(path.read_text(), f"{path.parent.name}/{path.name}", path.name.split(".")[1], "/studio/kurs", solutions=solutions)
            assert len(drawn.pieces) > 1
            assert not any("kern-alert--danger" in piece.html for piece in drawn.pieces)


@given(st.text("aZäß .,;:?!–„“()…%€/\"'-1\u00a0&<*_", max_size=30).filter(_PLAIN.fullmatch).map(str.strip))
def test_plain_texts_need_no_markdown(text: str) -> None:
    for inline in (False, True):
        unsafe, _ = to_html(text, "de", inline=inline)
        if inline:
            unsafe = unsafe.removeprefix("<p>").removesuffix("</p>")
        assert _render(text, "de", str, "", inline=inline).html == sanitise(unsafe, url=str, prefix="", inline=inline)


def test_small_changes_leave_the_rest_as_its_author_wrote_it() -> None:
    yml = "id: k  # never changes\nmodules:\n  - a\n  - b\nlicence: CC0-1.0\n"
    assert structure.with_list(yml, "modules", ["b", "a"]) == "id: k  # never changes\nmodules: [b, a]\nlicence: CC0-1.0\n"
    module = "---\nid: a  # stays\ntitle: X\nminutes: 5\n---\n\nText\n"
    changed = structure.with_front(module, {**structure.front_values(module), "title-de": 'Ein "X"', "minutes": "7"})
    assert changed == '---\nid: a  # stays\ntitle: {de: "Ein \\"X\\"", en: "X"}\nminutes: 7\ncompetencies: []\n---\n\nText\n'


def test_a_new_course_has_no_error() -> None:
    course = read_course(structure.new_course("neu", {"de": "Neu", "en": "New"}))
    assert course.findings == ()


def test_missing_ids_are_the_same_in_both_languages() -> None:
    made: dict[tuple[str, int], str] = {}
    german = with_ids("::: single\nA\n:::\n\n```\n::: single\n```\n\n::: multi {#b points=1}\n", "m", made)
    english = with_ids("::: single {points=2}\nA\n:::\n", "m", made)
    assert german.split("\n")[0] == f"::: single {{#{made['m', 1]}}}"
    assert english.split("\n")[0] == f"::: single {{#{made['m', 1]} points=2}}"
    assert "::: single\n```" in german
    assert "{#b points=1}" in german
