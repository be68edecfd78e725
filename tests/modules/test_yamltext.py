import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.yamltext import DEEPEST, MOST_CHARACTERS, YamlError, read_yaml

BILLION = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def refusal(text: str) -> YamlError:
    with pytest.raises(YamlError) as caught:
        read_yaml(text)
    return caught.value


def test_values_keep_their_type_and_line() -> None:
    yaml = read_yaml("a: 1\nb:\n  - 2.5\n  - true\nc: ~\nd: text\n", first_line=10)
    assert yaml.value == {"a": 1, "b": [2.5, True], "c": None, "d": "text"}
    assert (yaml.lines["a",], yaml.lines["b", 1], yaml.lines["d",]) == (10, 13, 15)


@pytest.mark.parametrize("text", ["no", "yes", "2026-02-30", "8:30", "0o17", "0x1F", "1_000", ".inf", "1e999", "9" * 5000, "="])
def test_what_looks_special_stays_the_text_that_was_written(text: str) -> None:
    assert read_yaml(f"key: {text}").value == {"key": text}


def test_quoted_numbers_are_texts() -> None:
    assert read_yaml("a: \"1\"\nb: 'true'\n").value == {"a": "1", "b": "true"}


def test_a_yaml_bomb_is_refused_at_its_first_anchor() -> None:
    start = time.perf_counter()
    error = refusal(BILLION)
    assert (error.line, time.perf_counter() - start < 1) == (1, True)
    assert "anchors" in error.message


@pytest.mark.parametrize(("text", "part"), [
    ("a: 1\nb: 2\na: 3\n", "twice"),
    ("a: {b: 1, b: 2}", "twice"),
    ("a: !!python/object/apply:os.system [id]", "tags"),
    ("a: !x 1", "tags"),
    ("a: *b", "aliases"),
    ("<<: &x {a: 1}", "anchors"),
    ("a: 1\n---\nb: 2\n", "second"),
    ("[" * 30_000, "nested"),
    ("- " * 30_000, "nested"),
    ("? " * 20_000, "key"),
    ("a: " + "[1," * (DEEPEST + 1), "nested"),
    ("[" + "x," * 20_000 + "]", "values"),
    ("a: [1, 2", "not valid"),
    ("a: \"open", "not valid"),
    ("\tb: 1", "not valid"),
    ("a: \x00", "not valid"),
    ("x" * (MOST_CHARACTERS + 1), "characters"),
])
def test_what_is_not_plain_data_is_refused(text: str, part: str) -> None:
    start = time.perf_counter()
    error = refusal(text)
    assert part in error.message
    assert error.mend
    assert time.perf_counter() - start < 5


def test_the_line_of_a_mistake_is_told() -> None:
    assert refusal("a: 1\nb: 2\na: 3\n").line == 3
    assert refusal("a: 1\nb: [\n").line == 3


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(YamlError):
        read_yaml(text)
