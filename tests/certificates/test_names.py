"""Names: what can be printed, and when two spellings mean the same."""

import pytest

from certificates import fonts, names


@pytest.mark.parametrize("name", [
    "Ada Lovelace", "Dr. Anna-Katharina Müßiggang", "Seán Ó Briain", "Nguyễn Thị Ánh", "Łukasz Żółć", "Дмитрий Шостакович", "Ελένη Παπαδοπούλου",
    "محمد عبد الله", "שרה כהן", "<b>Ada</b> & Co", "O'Neill, Jr.", "Ş. Çağlar Iğdır",
])
def test_names_of_many_scripts_can_be_printed(name: str) -> None:
    assert names.problem(names.tidy(name), fonts.can_print) is None


@pytest.mark.parametrize(("name", "called"), [("Ada 😀", "GRINNING FACE"), ("Ada \ue000", "U+E000"), ("Ada \x07", "U+0007"), ("𓀀 Ada", "EGYPTIAN HIEROGLYPH A001")])
def test_a_character_that_cannot_be_printed_is_named(name: str, called: str) -> None:
    problem = names.problem(names.tidy(name), fonts.can_print)
    assert problem is not None
    assert called in problem.message % problem.values


@pytest.mark.parametrize("name", ["", "   ", "...", "\u202e\u200b", "x" * 201])
def test_no_name_and_a_name_without_end_are_refused(name: str) -> None:
    assert names.problem(names.tidy(name), fonts.can_print) is not None


def test_characters_that_nobody_sees_are_dropped() -> None:
    assert names.tidy(" Ada\u202e \u200bLove\u00adlace\n") == "Ada Lovelace"


def test_decomposed_letters_are_composed() -> None:
    assert names.tidy("Mu\u0308ller") == "Müller"


@pytest.mark.parametrize("typed", ["müßiggang, anna-katharina", "ANNA KATHARINA MÜSSIGGANG", " Anna  Katharina Muessiggang", "Anna\u2011Katharina Müßiggang"])
def test_spellings_of_the_same_name_agree(typed: str) -> None:
    assert names.same(typed, "Anna-Katharina Müßiggang")


@pytest.mark.parametrize("typed", ["Anna Müßiggang", "Anna-Katharina", "", "-", "Anna-Katharina Müßiggang Meier"])
def test_other_names_and_parts_of_the_name_do_not_agree(typed: str) -> None:
    assert not names.same(typed, "Anna-Katharina Müßiggang")


def test_two_names_without_letters_are_not_the_same() -> None:
    assert not names.same("...", "---")


def test_a_longer_text_gets_a_smaller_size() -> None:
    steps = (fonts.Step(30, 1), fonts.Step(20, 1), fonts.Step(10, 2))
    sizes = [fonts.fit("W" * count, fonts.SERIF, 300, steps) for count in (3, 14, 30, 300)]
    assert sizes == [30, 20, 10, 10]
