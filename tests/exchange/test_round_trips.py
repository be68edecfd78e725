"""What goes out and comes back is the same: key, options, feedback, points."""

import pytest

from assessments.kinds import KINDS
from exchange import service
from exchange.writers import Written
from modules.blocks import Block
from modules.split import split
from tests.exchange.samples import BLOCKS, blocks, items, notes, read, reading

WORDS = {"language": "en", "launch_url": "https://lotse.example/lti/launch"}


def written(format_: str, app: object) -> Written:
    with app.app_context():  # type: ignore[attr-defined]
        return service.write(reading(), {}, format_, **WORDS)


@pytest.fixture(scope="module")
def app() -> object:
    from flask import Flask
    from flask_babel import Babel
    made = Flask(__name__)
    Babel(made)
    return made


def test_blocks_read_and_written_are_the_same_text() -> None:
    assert "\n\n".join(blocks(items()).values()) + "\n" == BLOCKS.replace("[10; 11]", "10.5 +- 0.5")


@pytest.mark.parametrize("format_", ["moodle-xml", "qti3", "qti21"])
def test_every_kind_survives(app: object, format_: str) -> None:
    done = written(format_, app)
    back = read(done.content, f"file{done.suffix}")
    assert {entry.name: notes(entry) for entry in back.report if entry.notes} == {}
    before, after = blocks(items()), blocks(back.items)
    for id_, text in after.items():
        after[id_] = text.replace(next(iter(path for path in back.media), "-"), "media/map.png")
    if format_ != "moodle-xml":
        before["primes"] = before["primes"].replace(' tags="easy,whole numbers"', "")
    assert after == before
    assert {entry.id for entry in done.report if entry.notes} == (set() if format_ == "moodle-xml" else {"steps", "primes"})


def test_gift_keeps_what_it_has_a_word_for_and_tells_the_rest(app: object) -> None:
    done = written("gift", app)
    told = {entry.id: notes(entry) for entry in done.report}
    assert told["steps"] == ["GIFT has nothing for the kind “order”."]
    assert "GIFT has no pictures; only their words are there." in told["capital"]
    assert "GIFT has no points; 2.0 were left out." in told["capital"]
    back = blocks(read(done.content, "file.gift").items)
    for id_, text in blocks(items()).items():
        if id_ in back and id_ not in ("capital", "half"):
            assert back[id_] == text.replace("points=3", "points=1"), id_
    assert "= 12.5 +- 0.5\n    > Right.\n= %50% 10.5 +- 0.5" in back["half"]


def test_liascript_keeps_key_and_hints(app: object) -> None:
    done = written("liascript", app)
    back = read(done.content, "file.md")
    kinds = {item.id: item.kind for item in back.items}
    assert kinds["primes"] == "multi"
    assert kinds["lights"] == "matrix"
    assert "[x] 2\n[x] 3\n[ ] 4" in blocks(back.items)["primes"]
    assert "[[small|(large)|round]]" in blocks(back.items)["gaps"]


def test_the_handout_keeps_solutions_apart_and_holds_its_pictures(app: object) -> None:
    page = written("html", app).content.decode()
    questions, solutions = page.split('<div class="solutions">')
    assert "tokens" in solutions
    assert "tokens" not in questions
    assert "Since 1848" not in questions
    assert 'src="data:image/png;base64,' in questions
    assert "<math" in questions


def test_essays_and_surveys_are_read_as_they_are_written() -> None:
    text = ('::: essay {#e points=3 words=50..200}\nWrite.\n- [2] Names two.\n    > Any two.\n- [1] Clear.\n:::\n\n::: likert {#l scale=agree}\nHow?\n- One.\n- Two.\n:::\n\n'
            "::: survey {#s}\nWhich?\n[ ] a\n[ ] b\n:::\n")
    found = items(text)
    assert "\n\n".join(blocks(found).values()) + "\n" == text
    assert all(not KINDS[item.kind].check(part) for item, part in zip(found, split(text, path="", language="en").segments, strict=True) if isinstance(part, Block))
