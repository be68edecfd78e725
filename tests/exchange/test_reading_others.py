"""QTI, cartridges, H5P, LiaScript and notebooks: what is read, changed and left out."""

import json
from typing import Any

import pytest

from exchange.model import TEXT
from tests.exchange.samples import blocks, h5p, notes, one, read, zipped

QTI2 = """<?xml version="1.0" encoding="UTF-8"?>
<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p2" identifier="i1" title="T" adaptive="false" timeDependent="false">
{declaration}<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>
<itemBody><p>Well?</p>{body}</itemBody>{rules}</assessmentItem>"""
MATCH_CORRECT = '<responseProcessing template="http://www.imsglobal.org/question/qti_v2p2/rptemplates/match_correct"/>'


def qti2(declaration: str, body: str, rules: str = MATCH_CORRECT) -> str:
    return QTI2.format(declaration=declaration, body=body, rules=rules)


def declared(kind: str, base: str, *correct: str, rest: str = "") -> str:
    values = "".join(f"<value>{value}</value>" for value in correct)
    return f'<responseDeclaration identifier="R" cardinality="{kind}" baseType="{base}"><correctResponse>{values}</correctResponse>{rest}</responseDeclaration>'


def choices(tag: str = "simpleChoice") -> str:
    return "".join(f'<{tag} identifier="{name}">{name.lower()} text</{tag}>' for name in "ABC")


@pytest.mark.parametrize(("source", "wanted"), [
    (qti2(declared("single", "identifier", "B"), f'<choiceInteraction responseIdentifier="R" maxChoices="1">{choices()}</choiceInteraction>'),
     "( ) a text\n(x) b text\n( ) c text"),
    (qti2(declared("multiple", "identifier", "A", "B"), f'<choiceInteraction responseIdentifier="R" maxChoices="0">{choices()}</choiceInteraction>'),
     "[x] a text\n[x] b text\n[ ] c text"),
    (qti2(declared("ordered", "identifier", "C", "A", "B"), f'<orderInteraction responseIdentifier="R">{choices()}</orderInteraction>'),
     "1. c text\n2. a text\n3. b text"),
    (qti2(declared("single", "string", "York", rest='<mapping defaultValue="0"><mapEntry mapKey="York" mappedValue="1"/><mapEntry mapKey="york city" mappedValue="0.5"/></mapping>'),
          '<p><textEntryInteraction responseIdentifier="R"/></p>', ""), "= York\n= %50% york city"),
    (qti2(declared("single", "identifier", "B"), f'<p>In <inlineChoiceInteraction responseIdentifier="R">{choices("inlineChoice")}</inlineChoiceInteraction> it is.</p>'),
     "In [[a text|(b text)|c text]] it is."),
    (qti2(declared("multiple", "directedPair", "A X", "B Y"), '<matchInteraction responseIdentifier="R"><simpleMatchSet><simpleAssociableChoice identifier="A" matchMax="1">a</simpleAssociableChoice>'
          '<simpleAssociableChoice identifier="B" matchMax="1">b</simpleAssociableChoice></simpleMatchSet><simpleMatchSet><simpleAssociableChoice identifier="X" matchMax="1">x</simpleAssociableChoice>'
          '<simpleAssociableChoice identifier="Y" matchMax="1">y</simpleAssociableChoice></simpleMatchSet></matchInteraction>'), "a -> x\nb -> y"),
    (qti2(declared("multiple", "directedPair", "W G"), '<gapMatchInteraction responseIdentifier="R"><gapText identifier="W" matchMax="1">winter</gapText><gapText identifier="S" matchMax="1">summer</gapText>'
          '<p>Now is the <gap identifier="G"/>.</p></gapMatchInteraction>'), "Now is the [[(winter)|summer]]."),
    (qti2(declared("single", "float", "42.0"), '<p><textEntryInteraction responseIdentifier="R"/></p>',
          '<responseProcessing><responseCondition><responseIf><equal toleranceMode="absolute" tolerance="0.5 0.5"><variable identifier="R"/><correct identifier="R"/></equal>'
          '<setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue></responseIf></responseCondition></responseProcessing>'), "= 42 +- 0.5"),
    (qti2('<responseDeclaration identifier="R" cardinality="single" baseType="string"/>', '<extendedTextInteraction responseIdentifier="R"/>'), "::: essay"),
])
def test_items_of_qti_2(source: str, wanted: str) -> None:
    block, entry = one(source, "i.xml")
    assert wanted in block, (block, notes(entry))


def test_pairs_of_other_weights_are_read_and_said() -> None:
    sides = ["".join(f'<simpleAssociableChoice identifier="{name}" matchMax="3">{name}</simpleAssociableChoice>' for name in names) for names in ("ABC", "XY")]
    weights = '<mapping defaultValue="0"><mapEntry mapKey="A X" mappedValue="1"/><mapEntry mapKey="B Y" mappedValue="0.5"/><mapEntry mapKey="C Y" mappedValue="0.5"/></mapping>'
    body = f'<matchInteraction responseIdentifier="R"><simpleMatchSet>{sides[0]}</simpleMatchSet><simpleMatchSet>{sides[1]}</simpleMatchSet></matchInteraction>'
    rules = MATCH_CORRECT.replace("match_correct", "map_response")
    block, entry = one(qti2(declared("multiple", "directedPair", "A X", "B Y", "C Y", rest=weights), body, rules), "i.xml")
    assert "| B | ( ) | (x) |" in block
    assert (entry.state, notes(entry)) == ("changed", ["All pairs and rows count the same here; their weights were left out."])


def test_what_qti_has_and_we_have_not_is_named() -> None:
    _, entry = one(qti2(declared("single", "point", "1 1"), '<selectPointInteraction responseIdentifier="R"/>'), "i.xml")
    assert (entry.state, notes(entry)) == ("dropped", ["Questions of the type “selectPointInteraction” have no counterpart here."])


def qti1(presentation: str, rules: str, kind: str = "") -> str:
    field = f"<itemmetadata><qtimetadata><qtimetadatafield><fieldlabel>question_type</fieldlabel><fieldentry>{kind}</fieldentry></qtimetadatafield></qtimetadata></itemmetadata>"
    return (f'<questestinterop><assessment title="A"><section><item ident="i1" title="T">{field}<presentation><material><mattext texttype="text/html">&lt;p&gt;Well [x]?&lt;/p&gt;</mattext></material>'
            f"{presentation}</presentation><resprocessing><outcomes><decvar varname='SCORE' maxvalue='100'/></outcomes>{rules}</resprocessing></item></section></assessment></questestinterop>")


def lid(ident: str = "r", several: str = "Single", own: str = "") -> str:
    labels = "".join(f'<response_label ident="{name}"><material><mattext>{name.lower()}</mattext></material></response_label>' for name in "ABC")
    told = f"<material><mattext>{own}</mattext></material>" if own else ""
    return f'<response_lid ident="{ident}" rcardinality="{several}">{told}<render_choice>{labels}</render_choice></response_lid>'


def rule(condition: str, points: int, action: str = "Set") -> str:
    return f'<respcondition continue="Yes"><conditionvar>{condition}</conditionvar><setvar action="{action}">{points}</setvar></respcondition>'


def equal(value: str, ident: str = "r") -> str:
    return f'<varequal respident="{ident}">{value}</varequal>'


@pytest.mark.parametrize(("source", "wanted"), [
    (qti1(lid(), rule(equal("B"), 100)), "( ) a\n(x) b\n( ) c"),
    (qti1(lid(several="Multiple"), rule(f"<and>{equal('A')}{equal('B')}<not>{equal('C')}</not></and>", 100)), "scoring=all}\nWell [x]?\n[x] a\n[x] b\n[ ] c"),
    (qti1(lid(several="Multiple"), rule(equal("A"), 1, "Add") + rule(equal("B"), 1, "Add") + rule(equal("C"), -2, "Add")), "[x] %50% a\n[x] %50% b\n[ ] %-100% c"),
    (qti1('<response_str ident="r"><render_fib/></response_str>', rule(equal("York") + equal("NY"), 100)), "= York | NY"),
    (qti1('<response_str ident="r"><render_fib/></response_str>', rule('<vargte respident="r">1.5</vargte><varlte respident="r">2.5</varlte>', 100)), "= 2 +- 0.5"),
    (qti1('<response_str ident="r"><render_fib/></response_str>', ""), "::: essay"),
    (qti1(lid("r", own="left 1") + lid("s", own="left 2"), rule(equal("A", "r"), 50, "Add") + rule(equal("C", "s"), 50, "Add")), "left 1 -> a\nleft 2 -> c\n-> b"),
    (qti1('<response_grp ident="r" rcardinality="Multiple"><render_choice><response_label ident="1" match_max="1" match_group="4,5"><material><mattext>t1</mattext></material></response_label>'
          '<response_label ident="2" match_max="1" match_group="4,5"><material><mattext>t2</mattext></material></response_label><response_label ident="4"><material><mattext>d4</mattext></material>'
          '</response_label><response_label ident="5"><material><mattext>d5</mattext></material></response_label></render_choice></response_grp>',
          rule('<varsubset respident="r">1,5</varsubset>', 1, "Add") + rule('<varsubset respident="r">2,4</varsubset>', 1, "Add")), "d5 -> t1\nd4 -> t2"),
    (qti1(lid("response_x", own="x"), rule(equal("B", "response_x"), 50), "fill_in_multiple_blanks_question").replace(">b<", ">A<"), "Well [[a|=c]]?"),
    (qti1(lid("response_x", own="x"), rule(equal("B", "response_x"), 100)), "(x) b"),
])
def test_items_of_qti_1_by_running_their_rules(source: str, wanted: str) -> None:
    block, entry = one(source, "q.xml")
    assert wanted in block, (block, notes(entry))


def test_a_cartridge_gives_pages_links_and_questions_in_its_order() -> None:
    manifest = """<manifest xmlns="http://www.imsglobal.org/xsd/imsccv1p3/imscp_v1p1"><organizations><organization><item><item identifierref="p"><title>Page</title></item>
<item identifierref="q"><title>Quiz</title></item><item identifierref="l"><title>Link</title></item><item identifierref="t"><title>Tool</title></item></item></organization></organizations>
<resources><resource identifier="l" type="imswl_xmlv1p3"><file href="l.xml"/></resource><resource identifier="q" type="imsqti_xmlv1p2/imscc_xmlv1p3/assessment"><file href="q/a.xml"/></resource>
<resource identifier="p" type="webcontent" href="pages/p.html"><file href="pages/p.html"/></resource><resource identifier="t" type="imsbasiclti_xmlv1p3"><file href="t.xml"/></resource></resources></manifest>"""
    found = read(zipped({
        "imsmanifest.xml": manifest, "l.xml": '<webLink xmlns="x"><title>L</title><url href="https://example.org/"/></webLink>', "q/a.xml": qti1(lid(), rule(equal("A"), 1)),
        "pages/p.html": '<html><body><p>Hello <img src="../img/a.png" alt="A"></p></body></html>', "img/a.png": b"\x89PNG", "t.xml": "<x/>",
    }), "c.imscc")
    assert [(entry.name, entry.state) for entry in found.report] == [("Page", "read"), ("T", "read"), ("Link", "read"), ("Tool", "dropped")]
    assert found.items[0].stem.startswith("# Page\n\nHello ![A](media/a-")
    assert found.items[2].stem == "[Link](<https://example.org/>)"


def h(library: str, **params: Any) -> bytes:
    return h5p(library, params)


@pytest.mark.parametrize(("package", "wanted"), [
    (h("H5P.MultiChoice", question="<p>Q</p>", answers=[{"text": "<div>a</div>", "correct": True, "tipsAndFeedback": {"chosenFeedback": "Yes"}}, {"text": "b", "correct": False}]), "(x) a\n    > Yes\n( ) b"),
    (h("H5P.TrueFalse", question="<p>Q</p>", correct="false"), "( ) True\n(x) False"),
    (h("H5P.Blanks", text="<p>Fill</p>", questions=["<p>It is *hot/warm* today</p>"]), "It is [[hot|=warm]] today"),
    (h("H5P.DragText", taskDescription="Drag", textField="Sky is *blue*, grass *green:tip*", distractors="*red*"), "Sky is [[(blue)|green|red]], grass [[blue|(green)|red]]"),
    (h("H5P.MarkTheWords", taskDescription="Mark verbs", textField="<p>Dogs *bark* and birds *sing* loudly</p>"), "[x] bark\n[x] sing\n[ ] Dogs"),
    (h("H5P.SingleChoiceSet", choices=[{"question": "Q", "answers": ["right", "wrong"]}]), "(x) right\n( ) wrong"),
    (h("H5P.QuestionSet", questions=[{"library": "H5P.TrueFalse 1.8", "params": {"question": "Q", "correct": "true"}, "metadata": {"title": "One"}}]), "#one points"),
])
def test_h5p(package: bytes, wanted: str) -> None:
    block, entry = one(package, "x.h5p")
    assert wanted in block, (block, notes(entry))


def test_h5p_of_other_types_is_named() -> None:
    _, entry = one(h("H5P.Timeline"), "x.h5p")
    assert notes(entry) == ["Questions of the type “H5P.Timeline” have no counterpart here."]


def test_liascript() -> None:
    text = """<!--\nauthor: x\n-->\n# Course\n\nProse.\n\nHow much?\n\n    [[2]]\n    [[?]] Count.\n    ****\n\n    So.\n\n    ****\n
Which?\n\n    [( )] a\n    [(X)] b\n\nAll?\n\n[[ ]] a\n[[X]] b\n[[X]] c\n\nA [[gap]] and [[a|(b)]].\n
Table\n\n    [(x) (y)]\n    [(X) ( )] row\n\nScript\n\n[[!]]\n\nEnd.\n"""
    found = read(text, "c.md")
    assert [item.kind for item in found.items] == [TEXT, "short", "single", "multi", "cloze", "matrix", TEXT]
    assert notes(next(entry for entry in found.report if entry.dropped)) == ["What is right is decided by a script."]
    assert "= 2\n? Count.\n! So." in "".join(blocks(found.items).values())


def test_a_notebook_with_an_exercise_of_nbgrader() -> None:
    graded = {"nbgrader": {"solution": True, "grade_id": "double"}}
    tests = {"nbgrader": {"grade": True, "points": 2}}
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "Text ![p](attachment:p.png)"], "attachments": {"p.png": {"image/png": "iVBORw0KGgo="}}},
        {"cell_type": "code", "source": "print(1)", "outputs": [{"output_type": "stream"}]},
        {"cell_type": "code", "source": "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION", "metadata": graded},
        {"cell_type": "code", "source": "assert double(2) == 4\n### BEGIN HIDDEN TESTS\nassert double(-1) == -2\n### END HIDDEN TESTS\nprint(double(1))", "metadata": tests},
        {"cell_type": "raw", "source": "x"},
    ]
    found = read(json.dumps({"nbformat": 4, "cells": cells}), "n.ipynb")
    assert [entry.state for entry in found.report] == ["read", "changed", "changed", "dropped"]
    exercise = blocks(found.items)["double"]
    assert "```starter\ndef double(x):\n    ...  # YOUR CODE HERE\n```" in exercise
    assert '- call: "double"\n  args: [2]\n  returns: 4' in exercise
    assert found.items[0].stem == "# Title\nText ![p](media/p-675ba17b.png)"
