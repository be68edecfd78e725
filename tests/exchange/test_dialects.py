"""Files as OpenOlat, ONYX, ILIAS, Canvas, TAO, Moodle 1.9, H5P and LiaScript write them: small ones of our own in their ways of saying it."""

import pytest

from tests.exchange.samples import PNG, answer, h5p, moodle, notes, one, question, read
from tests.exchange.test_reading_others import MATCH_CORRECT, choices, declared, equal, lid, qti1, qti2

AS_A_WHOLE = "Feedback for right, partly right and wrong answers as a whole was left out."
CHOICE = f'<choiceInteraction responseIdentifier="R" maxChoices="0">{choices()}</choiceInteraction>'
RIGHT = '<match><variable identifier="R"/><correct identifier="R"/></match>'
MAPPED = '<setOutcomeValue identifier="SCORE"><sum><variable identifier="SCORE"/><mapResponse identifier="R"/></sum></setOutcomeValue>'


def rules(then: str, otherwise: str = "", more: str = "") -> str:
    """Response processing with two ways, and what stands behind it."""
    return f"<responseProcessing><responseCondition><responseIf>{RIGHT}{then}</responseIf><responseElse>{otherwise}</responseElse></responseCondition></responseProcessing>{more}"


def shows(identifier: str, outcome: str = "FEEDBACKMODAL") -> str:
    return f'<setOutcomeValue identifier="{outcome}"><baseValue baseType="identifier">{identifier}</baseValue></setOutcomeValue>'


def modal(identifier: str, text: str, outcome: str = "FEEDBACKMODAL") -> str:
    return f'<modalFeedback showHide="show" outcomeIdentifier="{outcome}" identifier="{identifier}"><p>{text}</p></modalFeedback>'


def mapping(**weights: float) -> str:
    return "<mapping>" + "".join(f'<mapEntry mapKey="{key}" mappedValue="{value}"/>' for key, value in weights.items()) + "</mapping>"


def test_openolat_gives_solutions_and_hints_their_places_and_says_what_is_left_out() -> None:
    hint = '<p><endAttemptInteraction responseIdentifier="HINTREQUEST" title="Hint"/></p>'
    told = modal("f1", "All right.") + modal("f2", "Not quite.") + modal("f3", "Because.", "SOLUTIONMODAL") + modal("f4", "Think.", "HINTFEEDBACKMODAL")
    block, entry = one(qti2(declared("multiple", "identifier", "A", "B"), CHOICE + hint,
                            rules(shows("f1"), shows("f2") + shows("f3", "SOLUTIONMODAL") + shows("f4", "HINTFEEDBACKMODAL"), told)), "i.xml")
    assert "scoring=all shuffle=no}\nWell?\n[x] a text\n[x] b text\n[ ] c text\n? Think.\n! Because.\n" in block
    assert notes(entry) == [AS_A_WHOLE]


@pytest.mark.parametrize(("otherwise", "wanted"), [("", "scoring=all"), (MAPPED, "[x] %33.33333% a text\n[x] %66.66667% b text\n[ ] %0% c text")])
def test_a_mapping_that_is_asked_only_when_all_is_right_is_all_or_nothing(otherwise: str, wanted: str) -> None:
    source = declared("multiple", "identifier", "A", "B", rest=mapping(A=1, B=2, C=0))
    assert wanted in one(qti2(source, CHOICE, rules(MAPPED, otherwise)), "i.xml")[0]


def test_words_to_be_marked_keep_their_weights() -> None:
    body = '<hottextInteraction responseIdentifier="R" maxChoices="0"><p>A <hottext identifier="A">hot</hottext> or <hottext identifier="B">cold</hottext> <hottext identifier="C">text</hottext>.</p></hottextInteraction>'
    block, _ = one(qti2(declared("multiple", "identifier", "A", "B", rest=mapping(A=1, B=3, C=0)), body, rules(MAPPED, MAPPED)), "i.xml")
    assert "[x] %25% hot\n[x] %75% cold\n[ ] %0% text" in block


def test_questions_with_drawn_values_are_left_out_and_gaps_that_must_differ_are_noted() -> None:
    drawn = one(qti2(declared("single", "identifier", "A"), '<p><printedVariable identifier="N"/></p>' + CHOICE), "i.xml")[1]
    assert notes(drawn) == ["Its values are drawn anew for each learner; that cannot be read."]
    two = declared("single", "string", "x", rest=mapping(x=1, y=1))
    gaps = '<p><textEntryInteraction responseIdentifier="R"/> <textEntryInteraction responseIdentifier="S"/></p>'
    differ = '<responseProcessing><responseCondition><responseIf><not><stringMatch><variable identifier="R"/><variable identifier="S"/></stringMatch></not></responseIf></responseCondition></responseProcessing>'
    block, entry = one(qti2(two + two.replace('"R"', '"S"'), gaps, differ), "i.xml")
    assert "[[x|=y]] [[x|=y]]" in block
    assert notes(entry) == ["Gaps that may hold the same answers no longer ask for different ones."]


def test_tao_says_right_and_wrong_as_a_whole_and_that_is_no_explanation() -> None:
    block, entry = one(qti2(declared("single", "identifier", "<![CDATA[ A ]]>"), CHOICE.replace('"0"', '"1"'), rules(shows("f1"), shows("f2"), modal("f1", "Right") + modal("f2", "Wrong"))), "i.xml")
    assert "(x) a text" in block
    assert "!" not in block
    assert notes(entry) == [AS_A_WHOLE]
    assert "scoring=all" in one(qti2(declared("multiple", "identifier", "A", "B"), CHOICE, MATCH_CORRECT), "i.xml")[0]


def when(condition: str, points: float | None = None, *, action: str = "Set", shown: str = "", kind: str = "Response", go_on: str = ' continue="Yes"') -> str:
    setting = "" if points is None else f'<setvar varname="SCORE" action="{action}">{points}</setvar>'
    told = f'<displayfeedback feedbacktype="{kind}" linkrefid="{shown}"/>' if shown else ""
    return f"<respcondition{go_on}><conditionvar>{condition}</conditionvar>{setting}{told}</respcondition>"


def with_feedback(source: str, **texts: str) -> str:
    return source.replace("</item>", "".join(f'<itemfeedback ident="{ident}">{text}</itemfeedback>' for ident, text in texts.items()) + "</item>")


def material(text: str, tag: str = "") -> str:
    inner = f'<material><mattext texttype="text/html">{text}</mattext></material>'
    return f"<{tag}><{tag}material>{inner}</{tag}material></{tag}>" if tag else inner


def test_openolat_of_old_takes_points_away_from_all_others_and_links_hints_and_solutions_as_feedback() -> None:
    """`other` holds where no condition before it was met: it does not take the points of those who were right."""
    source = qti1(lid(), when(equal("A"), 1) + when(f"<or>{equal('B')}</or>", 0) + when(equal("B"), shown="B") + when(equal("B"), shown="H", kind="Hint") + when("<other/>", 0))
    block, entry = one(with_feedback(source, B=material("Not B."), H=material("Think.", "hint"), S=material("Because.", "solution")), "q.xml")
    assert "(x) a\n( ) b\n    > Not B.\n( ) c\n? Think.\n! Because.\n" in block, notes(entry)
    both = f"<and>{equal('A')}{equal('C')}</and><not><or>{equal('B')}</or></not>"
    assert "scoring=all}\nWell [x]?\n[x] a\n[ ] b\n[x] c" in one(qti1(lid(several="Multiple"), when(both, 1) + when("<other/>", 0)), "q.xml")[0]


@pytest.mark.parametrize("said", [
    "".join(when(equal(f"{label}:{word}"), 1, action="Add") + when(f"<not>{equal(f'{label}:{word}')}</not>", -1, action="Add") for label, word in (("A", "correct"), ("B", "wrong"), ("C", "correct"))),
    when(f"<and>{equal('1', 'A')}{equal('0', 'B')}{equal('1', 'C')}</and>", 3, action="Add") + when(f"<or><not>{equal('1', 'A')}</not></or>", 0, action="Add"),
], ids=["OpenOlat", "ILIAS"])
def test_kprim_is_a_table_of_statements(said: str) -> None:
    block, entry = one(qti1(lid(several="Multiple"), said), "q.xml")
    assert "| a | (x) | ( ) |\n| b | ( ) | (x) |\n| c | (x) | ( ) |" in block
    assert notes(entry) == ["Each statement counts for itself now."]


def test_a_single_gap_within_a_text_is_a_gap_and_ilias_keeps_its_sentence() -> None:
    one_gap = qti1('<response_str ident="r"><render_fib/></response_str>' + material("the question."), when(equal("is"), 1))
    assert "Well [x]?\n\n[[is]] the question." in one(one_gap, "q.xml")[0]
    words = '<response_str ident="s"><render_choice><response_label ident="0"><material><mattext>big</mattext></material></response_label><response_label ident="1"><material><mattext>small</mattext></material></response_label></render_choice></response_str>'
    number = '<response_num ident="n"><render_fib minnumber="3.9" maxnumber="4.1"/></response_num>'
    ilias = qti1(material("It has ") + number + material(" legs and is ") + words + material(" ."), when(equal("4", "n"), 1, action="Add") + when(equal("small", "s"), 1, action="Add"))
    block, entry = one(ilias, "q.xml")
    assert "It has [[4]] legs and is [[big|(small)]] ." in block
    assert notes(entry) == ["A gap for a number accepts only this number."]


def test_canvas_says_something_to_each_wrong_pair_and_still_counts_them() -> None:
    pairs = "".join(when(equal(value, ident), 50, action="Add", go_on="") + when(f"<not>{equal(value, ident)}</not>", shown=f"fb_{ident}", go_on="") for ident, value in (("r", "A"), ("s", "C")))
    block, entry = one(with_feedback(qti1(lid("r", own="left 1") + lid("s", own="left 2"), pairs), fb_r=material("About 1."), fb_s=material("About 2.")), "q.xml")
    assert "left 1 -> a\n    > About 1.\nleft 2 -> c\n    > About 2.\n-> b" in block, notes(entry)


def test_a_picture_beside_the_text_as_moodle_1_9_had_it_is_kept() -> None:
    old = question("truefalse", answer("true", 100) + answer("false", 0))
    found = read(moodle(old.replace("<answer", f"<image>logo.png</image><image_base64>\n{PNG}\n</image_base64><answer", 1), old.replace("<answer", "<image>gone.png</image><answer", 1)))
    assert "![logo-675ba17b](media/logo-675ba17b.png)" in found.items[0].stem
    assert list(found.media) == ["media/logo-675ba17b.png"]
    assert notes(found.report[1]) == ["The picture “gone.png” is not in the file."]


def test_the_introduction_of_a_question_set_is_a_text_before_it() -> None:
    found = read(h5p("H5P.QuestionSet", {"introPage": {"showIntroPage": True, "introduction": "<p>Read <b>this</b>.</p>"}, "questions": []}), "x.h5p")
    assert [item.stem for item in found.items] == ["Read **this**."]


def test_what_only_liascript_makes_something_of_is_taken_out_of_texts_and_said() -> None:
    found = read("<!-- author: A -->\n# T\n\n   --{{0}}--\nSpoken.\n\n    {{1-2}}\nLater {1}{and this}, mail a@b.org.\n\n!?[film](https://x.example/v)\n\n```\n{{1}} @kept(1)\n```\n\n@draw(x)\n", "x.md")
    assert found.items[0].stem == "# T\n\nSpoken.\n\nLater and this, mail a@b.org.\n\n[film](https://x.example/v)\n\n```\n{{1}} @kept(1)\n```\n\n@draw(x)"
    assert notes(found.report[0]) == ["Narration and effects were left out; all of the text is there at once.", "Embedded media became a link.", "The macro @draw(x) stands there as text."]
    survey = read("<!-- author: A -->\nAgree?\n\n[(yes)(no)]\n[        ] Is it good?\n[        ] Is it fun?\n", "x.md")
    assert [(entry.state, notes(entry)) for entry in survey.report] == [("dropped", ["It is a survey, which has no right answer."])]
    assert survey.items == ()
