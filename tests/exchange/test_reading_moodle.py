"""Moodle XML, GIFT and Aiken: what is read, changed and left out."""

import pytest

from tests.exchange.samples import PNG, answer, moodle, notes, one, question, read


def test_a_multiple_choice_with_a_picture_feedback_hints_and_formula() -> None:
    text = 'What <b>is</b> \\(a_1*b_1*c\\)? <img src="@@PLUGINFILE@@/a%20b.png" alt="Map">'
    rest = ("<single>true</single>" + answer("A", 100, "yes") + answer("B", -33.333) + "<hint><text>Think.</text></hint><tags><tag><text>t</text></tag></tags>")
    file = f'<file name="a b.png" path="/" encoding="base64">{PNG}</file></questiontext>'
    found = read(moodle(question("multichoice", rest, text).replace("</questiontext>", file)))
    (item,), (entry,) = found.items, found.report
    assert item.stem == "What **is** \\(a_1*b_1*c\\)? ![Map](media/a-b-675ba17b.png)"
    assert found.media == {"media/a-b-675ba17b.png": b"\x89PNG\r\n\x1a\n"}
    assert (item.hints, item.choices[0].feedback) == (("Think.",), "yes")
    assert item.tags == ("t",)
    assert notes(entry) == ["Negative weights of a single choice count as 0."]


@pytest.mark.parametrize(("kind", "rest", "text", "wanted"), [
    ("truefalse", answer("true", 0, "no") + answer("false", 100), "Well?", "( ) True\n    > no\n(x) False"),
    ("multichoice", "<single>false</single>" + answer("a", 50) + answer("b", 50) + answer("c", 0), "W", "[x] %50% a\n[x] %50% b\n[ ] %0% c"),
    ("multichoice", "<single>false</single>" + answer("a", 50) + answer("b", 50) + answer("c", -50), "W", "[x] a\n[x] b\n[ ] c"),
    ("shortanswer", answer("*cat*", 100) + answer("a|b", 100) + answer("dog", 50, "Nearly."), "W", "= /.*cat.*/ | /a\\|b/\n= %50% dog\n    > Nearly."),
    ("numerical", answer("3.5", 100).replace("<feedback>", "<tolerance>0.25</tolerance><feedback>"), "W", "= 3.5 +- 0.25"),
    ("matching", "<subquestion><text>a</text><answer><text>1</text></answer></subquestion><subquestion><text>b</text><answer><text>2</text></answer></subquestion>"
                 "<subquestion><text></text><answer><text>3</text></answer></subquestion>", "W", "a -> 1\nb -> 2\n-> 3"),
    ("cloze", "", "<p>Hot {1:MULTICHOICE:=tea~milk} in a {1:SHORTANSWER:=cup~=mug}.</p>", "Hot [[(tea)|milk]] in a [[cup|=mug]]."),
    ("ddwtos", "<dragbox><text>cat</text><group>1</group></dragbox><dragbox><text>dog</text><group>1</group></dragbox>", "A [[2]].", "A [[cat|(dog)]]."),
    ("gapselect", "<selectoption><text>cat</text><group>1</group></selectoption><selectoption><text>dog</text><group>1</group></selectoption>", "A [[1]].", "A [[(cat)|dog]]."),
    ("ordering", answer("b", 2) + answer("c", 3) + answer("a", 1), "W", "1. a\n2. b\n3. c"),
    ("mtf", '<row number="1"><optiontext><text>r</text></optiontext></row><column number="1"><responsetext><text>yes</text></responsetext></column>'
            '<column number="2"><responsetext><text>no</text></responsetext></column><weight rownumber="1" columnnumber="2"><value>1</value></weight>', "W", "| r | ( ) | (x) |"),
    ("essay", "<minwordlimit>50</minwordlimit><graderinfo><text>Names two.</text></graderinfo>", "W", "- [1] The text as a whole\n    > Names two."),
    ("coderunner", "<coderunnertype>python3</coderunnertype><answer>def f(x): return x</answer><testcases><testcase><testcode><text>print(f(2))</text></testcode>"
                   "<expected><text>2\n</text></expected></testcase></testcases>", "W", '```tests\n- call: "f"\n  args: [2]\n  returns: 2\n```'),
    ("description", "", "<p>Read <i>this</i>.</p>", "Read *this*."),
])
def test_each_type(kind: str, rest: str, text: str, wanted: str) -> None:
    block, entry = one(moodle(question(kind, rest, text)))
    assert wanted in block, notes(entry)


def test_what_has_no_counterpart_is_left_out_with_its_reason() -> None:
    block, entry = one(moodle(question("calculated", "")))
    assert (block, entry.state) == ("", "dropped")
    assert notes(entry) == ["Questions of the type “calculated” have no counterpart here."]


def test_what_is_not_well_formed_has_its_line_and_the_rest_is_read() -> None:
    broken = question("truefalse", answer("true", 100)).replace("</questiontext>", "</questiontex>")
    found = read(moodle(question("essay", ""), broken, question("essay", "")))
    assert [entry.state for entry in found.report] == ["read", "dropped", "read"]
    assert (found.findings[0].rule, found.findings[0].line) == ("xml", 4)
    assert int(found.findings[0].values["column"]) > 50


def test_categories_are_kept() -> None:
    category = '<question type="category"><category><text>$course$/top/Chapter 1</text></category></question>'
    assert read(moodle(category, question("essay", ""))).items[0].category == "Chapter 1"


def test_word_is_cleaned() -> None:
    text = ('<p class="MsoNormal" style="margin:0"><o:p>&nbsp;</o:p><span lang="EN" style="mso-x:1">Plain <b>bold</b> H<sub>2</sub>O</span></p><!--[if mso]><v:x/><![endif]-->'
            '<ul><li>a<ul><li>b</li></ul></li></ul><table><tr><td>x</td><td>y</td></tr><tr><td>1</td><td>2</td></tr></table><script>alert(1)</script>')
    item = read(moodle(question("essay", "", text))).items[0]
    assert item.stem == "Plain **bold** H<sub>2</sub>O\n\n- a\n    - b\n\n| x | y |\n| --- | --- |\n| 1 | 2 |"


def test_text_that_looks_like_answers_or_blocks_stays_text() -> None:
    text = "<p>( ) a<br>= b<br>? c<br>::: single {#x}<br>[[d]]</p>"
    block, _ = one(moodle(question("cloze", "", text + "{1:SHORTANSWER:=x}")))
    assert block.count("[[") == 1
    assert "\n:::" not in block.removesuffix("\n:::")
    block, _ = one(moodle(question("shortanswer", answer("x", 100), text)))
    assert block.count("\n=") == 1
    assert "\n?" not in block


def test_embedded_pictures_become_files_with_words_or_a_note() -> None:
    found = read(moodle(question("essay", "", f'<img src="data:image/png;base64,{PNG}"><img src="https://x.example/y.png" alt="z">')))
    assert list(found.media) == ["media/picture-675ba17b.png"]
    assert notes(found.report[0]) == ["A picture from another server (x.example) was left out.",
                                      "The picture “picture-675ba17b.png” has no words for those who cannot see it; its file name stands there."]


def test_gift_with_a_broken_question_between() -> None:
    found = read("// [id:a1]\n::T::Who? {=A#yes ~%50%B ~C#no####Because.}\n\n{T} x }\n\n::N::How many? {#4:0.5}\n", "x.gift")
    assert [(entry.line, entry.state, entry.id) for entry in found.report] == [(2, "read", "a1"), (4, "dropped", ""), (6, "read", "n")]
    assert found.findings[0].line == 4


def test_aiken_says_which_answer_is_missing() -> None:
    found = read("What?\nA. x\nB) y\nANSWER: B\n\nWhy?\nA. 1\nB. 2\nHow?\nA. 1\nB. 2\nANSWER: C\n")
    assert [entry.state for entry in found.report] == ["read", "dropped", "dropped"]
    assert notes(found.report[1]) == ["The line “ANSWER: …” is missing."]
    assert notes(found.report[2]) == ["The right answer “C” is none of the options."]
    assert [choice.right for choice in found.items[0].choices] == [False, True]
