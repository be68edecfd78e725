from collections.abc import Iterable

import pytest

from modules import blocks
from modules.blocks import Block
from modules.findings import Finding, FormatError, Severity
from modules.lint import lint
from modules.source import read_course
from tests.modules.folders import COURSE, DE, EN, FRONT, QUESTION, folder, rules


class Single:
    """A kind of question that a test can see through: its key is the number of the right line."""

    name = "single"

    def check(self, block: Block) -> Iterable[Finding]:
        if "(x)" not in block.body:
            yield Finding("no-key", block.path, block.line, "no key", "mark one")

    def points(self, block: Block) -> float:
        return 1

    def fingerprint(self, block: Block) -> str:
        if "(x)" not in block.body:
            raise FormatError(*self.check(block))
        return str([line[:3] for line in block.body.split("\n")])


@pytest.fixture(autouse=True)
def _one_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_kinds", {"single": Single()})


def findings(body: str, body_en: str | None = None, **files: str | None) -> list[tuple[str, int, Severity]]:
    """Findings in the German module (the English one says the same unless given)."""
    found = lint(read_course(folder(body, body_en, **files)))
    return [(finding.rule, finding.line, finding.severity) for finding in found if finding.path == DE]


E, W = Severity.ERROR, Severity.WARNING

SECOND = "\n::: single {#zwei}\nUnd das Meer?\n(x) Auch blau\n( ) Rosa\n:::\n"


def test_a_sound_course_passes() -> None:
    text = "# A\n\n## B\n\n![Ein Kreis](media/a.svg) [Die Seite](https://x.example)[^1] [nach A](#a)\n\n| |x|\n|---|---|\n|a|b|\n\n" + QUESTION
    assert lint(read_course(folder(text + "\n[^1]: n\n", **{"01-eins/media/a.svg": "<svg/>"}))) == []


@pytest.mark.parametrize(("body", "expected"), [
    ("\n![](media/a.svg)", ("alt-missing", 7, E)),
    ("\n![ ](media/a.svg)", ("alt-missing", 7, E)),
    ("\n<img src=\"media/a.svg\">", ("alt-missing", 7, E)),
    ("![a.svg](media/a.svg)", ("alt-filename", 6, W)),
    ("# A\n\n### C", ("heading-order", 8, W)),
    ("## B", ("heading-order", 6, W)),
    ("a\n\n[hier](https://x.example)", ("link-text", 8, W)),
    ("[Click here.](https://x.example)", ("link-text", 6, W)),
    ("<https://x.example>", ("link-bare", 6, W)),
    ("[](https://x.example)", ("link-empty", 6, E)),
    ("| | |\n|---|---|\n| a | b |", ("table-header", 7, W)),
    ("a\n\nb <script>x</script>", ("html-dropped", 8, W)),
    ("a <b onclick='x'>c</b>", ("html-dropped", 6, W)),
    ("![a](https://x.example/a.png)", ("html-dropped", 6, W)),
    ("a\n\n$\\frac{a$", ("html-dropped", 8, W)),
    ("a\n\n![a](media/b.svg)", ("media-missing", 8, E)),
    ("[a](media/../../../etc/passwd)", ("html-dropped", 6, W)),
    ("[a](../01-eins/module.md)", ("media-missing", 6, E)),
    ("[a](module.de.md)", ("media-missing", 6, E)),
    ("[a](../07-x/module.de.md)", ("link-module", 6, E)),
    ("[a](media/a.exe)", ("media-type", 6, E)),
    ("# A\n\n[b](#b)", ("link-anchor", 8, E)),
    ("a[^2]", ("footnote-missing", 6, W)),
    ("::: single {#q}\n![](media/a.svg)\n(x) a\n:::", ("alt-missing", 7, E)),
    ("::: single {#q}\nQ\n(x) ![a](media/b.svg)\n:::", ("media-missing", 8, E)),
    ("::: single {#q}\nQ\n:::", ("no-key", 7, E)),
    ("::: quiz {#q}\n:::", ("kind-unknown", 6, E)),
    (QUESTION + QUESTION, ("id-twice", 11, E)),
    ("::: single {#q competence=\"kk.token, kk.x\"}\nQ\n(x) a\n:::", ("competence-unknown", 6, E)),
])
def test_each_rule_finds_its_mistake_on_its_line(body: str, expected: tuple[str, int, Severity]) -> None:
    files = {"01-eins/media/a.svg": "<svg/>", "01-eins/media/a.exe": "x"}
    assert findings(body, **files) == [expected]


def test_a_link_to_another_module_of_the_course_is_fine() -> None:
    assert findings("[Modul Eins](../01-eins/module.de.md)") == []


def test_two_equal_pictures_are_found_on_their_own_lines() -> None:
    found = findings("![](media/a.svg)\n\n![](media/a.svg)\n", **{"01-eins/media/a.svg": "<svg/>"})
    assert found == [("alt-missing", 6, E), ("alt-missing", 8, E)]


def test_code_is_no_link_heading_or_footnote() -> None:
    assert findings("```\n[^1] ### x ![](y)\n```\n\n`[^2]`") == []


def course_findings(**files: str | None) -> list[Finding]:
    return lint(read_course(folder(**files)))


def test_a_module_that_is_missing_in_a_language_of_the_course() -> None:
    found = course_findings(**{EN: None})
    assert [(finding.rule, finding.path) for finding in found] == [("language-missing", EN)]


def test_a_course_in_one_language_needs_one_language() -> None:
    assert course_findings(**{EN: None, "course.yml": COURSE.replace("[de, en]", "[de]")}) == []


def test_a_question_that_is_missing_in_one_language_is_found_on_the_other_side() -> None:
    found = course_findings(**{EN: FRONT + QUESTION.replace("farbe", "colour")})
    assert [(finding.rule, finding.path, finding.values["id"]) for finding in found] == [
        ("language-ids", DE, "farbe"), ("language-ids", EN, "colour"),
    ]


def test_a_key_that_differs_between_languages_is_an_error() -> None:
    found = course_findings(**{EN: FRONT + "::: single {#farbe}\nQ\n( ) Blau\n(x) Rot\n:::\n"})
    assert [(finding.rule, finding.path, finding.line) for finding in found] == [("language-keys", EN, 6)]


def test_a_module_has_one_id_in_all_languages_and_no_other_module_has_it() -> None:
    assert rules(course_findings(**{EN: (FRONT + QUESTION).replace("id: eins", "id: one")})) == ["module-id"]
    second = {
        "course.yml": COURSE.replace("[01-eins]", "[01-eins, 02-zwei]"),
        "02-zwei/module.de.md": FRONT, "02-zwei/module.en.md": FRONT,
    }
    assert rules(course_findings(**second)) == ["module-id-twice"]


def test_an_id_stands_once_in_the_whole_course() -> None:
    other = FRONT.replace("eins", "zwei") + QUESTION
    found = course_findings(**{
        "course.yml": COURSE.replace("[01-eins]", "[01-eins, 02-zwei]"), "02-zwei/module.de.md": other, "02-zwei/module.en.md": other,
    })
    assert rules(found) == ["id-twice", "id-twice"]
    assert found[0].values == {"id": "farbe", "path": DE, "line": 6}


def test_competences_are_known_and_taught() -> None:
    assert [(finding.rule, finding.line) for finding in course_findings(**{DE: FRONT.replace("kk.token", "kk.x") + QUESTION})] == [
        ("competence-unknown", 4),
    ]
    assert rules(course_findings(**{"competences.yml": "- {id: kk.token, title: a}\n- {id: kk.b, title: b}\n"})) == ["competence-untaught"]
    assert rules(course_findings(**{"course.yml": COURSE + "certificate: {competences: [kk.x]}\n"})) == ["competence-unknown"]
    assert rules(course_findings(**{"competences.yml": "- {id: kk.token, title: a}\n- {id: kk.b, title: b, status: planned}\n"})) == []


def test_an_easy_text_may_leave_questions_out_but_not_add_or_change_any() -> None:
    both, path = {DE: FRONT + QUESTION + SECOND, EN: FRONT + QUESTION + SECOND}, "01-eins/module.leicht.md"
    easy = FRONT.replace('{de: "Eins", en: "One"}', "Eins leicht") + QUESTION
    assert rules(course_findings(**both, **{path: easy})) == []
    assert rules(course_findings(**both, **{path: easy + SECOND.replace("#zwei", "#drei")})) == ["language-ids"]
    assert rules(course_findings(**both, **{path: easy.replace("(x) Blau\n( ) Rot", "( ) Blau\n(x) Rot")})) == ["language-keys"]
