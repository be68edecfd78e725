"""A question's form and its text say the same; the live preview shows what the page will show."""

import re
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from assessments.kinds import KINDS
from core import db
from modules import blocks
from modules.blocks import Block
from modules.dialect import to_html
from modules.render import _PLAIN, _render, render_parts
from modules.sanitise import sanitise
from modules.service import PREFIX
from modules.source import front_matter, read_course
from modules.split import LAW, Law, Prose, split
from reports.models import LegalVersion
from studio import labels, structure
from studio.blockform import BlockForm, Row, read_block, why_not
from studio.commands import with_ids
from studio.editing_views import _kinds
from studio.formfields import acted, from_fields
from studio.preview import Addresses, _prose, preview
from studio.rewriting import rewritten
from studio.shapes import GIFT, SHAPES, new_block
from tests import builders

CONTENT = Path(__file__).parents[2] / "content"
MODULES = sorted(CONTENT.glob("**/module.*.md"))

WORDS = st.text("abc ÄÖß*_()[]!?>=%:/-.\n'\"", min_size=1, max_size=40)


def as_sent(form: BlockForm) -> dict[str, list[str]]:
    """A form's fields as a browser sends them when nothing was changed."""
    fields = {"stem": [form.text.replace("\n", "\r\n")], "hint": [*form.hints, ""], "explanation": [form.explanation], "column": list(form.columns), "sign": [form.sign]}
    fields |= {f"attribute-{name}": [form.attributes.get(name, "")] for name in form.names}
    for at, row in enumerate(form.rows):
        fields |= {f"text-{at}": [row.text], f"sign-{at}": [row.sign], f"weight-{at}": [row.weight], f"feedback-{at}": [row.feedback]}
        fields[f"cell-{at}"] = [str(column) for column, right in enumerate(row.cells, 1) if right]
    for at, fence in enumerate(form.fences):
        fields |= {f"fence-{at}": [fence.text], f"name-{at}": [fence.name], f"argument-{at}": [fence.argument]}
    if not form.shape.together:
        del fields["sign"]
    return fields


def form_of(source: str) -> BlockForm:
    form = read_block(source, "de")
    assert form is not None, source
    return form


@given(stem=WORDS, texts=st.lists(WORDS, min_size=2, max_size=4), feedback=WORDS, hint=WORDS)
def test_what_a_form_writes_is_one_block_whatever_is_typed(stem: str, texts: list[str], feedback: str, hint: str) -> None:
    source = "::: single {#a points=1}\nX\n(x) a\n( ) b\n:::"
    fields = {"stem": [stem], "right": ["0"], "hint": [hint], "feedback-0": [feedback], "attribute-points": ["2"]}
    form = from_fields(fields | {f"text-{number}": [text] for number, text in enumerate(texts)}, form_of(source))
    try:
        written = rewritten(source, form, "de")
    except ValueError:  # It would be no such block any more: the text stays as it is.
        return
    parts = split(written, path="", language="de")
    assert [segment.kind for segment in parts.segments if not isinstance(segment, Prose)] == ["single"]
    assert len(parts.segments) == 1
    again = form_of(written)
    assert rewritten(written, again, "de") == written


def test_every_kind_of_block_can_be_inserted_and_completed(app: Flask) -> None:
    with app.test_request_context():
        offered = {kind["name"]: kind["title"] for kind in _kinds()}
    assert offered.keys() == {*blocks.kinds(), GIFT, LAW}
    assert not [name for name, title in offered.items() if title in ("", name)]


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("language", ["de", "en"])
def test_every_kind_of_block_has_a_form_and_a_first_example_without_error(name: str, language: str) -> None:
    shape = SHAPES[name]
    assert set(shape.attributes) <= labels.ATTRIBUTES.keys()
    assert shape.fences <= labels.FENCES.keys()
    source = new_block(name, "a", language)
    form = read_block(source, language)
    assert form is not None
    assert rewritten(source, form, language) == source
    block = split(source, path="", language=language).segments[0]
    assert isinstance(block, Law if name == LAW else Block)
    assert name == "pool" or shape.sample.keys() >= {"de", "en"}
    if kind := KINDS.get(name):
        assert isinstance(block, Block)
        assert not [finding.message for finding in kind.check(block) if finding.severity == "error"]
        item = kind.parse(block)
        response = kind.solved(item)
        assert response is None or kind.grade(item, response).state == "right"


def test_questions_in_gift_begin_with_one_that_can_be_read() -> None:
    found = split(new_block(GIFT, "a", "de"), path="", language="de")
    assert [block.id for block in found.segments if isinstance(block, Block)] == ["a"]
    assert not found.findings
    assert "GIFT" in why_not(new_block(GIFT, "a", "de"))


def test_a_legal_statement_has_a_form_and_is_seen_as_learners_see_it(app: Flask) -> None:
    source = new_block(LAW, "law-a", "de")
    found = split(source, path="", language="de")
    assert [(law.topic, law.source) for law in found.segments if isinstance(law, Law)] == [("law-a", "https://")]
    assert not found.findings
    form = form_of(source)
    dated = rewritten(source, from_fields(as_sent(form) | {"attribute-as_of": ["2026-08-02"], "attribute-title": ["Pflichten ab August"]}, form), "de")
    assert dated == re.sub(r"as_of=\S+", "as_of=2026-08-02", source).replace('"https://"', '"https://" title="Pflichten ab August"')
    assert rewritten(source, from_fields(as_sent(form) | {"stem": ["Anders."]}, form), "de") == source.replace("Was das Recht dazu sagt.", "Anders.")
    assert read_block(source.replace("Was", "! Was"), "de") is None  # What a question would explain has no field here.
    with app.test_request_context():
        own = builders.organisation(), builders.person()
        drawn = [preview(text, "01-eins/module.de.md", "de", "/studio/kurs").pieces[-1].html for text in (source, source.replace("as_of", "day"))]
        assert "Was das Recht dazu sagt." in drawn[0]
        assert ("kern-alert--danger" in drawn[0], "Was das Recht" in drawn[1]) == (False, False)
        with db.transaction() as tx:
            tx.add(LegalVersion(topic="law-a", valid_from=db.now().date(), de="Unser Text", en="x", source="https://example.org", person_id=own[1].id))
        assert "Unser Text" in preview(source, "01-eins/module.de.md", "de", "/studio/kurs").pieces[-1].html


def _every_block() -> list[str]:
    texts = [path.read_text() for folder in ("content", "docs/trainers") for path in (CONTENT.parent / folder).glob("**/*.md")]
    return [source for text in texts for source in re.findall(r"^::: [a-z]+ \{[^\n]*\}\n(?:(?!:::)[^\n]*\n)*:::$", text, re.MULTILINE)]


def test_a_form_that_was_not_changed_changes_no_byte_and_one_that_was_only_those_lines() -> None:
    sources = _every_block()
    assert len(sources) > 300
    for source in sources:
        form = form_of(source)
        sent = from_fields(as_sent(form), form)
        assert rewritten(source, sent, "de") == source
        longer = rewritten(source, from_fields(as_sent(form) | {"explanation": ["Neu gesagt."]}, form), "de") if form.shape.asks else source
        kept = [line for line in source.split("\n") if not line.startswith(("!", "    "))]
        assert [line for line in longer.split("\n") if not line.startswith(("!", "    "))] == kept


def test_what_the_form_does_not_offer_stays_and_a_new_value_stands_in_its_place() -> None:
    source = '::: single {#a  tags="eins, zwei" points=1 later="x y"}\n\nX\n\n(X)  a\n  > because\n\n[[y]]\n:::'.replace("\n[[y]]", "")
    form = form_of(source)
    sent = from_fields(as_sent(form) | {"attribute-points": ["2.5"], "right": ["0"]}, form)
    assert rewritten(source, sent, "de") == source.replace("points=1", "points=2.5")
    emptied = from_fields(as_sent(form) | {"attribute-tags": [""], "right": ["0"]}, form)
    assert rewritten(source, emptied, "de") == source.replace('  tags="eins, zwei"', "")


TABLE = "::: matrix {#a points=2}\nX\n| Fall            | ja  | nein |\n|-----------------|-----|------|\n| mit \\| Strich   | (x) | ( )  |\n    > weil\n| ohne            | ( ) | (x)  |\n! E\n:::"


def test_a_table_keeps_its_spacing_and_grows_by_rows_and_columns() -> None:
    form = form_of(TABLE)
    assert [(row.text, row.cells, row.feedback) for row in form.rows] == [("mit | Strich", (True, False), "weil"), ("ohne", (False, True), "")]
    other = from_fields(as_sent(form) | {"cell-0": ["2"], "text-1": ["gar nicht"]}, form)
    assert rewritten(TABLE, other, "de") == TABLE.replace("| (x) | ( )  |\n    >", "| ( ) | (x)  |\n    >").replace("| ohne            |", "| gar nicht       |")
    wider = rewritten(TABLE, acted(form, "column", "Neu"), "de")
    assert form_of(wider).columns == ("Fall", "ja", "nein", "Neu 3")
    assert form_of(rewritten(wider, acted(form_of(wider), "remove-column 1", ""), "de")).rows[1].cells == (True, False)
    many = rewritten(TABLE, from_fields(as_sent(form) | {"sign": ["[ ]"]}, form), "de")
    assert "| [x] | [ ]  |" in many
    assert rewritten(TABLE, acted(form, "answer", "Neu"), "de").split("\n")[-3] == "| Neu | (x) | ( ) |"


def test_rows_move_with_what_belongs_to_them_and_numbers_follow() -> None:
    source = "::: order {#a points=1}\nX\n1. eins\n    > erst\n2. zwei\n3) drei\n? H\n:::"
    form = form_of(source)
    moved = rewritten(source, acted(form, "down 0", ""), "de")
    assert moved == "::: order {#a points=1}\nX\n1. zwei\n2. eins\n    > erst\n3) drei\n? H\n:::"
    assert rewritten(moved, acted(form_of(moved), "up 1", ""), "de") == source
    assert rewritten(source, acted(form, "remove 0", ""), "de") == "::: order {#a points=1}\nX\n1. zwei\n2. drei\n? H\n:::"


def test_fenced_parts_are_fields_and_a_text_with_ticks_does_not_end_them() -> None:
    source = "::: prompt {#a}\nX\n~~~~context q.md\nalt\n\n~~~~\n\n```checks\n- bullets: 3\n```\n! E\n:::"
    form = form_of(source)
    assert rewritten(source, from_fields(as_sent(form), form), "de") == source
    ticks = rewritten(source, from_fields(as_sent(form) | {"fence-1": ["```\nx\n```"]}, form), "de")
    assert form_of(ticks).fences[1].text == "```\nx\n```"
    assert "~~~~context q.md\nalt\n\n~~~~\n\n" in ticks
    more = rewritten(source, acted(form, "fence system", ""), "de")
    assert [fence.name for fence in form_of(more).fences] == ["context", "checks", "system"]
    assert form_of(rewritten(more, acted(form_of(more), "remove-fence 2", ""), "de")) == form


def test_a_block_that_a_form_cannot_hold_is_left_as_text() -> None:
    for source in ("::: single {#a}\nX\n(x) a\n( ) b\nstray\n:::", "::: single {#a}\nX\n(x) a\n( ) b\n:::\n\nMore", "::: single {#a points=1 points=2}\nX\n(x) a\n( ) b\n:::",
                   "::: matrix {#a}\nX\n| a | b | c |\n|---|---|---|\n| d | (x) | [ ] |\n:::", "::: pool {#a pick=1 from=b}\nText\n:::", "::: elsewhere {#a}\nX\n:::"):
        assert read_block(source, "de") is None


def test_answers_keep_weights_and_indented_lines() -> None:
    source = "::: single {#a points=2}\nX\n(x) a\n    > because\n    > of it\n( ) %50% b\n    and more\n? H\n! E\n:::"
    form = form_of(source)
    assert form == BlockForm("single", "a", {"points": "2"}, "X", (Row("(x)", "", "a", "because\nof it"), Row("( )", "50", "b\nand more", "")), ("H",), "E")
    half = from_fields(as_sent(form) | {"weight-1": ["25"], "right": ["0"]}, form)
    assert rewritten(source, half, "de") == source.replace("50", "25")


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
        builders.organisation()
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
    assert changed == '---\nid: a  # stays\ntitle: {de: "Ein \\"X\\"", en: "X"}\nminutes: 7\n---\n\nText\n'
    values = structure.front_values(module)
    assert structure.with_front(module, values) == module
    assert structure.with_front(module, values | {"title": "Neu"}) == module.replace("title: X", 'title: "Neu"')


def test_a_block_is_put_behind_those_that_both_languages_have() -> None:
    one, two, new = (f"::: single {{#{name} points=1}}\nX\n(x) a\n( ) b\n:::" for name in ("one", "two", "new"))
    text = f"---\nid: a\n---\n\nA\n\n{one}\n\nB\n\n{two}\n\nC\n"
    assert structure.with_block(text, new, ["one"], "en") == text.replace(one, f"{one}\n\n{new}")
    assert structure.with_block(text, new, ["zero", "two"], "en") == text.replace(two, f"{two}\n\n{new}")
    assert structure.with_block(text, new, [], "en") == f"{text}\n{new}\n"
    empty = "::: pool {#p pick=1 from=x}\n:::"
    assert structure.with_block(f"{empty}\n\nC\n", new, ["p"], "en") == f"{empty}\n\n{new}\n\nC\n"


def test_a_new_course_has_no_error() -> None:
    course = read_course(structure.new_course("neu", {"de": "Neu", "en": "New"}))
    assert course.findings == ()


def test_missing_ids_are_the_same_in_both_languages() -> None:
    made: dict[tuple[str, int], str] = {}
    german = with_ids("::: law {topic=t}\nA\n:::\n::: single\nA\n:::\n\n```\n::: single\n```\n\n::: multi {#b points=1}\n", "m", made)
    english = with_ids("::: single {points=2}\nA\n:::\n", "m", made)
    assert german.split("\n")[:4:3] == ["::: law {topic=t}", f"::: single {{#{made['m', 1]}}}"]   # A legal statement has no id.
    assert english.split("\n")[0] == f"::: single {{#{made['m', 1]} points=2}}"
    assert "::: single\n```" in german
    assert "{#b points=1}" in german
