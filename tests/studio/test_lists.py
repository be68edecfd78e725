"""Lists in fenced parts as rows: what was not changed stays byte for byte, and what cannot be shown stays text."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from exercises.checks import CHECKS
from exercises.program_reading import _KNOWN, read_tests
from exercises.reading import ChecksError, read_checks
from studio import labels, lists
from studio.blockform import BlockForm, Fenced, read_block
from studio.formfields import acted, from_fields
from studio.rewriting import rewritten
from studio.values import Choice, Free, Frees, Pairs, Span, Text, Texts, Whole, Yes, scalar
from studio.yamllist import NoListError, added, cut, is_value, moved

ROOT = Path(__file__).parents[2]


def block(text: str, kind: str = "prompt", fence: str = "checks") -> str:
    return f"::: {kind} {{#a points=1}}\nSchreiben Sie.\n```context quelle.md\nText\n```\n```{fence}\n{text}\n```\n:::" if kind == "prompt" else f"::: {kind} {{#a points=1}}\nX\n```{fence}\n{text}\n```\n:::"


def form_of(source: str) -> BlockForm:
    form = read_block(source, "de")
    assert form is not None, source
    return form


def as_sent(form: BlockForm) -> dict[str, list[str]]:
    """The fields of a form as a browser sends them when nothing was changed: lists as rows where there are rows."""
    fields = {"stem": [form.text], "hint": list(form.hints), "explanation": [form.explanation]}
    fields |= {f"attribute-{name}": [form.attributes.get(name, "")] for name in form.names}
    for number, fence in enumerate(form.fences):
        fields |= {f"name-{number}": [fence.name], f"argument-{number}": [fence.argument]}
        try:
            rows = lists.rows(form, fence)
        except NoListError:
            fields[f"fence-{number}"] = [fence.text]
            continue
        for at, row in enumerate(rows):
            fields[f"row-{number}-{at}"] = ["1"]
            fields |= {f"kind-{number}-{at}-{shown.column.key}": [shown.column.key] for shown in row.kinds}
            for shown in (*row.kinds, *row.inputs, *row.more):
                if not isinstance(shown.column.field, Yes) or shown.values:
                    sent = list(shown.values) or ([] if isinstance(shown.column.field, Pairs) else [""])
                    fields[f"row-{number}-{at}-{shown.column.key}"] = [*(text.replace("\n", "\r\n") for text in sent), *(["", ""] if isinstance(shown.column.field, Pairs) else [])]
    return fields


def after(source: str, **changes: str | Sequence[str]) -> str:
    """The source after a form in which these fields are other ones; `_` stands for `-`, a double one for itself."""
    form = form_of(source)
    sent: dict[str, Any] = as_sent(form)
    for name, value in changes.items():
        sent[re.sub(r"(?<!_)_(?!_)", "-", name).replace("__", "_")] = [value] if isinstance(value, str) else list(value)
    return rewritten(source, from_fields(sent, form), "de")


def fence_of(source: str, name: str = "checks") -> str:
    return next(fence.text for fence in form_of(source).fences if fence.name == name)


def pressed(source: str, act: str) -> str:
    return rewritten(source, acted(form_of(source), act, "Neu"), "de")


CHECKS_TEXT = """\
# What counts for all
- ask: "Wann öffnet die Bibliothek?"   # on Mondays
  must_contain: [ "8",  Uhr ]
  label: 'Nennt die Zeit'

# Here the source says nothing.
- ask: "Und sonntags?"
  must_match: "(keine|nicht) .*Angabe"
  must_not_match: "\\\\b\\\\d{1,2} Uhr"
  later: stays  # who knows
- bullets: 3..5
- max_words:   80
# The end"""


def test_every_list_that_comes_with_lotse_has_rows_and_a_form_that_was_not_changed_changes_no_byte() -> None:
    texts = [path.read_text() for folder in ("content", "docs/trainers") for path in sorted((ROOT / folder).glob("**/*.md"))]
    sources = [source for text in texts for source in re.findall(r"^::: (?:prompt|write|python|grounded) \{[^\n]*\}\n(?:(?!:::)[^\n]*\n)*:::$", text, re.MULTILINE)]
    found = 0
    for source in sources:
        form = form_of(source)
        for fence in form.fences:
            if lists.listing_of(form.kind, fence):
                assert [row.kept for row in lists.rows(form, fence) if row.kept] == [], source
                found += 1
        assert rewritten(source, from_fields(as_sent(form), form), "de") == source
    assert found > 70


def test_only_the_value_that_changed_is_written_and_comments_blanks_and_unknown_keys_stay() -> None:
    source = block(CHECKS_TEXT)
    assert after(source) == source
    assert after(source, row_1_3_max__words="90") == source.replace("max_words:   80", "max_words:   90")
    assert after(source, row_1_0_must__contain="8\r\nUhr\r\nMontag") == source.replace('[ "8",  Uhr ]', '["8", Uhr, "Montag"]')
    assert after(source, row_1_0_ask="Wann?") == source.replace("Wann öffnet die Bibliothek?", "Wann?")
    assert after(source, row_1_0_label="So's gut") == source.replace("'Nennt die Zeit'", "'So''s gut'")
    assert after(source, row_1_2_bullets=("4", "")) == source.replace("3..5", "4..")
    assert after(source, row_1_2_label="Kurz") == source.replace("- bullets: 3..5\n", '- bullets: 3..5\n  label: "Kurz"\n')
    assert after(source, row_1_2_ask="Was?") == source.replace("- bullets: 3..5\n", '- ask: "Was?"\n  bullets: 3..5\n')


def test_what_is_emptied_goes_and_its_comment_stays() -> None:
    source = block(CHECKS_TEXT)
    assert after(source, row_1_0_label="") == source.replace("  label: 'Nennt die Zeit'\n", "")
    assert after(source, row_1_0_ask="") == source.replace('- ask: "Wann öffnet die Bibliothek?"   # on Mondays\n  must_contain', "  # on Mondays\n- must_contain")
    assert after(source, row_1_3_max__words="") == source.replace("max_words:   80", 'max_words:   ""')  # Without it the entry would check nothing.


def test_another_check_takes_the_place_of_the_old_one_and_keeps_what_fits() -> None:
    source = block(CHECKS_TEXT)
    assert after(source, kind_1_1_must__match="must_contain") == source.replace("must_match:", "must_contain:", 1)
    assert after(source, kind_1_3_max__words="min_words") == source.replace("max_words:", "min_words:")
    assert after(source, kind_1_3_max__words="quote_from") == source.replace("max_words:   80", "quote_from:   quelle.md")
    assert after(source, kind_1_3_max__words="json") == source.replace("max_words:   80", "json:   true")
    for nonsense in ("must_not_match", "nonsense"):  # One that the entry has already; one that there is not.
        with pytest.raises(ValueError, match=nonsense):
            after(source, kind_1_1_must__match=nonsense)


def test_buttons_move_add_and_remove_rows_with_the_comments_above_them() -> None:
    source = block(CHECKS_TEXT)
    moved_up = pressed(source, "row-up 1 1")
    assert fence_of(moved_up).startswith('# Here the source says nothing.\n- ask: "Und sonntags?"')
    assert pressed(moved_up, "row-down 1 0") == source
    assert pressed(source, "row-down 1 3") == source
    assert pressed(source, "row-remove 1 2") == source.replace("- bullets: 3..5\n", "")
    assert pressed(source, "row 1") == source.replace("80\n# The end", '80\n- must_contain: ""\n# The end')
    assert pressed(source, "row-drop 1 1 must_match") == source.replace('  must_match: "(keine|nicht) .*Angabe"\n', "")
    for nonsense in ("row 7", "row x", "row-up 1 99", "row-drop 1 1 later", "row-drop 1 1", "rows", "row-remove 0 0"):
        assert pressed(source, nonsense) == source


def test_a_new_list_begins_with_an_entry_and_the_last_one_may_go() -> None:
    source = "::: prompt {#a points=1}\nX\n:::"
    begun = pressed(source, "fence checks")
    assert begun == '::: prompt {#a points=1}\nX\n```checks\n- must_contain: ""\n```\n:::'
    assert fence_of(pressed(begun, "row-remove 0 0")) == ""
    assert pressed(pressed(begun, "row-remove 0 0"), "row 0") == begun
    follows = pressed(source, "fence then")
    assert "```then mark\n```" in follows
    missed = after(follows, argument_0="missed")
    assert "```then missed\n- text: \"\"\n  pattern: \"\"\n```" in missed
    assert len(lists.rows(form_of(missed), form_of(missed).fences[0])) == 1


@pytest.mark.parametrize("text", [
    "- {bullets: 3}", "- &a bullets: 3", "- bullets: *a", "- bullets: !!str 3", "bullets: 3", "- a\n- b", "[{bullets: 3}]", "-\n  bullets: 3", "- ? bullets\n  : 3",
    "- bullets: 3\n  bullets: 4", "- bullets: [", "- bullets: 3\n---\n- bullets: 4", "- bullets: 3\r\n- bullets: 4", "- bullets: 3\x85", "x" * 20_001, "- - bullets: 3",
])
def test_what_rows_cannot_show_stays_a_field_of_text_and_says_why(text: str) -> None:
    form = BlockForm("prompt", "a", fences=(Fenced("checks", "", text, 0),))
    assert lists.why_text(form, form.fences[0])
    with pytest.raises(NoListError):
        lists.written(form, form.fences[0], 0, {"row-0-0": ["1"]})


@pytest.mark.parametrize(("text", "key"), [
    ("- must_contain: [a, # one\n    b]", "must_contain"), ("- must_contain:  # both\n  - a\n  - b", "must_contain"), ("- must_contain: |+\n    a\n\n", "must_contain"),
    ("- must_contain: {a: b}", "must_contain"), ("- max_words: many", "max_words"), ("- bullets: a..b", "bullets"), ("- schema: {a: date}", "schema"),
])
def test_a_value_that_a_field_cannot_show_is_kept_and_its_neighbours_can_be_changed(text: str, key: str) -> None:
    text = f"{text}\n  label: Alt"
    form = form_of(block(text))
    assert [row.kept for row in lists.rows(form, form.fences[1])] == [(key,)]
    assert fence_of(after(block(text), row_1_0_label="Neu", **{f"row_1_0_{key.replace('_', '__')}": "anders"})) == text.replace("Alt", "Neu")


def test_lists_on_lines_of_their_own_and_texts_of_several_lines_keep_their_form() -> None:
    text = "- must_contain:\n  - eins\n  - 'zwei'\n  ask: |-\n    Erste Zeile\n    Zweite Zeile\n  label:\n    weiter unten\n- min_words: 3"
    assert fence_of(after(block(text), row_1_0_must__contain="eins\ndrei\nzwei")) == text.replace("  - eins\n", '  - eins\n  - "drei"\n')
    assert fence_of(after(block(text), row_1_0_ask="Erste Zeile\n\nDritte")) == text.replace("    Zweite Zeile", "\n    Dritte")
    assert fence_of(after(block(text), row_1_0_label="hier")) == text.replace("label:\n    weiter unten", "label: hier")
    indentless = "- must_contain:\n    - eins\n    - zwei"
    assert fence_of(after(block(indentless), row_1_0_must__contain="eins")) == "- must_contain:\n    - eins"


def test_tests_of_programs_keep_the_types_of_their_values() -> None:
    text = '- name: eins\n  call: f\n  args: ["Hallo", 5]\n  returns: 3\n  hidden: true'
    source = block(text, "python", "tests")
    changed = after(source, row_0_0_args='"Hallo"\r\n5\r\n"5"\r\nWelt\r\n[1, 2]\r\na: b', row_0_0_returns="{titel: Faust}", row_0_0_replies="Ja: gern\n5\n{fails: timeout}", row_0_0_hidden=[],
                    row_0_0_stdin="a\nb", row_0_0_kwargs=["n", "1", "", ""], row_0_0_calls=["1", "3"])
    assert 'args: ["Hallo", 5, "5", Welt, [1, 2], "a: b"]' in changed
    test = read_tests(fence_of(changed, "tests"))[0]
    assert (test.call.arguments, test.call.named, test.hidden, test.stdin) == (("Hallo", 5, "5", "Welt", [1, 2], "a: b"), {"n": 1}, False, "a\nb")  # type: ignore[union-attr]
    assert [(reply.text, bool(reply.fails)) for reply in test.replies] == [("Ja: gern", False), ("5", False), ("", True)]
    assert (test.wants.value, test.wants.fewest_calls, test.wants.most_calls) == (("equals", {"titel": "Faust"}), 1, 3)
    assert "hidden: true" in after(after(source, row_0_0_hidden=[]), row_0_0_hidden="yes")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), st.sampled_from(["'", '"', None, "|", ">"]))
def test_any_text_is_written_so_that_yaml_reads_it_back(text: str, style: str | None) -> None:
    written = scalar(text, style)
    for loader in (yaml.BaseLoader, yaml.SafeLoader):
        found = yaml.load(f"- k: {written}\n  l: x\n", Loader=loader)
        assert found == [{"k": text, "l": "x"}]


@given(st.text("abc ÄÖß*&!|>%@`_(){}[]?=:#,/-.\\\n'\"", max_size=40), st.sampled_from(["must_contain", "label", "ask", "json_schema", "judge"]))
def test_whatever_is_typed_into_a_row_stays_one_value_of_that_row(typed: str, key: str) -> None:
    text = "# oben\n- must_contain: a  # dazu\n  label: b\n  ask: c\n- json_schema: {type: object}\n- judge: e\n# unten"
    at = {"json_schema": "1", "judge": "2"}.get(key, "0")
    new = fence_of(after(block(text), **{f"row_1_{at}_{key.replace('_', '__')}": typed}))
    before, now = (yaml.load(each, Loader=yaml.BaseLoader) for each in (text, new))
    for one, other, number in zip(before, now, "012", strict=True):
        assert {name: value for name, value in one.items() if name != key} == {name: value for name, value in other.items() if name != key}, number
    assert all(comment in new for comment in ("# oben\n", "# dazu", "\n# unten"))
    again = block(new)
    assert after(again) == again


@given(st.lists(st.sampled_from(["up", "down", "remove", "add"]), max_size=6), st.integers(0, 3))
def test_moving_keeps_every_line(acts: Sequence[str], number: int) -> None:
    text = CHECKS_TEXT
    for act in acts:
        lines = sorted(text.split("\n"))
        new = added(text, {"bullets": "3"}) if act == "add" else moved(text, number, act)
        if act in ("up", "down"):
            assert sorted(new.split("\n")) == lines
        assert all(line in new for line in CHECKS_TEXT.split("\n") if line.startswith("#"))
        text = new
        cut(text)


def test_every_check_and_every_key_of_a_test_is_offered_and_every_label_is_there() -> None:
    checks = lists.listing_of("prompt", Fenced("checks"))
    tests = lists.listing_of("python", Fenced("tests"))
    assert checks is not None
    assert tests is not None
    assert checks.kinds.keys() == CHECKS.keys() | {"judge"}
    assert tests.known.keys() == set(_KNOWN)
    assert all(column.title for column in checks.kinds.values())
    assert set(labels.ARGUMENTS) <= labels.FENCES.keys()


@pytest.mark.parametrize("name", [*CHECKS, "judge"])
def test_each_check_can_be_chosen_and_what_it_begins_with_can_be_read_or_says_what_is_missing(name: str) -> None:
    fields = "```fields\n- name: antwort\n  title: A\n```\n"
    source = block("- bullets: 3").replace("```checks", f"{fields}```checks")
    chosen = after(source, kind_2_0_bullets=name) if name != "bullets" else source
    row = lists.rows(form_of(chosen), form_of(chosen).fences[2])[0]
    assert [shown.column.key for shown in row.kinds] == [name]
    assert faults(fence_of(chosen)) <= {"A text is expected here, of at most 2000 characters."}


def faults(text: str) -> set[str]:
    try:
        read_checks(text, ["quelle.md"], ["antwort"])
    except ChecksError as error:
        return {fault.message for fault in error.faults}
    return set()


@pytest.mark.parametrize(("field", "given", "source"), [
    (Whole(), ["7 Wörter"], "7"), (Whole(), [""], None), (Span(), ["3", "3"], "3"), (Span(), ["", "4"], "0..4"), (Span(), ["", ""], None), (Yes(), ["yes"], "true"), (Yes(), [], None),
    (Text(), ["  a  b "], '"a  b"'), (Text(), ["a\nb"], '"a b"'), (Text(lines=True), ["a\nb"], "|-\n    a\n    b"), (Choice(), ["no"], '"no"'), (Choice(), ["model"], "model"),
    (Texts(), ["a"], '"a"'), (Texts(), ["a\n\nb"], '["a", "b"]'), (Texts(perhaps=True), [""], "true"), (Free(), ["[1, 2]"], "[1, 2]"), (Free(), ["*x"], '"*x"'), (Free(), ["5 # fünf"], '"5 # fünf"'),
    (Free(), ["type: object\nrequired: [a]"], "\n    type: object\n    required: [a]"), (Frees(), ["a, b\n[x"], '["a, b", "[x"]'), (Pairs(), ["n", "1..100", "w", "[a, b]", "", "x"], "{n: 1..100, w: [a, b]}"),
    (Pairs(), ["ein Wort", "a: b"], '{"ein Wort": "a: b"}'),
])
def test_fields_write_what_yaml_means_by_it(field: Any, given: Sequence[str], source: str | None) -> None:
    assert field.write(given, None) == source


def test_values_are_one_value_or_none() -> None:
    seen: Mapping[str, bool] = {"a": True, "[a]": True, "a: b": False, "*a": False, "!x y": False, "a\nb: c": False, '"x"': True, "x # y": False}
    assert {source: is_value(source) for source in seen} == seen
    assert not is_value("a, b", in_list=True)
