from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.findings import Severity
from modules.folder import MOST_FILES
from modules.rules.structure import terms_agree
from modules.source import read_course
from tests.modules.folders import COURSE, DE, EN, FRONT, QUESTION, folder, found, rules


def test_a_sound_course_has_no_findings_and_everything_in_place() -> None:
    course = read_course(folder())
    assert course.findings == ()
    assert (course.id, course.title["en"], course.languages, course.thresholds.achievement) == ("probe", "Sample", ("de", "en"), 60)
    assert [(source.language, source.title, [block.id for block in source.blocks]) for source in course.sources] == [
        ("de", "Eins", ["farbe"]), ("en", "One", ["farbe"]),
    ]
    assert course.competences["kk.token"].title == {"de": "Token", "en": "Tokens"}


def test_the_line_of_a_block_counts_from_the_beginning_of_the_file() -> None:
    source = read_course(folder("\n# A\n\n::: single {#a}\nQ\n:::\n")).sources[0]
    assert FRONT.count("\n") == 5
    assert (source.prose[0].line, source.blocks[0].line) == (6, 10)


def test_modules_come_in_the_order_of_the_course_file() -> None:
    files = folder(**{
        "course.yml": COURSE.replace("[01-eins]", "[02-zwei, 01-eins]"),
        "02-zwei/module.de.md": FRONT.replace("eins", "zwei"),
    })
    assert [module.id for module in read_course(files).modules] == ["zwei", "eins"]


@pytest.mark.parametrize(("files", "rule", "path", "line"), [
    (folder(**{"course.yml": None}), "file-missing", "course.yml", 0),
    (folder(**{"course.yml": "id: a\n b: ["}), "yaml", "course.yml", 2),
    (folder(**{"course.yml": "just text"}), "yaml-shape", "course.yml", 1),
    (folder(**{"course.yml": COURSE.replace("probe", "Über uns")}), "yaml-id", "course.yml", 1),
    (folder(**{"course.yml": COURSE.replace("id: probe\n", "")}), "yaml-missing", "course.yml", 1),
    (folder(**{"course.yml": COURSE.replace(', en: "Sample"', "")}), "language-missing", "course.yml", 2),
    (folder(**{"course.yml": COURSE + "audience: [students, aliens]\n"}), "yaml-value", "course.yml", 5),
    (folder(**{"course.yml": COURSE + "thresholds: {achievement: 160}\n"}), "yaml-number", "course.yml", 5),
    (folder(**{"course.yml": COURSE + "thresholds:\n  achievement: yes\n"}), "yaml-number", "course.yml", 6),
    (folder(**{"course.yml": COURSE + "titel: x\n"}), "yaml-unknown", "course.yml", 5),
    (folder(**{"course.yml": COURSE.replace("[01-eins]", "[01-eins, 02-zwei]")}), "module-missing", "course.yml", 4),
    (folder(**{"02-zwei/module.de.md": FRONT}), "module-unlisted", "course.yml", 4),
    (folder(**{"01-eins/module.fr.md": FRONT}), "language-unknown", "01-eins/module.fr.md", 0),
    (folder(**{"01-eins/module.easy.md": FRONT}), "language-unknown", "01-eins/module.easy.md", 0),
    (folder(**{"competences.yml": "- title: {de: a, en: b}\n"}), "competence-id", "competences.yml", 1),
    (folder(**{"competences.yml": "- {id: a, title: b}\n- {id: a, title: c}\n"}), "competence-twice", "competences.yml", 2),
    (folder(**{"competences.yml": "- text\n"}), "yaml-shape", "competences.yml", 1),
    (folder(**{DE: "# no front matter"}), "front-matter", DE, 1),
    (folder(**{DE: "---\nid: eins\n"}), "front-matter", DE, 1),
    (folder(**{DE: ""}), "front-matter", DE, 1),
    (folder(**{DE: FRONT.replace("id: eins", "id: [eins")}), "yaml", DE, 3),
    (folder(**{DE: FRONT.replace("id: eins", "id: &a eins")}), "yaml", DE, 2),
    (folder(**{DE: FRONT.replace("title:", "title: 7\nx:")}), "yaml-shape", DE, 3),
    (folder(**{DE: FRONT.replace("---\ncomp", "comp").replace("id: eins", "id: eins\nlang: en")}), "language-name", DE, 3),
    (folder(**{DE: FRONT + "[" * 3000}), "too-complex", DE, 6),
    (folder(**{DE: FRONT + "x" * 30_000}), "line-length", DE, 6),
    (folder(**{DE: FRONT + "\n" + ">" * 30 + "a"}), "nesting", DE, 7),
    (folder(**{"../evil.md": "x"}), "file-name", "../evil.md", 0),
    (folder(**{"/etc/passwd": "x"}), "file-name", "/etc/passwd", 0),
    (folder(**{"01-eins/../../x.md": "x"}), "file-name", "01-eins/../../x.md", 0),
    (folder(**{"01-eins\\x.md": "x"}), "file-name", "01-eins\\x.md", 0),
    (folder(**{"01-eins/media/Über uns.svg": "x"}), "file-name", "01-eins/media/Über uns.svg", 0),
    (folder(**{"a//b.md": "x"}), "file-name", "a//b.md", 0),
    (folder(**{"x\n.md": "x"}), "file-name", "x\n.md", 0),
    (folder(**{"a" * 300 + ".md": "x"}), "file-name", "a" * 300 + ".md", 0),
    (folder(**{"a/b/c/d/e/f/g.md": "x"}), "file-depth", "a/b/c/d/e/f/g.md", 0),
    (folder(**{"01-eins/media/A.svg": "x", "01-eins/media/a.svg": "x"}), "file-case", "01-eins/media/a.svg", 0),
    (folder(**{f"01-eins/media/{number}.txt": "" for number in range(MOST_FILES)}), "folder-files", "", 0),
])
def test_each_mistake_is_told_with_file_line_and_what_to_do(files: Mapping[str, bytes], rule: str, path: str, line: int) -> None:
    finding = found(files, rule)
    assert (finding.path, finding.line) == (path, line)
    assert finding.message % finding.values
    assert finding.mend % finding.values


@pytest.mark.parametrize(("content", "line", "word"), [
    ((FRONT + "ä").encode("utf-16"), 1, "UTF-16"),
    ((FRONT + "ä").encode("utf-16-be"), 1, "UTF-16"),
    ((FRONT + "a\ngrün\n").encode("latin-1"), 7, "0xFC"),
    ((FRONT + "“so”").encode("cp1252"), 6, "0x93"),
    ((FRONT + "grün").encode()[:-3] + b"\xc3", 6, "0xC3"),
    ((FRONT + "a\x00b").encode(), 6, "U+0000"),
    ((FRONT + "a\x02b").encode(), 6, "U+0002"),
])
def test_a_wrong_encoding_is_told_with_its_line_and_how_to_save(content: bytes, line: int, word: str) -> None:
    course = read_course(folder(**{DE: content}))
    finding = next(finding for finding in course.findings if finding.rule in ("encoding", "control-character"))
    assert (finding.path, finding.line) == (DE, line)
    assert word in finding.message % finding.values


def test_a_byte_order_mark_and_windows_line_ends_are_taken() -> None:
    plain = read_course(folder()).sources[0]
    dos = folder()[DE].replace(b"\n", b"\r\n")
    assert read_course(folder(**{DE: b"\xef\xbb\xbf" + dos})).sources[0] == plain


def test_a_module_of_50_mb_is_refused_without_being_read() -> None:
    assert found(folder(**{DE: b"x" * (50 << 20)}), "file-size").path == DE


def test_a_picture_may_be_larger_than_a_text_but_not_any_size() -> None:
    assert read_course(folder(**{"01-eins/media/a.png": bytes(2 << 20)})).findings == ()
    assert found(folder(**{"01-eins/media/a.png": bytes((20 << 20) + 1)}), "file-size").values == {"most": 20}


def test_problems_of_all_files_are_told_in_one_go() -> None:
    files = folder(**{
        "course.yml": "id: [\n", "competences.yml": "a: &b 1", DE: FRONT + ":::\n", EN: b"\xff\xfe\x00", "x y.md": b"",
    })
    assert sorted(rules(read_course(files).findings)) == ["block-close", "encoding", "file-name", "yaml", "yaml"]


@given(st.dictionaries(
    st.sampled_from(["course.yml", "competences.yml", DE, EN, "01-eins/module.xx.md", "..", "media/x"]),
    st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: (FRONT + text).encode("utf-8", "replace"))),
))
def test_reading_any_folder_ends_with_findings_and_never_with_an_exception(files: dict[str, bytes]) -> None:
    course = read_course(files)
    assert any(finding.severity is Severity.ERROR for finding in course.findings)


def test_time_limit_due_date_and_counting_attempt_are_read_and_agree_between_languages() -> None:
    front = "---\nid: eins\ntitle: {de: Eins, en: One}\ncompetencies: [kk.token]\n"
    german = {DE: front + "time_limit: 45\ndue: 2026-12-20 18:00\nattempts: last\n---\n" + QUESTION}
    course = read_course(folder(**german))
    source = course.modules[0].sources["de"]
    assert (source.time_limit, source.due, source.attempts, course.attempts) == (45, "2026-12-20 18:00", "last", "best")
    assert [finding.values["name"] for finding in terms_agree(course)] == ["time_limit", "due", "attempts"]
    assert rules(read_course(folder(**{DE: front + "time_limit: 0\ndue: 20.12.2026\nattempts: all\n---\n" + QUESTION})).findings) == ["yaml-number", "yaml-date", "yaml-value"]
    assert rules(read_course(folder(**{"course.yml": COURSE + "attempts: some\n"})).findings) == ["yaml-value"]
