"""Names: what can be printed, and when two spellings mean the same."""

import pytest

from certificates import fonts, names, scripts


@pytest.mark.parametrize("name", [
    "Ada Lovelace", "Dr. Anna-Katharina Müßiggang", "Seán Ó Briain", "Nguyễn Thị Ánh", "Łukasz Żółć", "Дмитрий Шостакович", "Ελένη Παπαδοπούλου",
    "محمد عبد الله", "שרה כהן", "علی\u200cرضا", "שָׁלוֹם", "王小明", "𠮷野 さくら", "김민수", "आर्यन् शर्मा", "ক্ষুদিরাম", "ณัฐวุฒิ", "አበበ", "ភាសា", "<b>Ada</b> & Co", "O'Neill, Jr.", "Ş. Çağlar Iğdır",
])
def test_names_of_many_scripts_can_be_printed(name: str) -> None:
    assert names.problem(names.tidy(name), fonts.can_print) is None


@pytest.mark.parametrize(("name", "called"), [("1\ufe0f\u20e3 Ada", "KEYCAP"), ("\ud800Ada", "U+D800"), ("ꦗꦮ", "JAVANESE LETTER JA"), ("Ada 😀", "GRINNING FACE"), ("Ada \ue000", "U+E000"), ("Ada \x07", "U+0007"), ("𓀀 Ada", "EGYPTIAN HIEROGLYPH A001")])
def test_a_character_that_cannot_be_printed_is_named(name: str, called: str) -> None:
    problem = names.problem(names.tidy(name), fonts.can_print)
    assert problem is not None
    assert called in problem.message % problem.values


@pytest.mark.parametrize("name", ["A" + "\u0301" * 6, "\u0301Ada", "Ada \u0301"])
def test_marks_that_stand_on_nothing_or_pile_up_are_refused(name: str) -> None:
    problem = names.problem(names.tidy(name), fonts.can_print)
    assert problem is not None
    assert "marks" in problem.message


@pytest.mark.parametrize("name", ["", "   ", "\u3164\u3164", "\u200d", "...", "\u202e\u200b", "x" * 201])
def test_no_name_and_a_name_without_end_are_refused(name: str) -> None:
    assert names.problem(names.tidy(name), fonts.can_print) is not None


def test_characters_that_nobody_sees_are_dropped() -> None:
    assert names.tidy(" Ada\u202e \u200bLove\u00adlace\n") == "Ada Lovelace"


def test_joiners_stay_where_a_script_needs_them_and_fillers_and_selectors_nowhere() -> None:
    assert names.tidy("علی\u200cرضا") == "علی\u200cرضا"
    assert names.tidy("Ada\u200dLovelace \u200d辻\U000e0100\u3164") == "AdaLovelace 辻"
    assert names.same("علیرضا", "علی\u200cرضا")


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


def test_letters_of_other_scripts_count_with_their_own_width() -> None:
    assert fonts.width("王小明", fonts.SERIF) == 3
    assert 0.5 < fonts.width("अ", fonts.SERIF) < 1
    assert fonts.width("ู", fonts.SERIF) == 0  # It stands under its letter.


@pytest.mark.parametrize(("text", "language"), [("Ada", None), ("山田 さくら", "ja"), ("김민수", "ko"), ("王小明", "zh-Hans"), ("ㄅ王", "zh-Hant")])
def test_the_writing_tells_the_language_of_a_name(text: str, language: str | None) -> None:
    assert scripts.language(text) == language
