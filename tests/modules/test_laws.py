"""Legal statements: prose with a topic, a day and a source."""

from datetime import date, timedelta

import pytest

from exchange.model import TEXT
from exchange.reading import items_of
from modules.findings import Severity
from modules.laws import Own, note_of, paragraphs
from modules.lint import lint
from modules.source import read_course
from modules.split import Law, Prose, split
from tests.modules.folders import DE, folder, rules

GOOD = "::: law {topic=transparency as_of=%s source=https://eur-lex.europa.eu/x}\n**Artikel 50** gilt.\n:::\n"
TODAY = date.today()
LAW = GOOD % TODAY


def found(body: str, body_en: str | None = None, **files: str) -> list[str]:
    """What the check says about a module with this text."""
    return rules(lint(read_course(folder(body, body_en, **{"competences.yml": "[]", **files}))))


def without_competences(text: str) -> list[str]:
    return [rule for rule in found(text) if rule.startswith(("law", "block"))]


def test_a_statement_is_prose_and_no_question() -> None:
    done = split(f"Vorher.\n\n{LAW}\nNachher.", path="m.md", language="de", first_line=5)
    assert done.findings == ()
    before, law, after = done.segments
    assert isinstance(law, Law)
    assert not isinstance(before, Law)
    assert isinstance(after, Prose)
    assert (law.topic, law.as_of, law.source, law.markdown, law.line) == ("transparency", TODAY, "https://eur-lex.europa.eu/x", "**Artikel 50** gilt.", 8)
    source = read_course(folder(LAW)).sources[0]
    assert source.blocks == ()
    assert source.laws == (source.prose[0],)


def test_a_sound_statement_passes_and_an_old_one_is_only_warned_of() -> None:
    assert without_competences(LAW) == []
    assert without_competences(LAW.replace("as_of", 'title="Chats, die sich zu erkennen geben" as_of')) == []
    assert without_competences(GOOD % (TODAY - timedelta(days=365))) == []
    old = [finding for finding in lint(read_course(folder(GOOD % (TODAY - timedelta(days=400))))) if finding.rule.startswith("law")]
    assert {(finding.rule, finding.severity, finding.line) for finding in old} == {("law-old", Severity.WARNING, 6)}


@pytest.mark.parametrize(("wrong", "rule"), [
    (LAW.replace("topic=transparency ", ""), "law-topic"),
    (LAW.replace("=transparency", "=Transparency!"), "law-topic"),
    (LAW.replace(f"as_of={TODAY} ", ""), "law-as-of"),
    (LAW.replace(str(TODAY), "2026-02-30"), "law-as-of"),
    (LAW.replace(str(TODAY), f'"{TODAY} 10:00"'), "law-as-of"),
    (LAW.replace("source=https://eur-lex.europa.eu/x", ""), "law-source"),
    (LAW.replace("https", "javascript"), "law-source"),
    (LAW.replace("topic", "points=1 topic"), "law-attribute"),
    (LAW.replace("**Artikel 50** gilt.", " "), "law-empty"),
    (LAW.replace("**Artikel 50**", "## Artikel 50"), "law-heading"),
    (LAW + LAW, "law-twice"),
])
def test_what_is_missing_in_a_statement_is_an_error(wrong: str, rule: str) -> None:
    of_rule = [finding for finding in lint(read_course(folder(wrong))) if finding.path == DE and finding.rule.startswith("law")]
    assert {(finding.rule, finding.severity) for finding in of_rule} == {(rule, Severity.ERROR)}


def test_languages_have_the_same_statements_of_the_same_day_and_an_easy_text_may_leave_them_out() -> None:
    assert "law-languages" in found(LAW, "Nothing.")
    assert "law-languages" in found(LAW, LAW.replace(str(TODAY), str(TODAY - timedelta(days=1))))
    assert "law-languages" not in found(LAW, LAW.replace("gilt", "applies"), **{"01-eins/module.leicht.md": "---\nid: eins\ntitle: Eins\nlang: leicht\n---\nLeicht."})


def test_links_and_pictures_in_a_statement_are_checked_as_in_any_prose() -> None:
    assert {"alt-missing", "media-missing"} <= set(found(LAW.replace("gilt", "gilt ![](media/nie.svg)")))


def test_other_formats_get_text_day_and_source() -> None:
    items = [*items_of(read_course(folder(LAW)), "de")]
    assert [(item.kind, item.stem) for item in items] == [(TEXT, f"**Artikel 50** gilt.\n\n({TODAY}, <https://eur-lex.europa.eu/x>)")]


def test_an_own_text_is_escaped_paragraphs_and_overtaken_by_a_later_day() -> None:
    assert paragraphs("A <b>\r\n\r\n\r\nB & C\n") == "<p>A &lt;b&gt;</p>\n<p>B &amp; C</p>"
    own = Own(TODAY, "https://x.example", {"de": "x", "en": "x"})
    assert not own.overtaken_by(TODAY)
    assert own.overtaken_by(TODAY + timedelta(days=1))
    law = split(LAW.replace(str(TODAY), "bald"), path="m.md", language="de").segments[0]
    assert isinstance(law, Law)
    assert note_of(law, "", "de") is None
