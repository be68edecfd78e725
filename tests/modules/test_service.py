from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from core import db
from courses import service as courses
from courses.models import Edition, EditionFile
from modules import service
from modules.findings import FormatError
from tests import builders
from tests.modules.folders import DE, EN, FRONT, QUESTION, folder, rules

PICTURE = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
TEXT = f"# Anfang\n\n![Ein Kreis](media/a.svg) und [Modul Eins](../01-eins/module.de.md)[^1]\n\n{QUESTION}\n# Ende\n\n[^1]: Note\n"


@pytest.fixture(autouse=True)
def _in_the_house(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def written(place: Path, files: Mapping[str, bytes]) -> Path:
    """The files as a folder on disk (the test's own folder also holds its database)."""
    root = place / "kurs"
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def sound() -> dict[str, bytes]:
    return folder(TEXT, **{"01-eins/media/a.svg": PICTURE})


def count(model: type[db.Base]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_an_edition_gives_back_the_same_bytes(tmp_path: Path) -> None:
    files = {**sound(), DE: b"\xef\xbb\xbf" + sound()[DE].replace(b"\n", b"\r\n"), "LICENSE.txt": b"x\r\n", "pools/m.bin": bytes(range(256))}
    edition = service.publish_folder(builders.organisation().id, written(tmp_path, files))
    assert courses.files_of(edition.id) == files


def test_the_same_bytes_are_the_same_edition_and_other_bytes_the_next(tmp_path: Path) -> None:
    organisation = builders.organisation()
    first = service.publish_folder(organisation.id, written(tmp_path, sound()))
    again = service.publish_folder(organisation.id, tmp_path / "kurs")
    assert (first.id, first.number) == (again.id, again.number)
    assert count(EditionFile) == len(sound())
    changed = service.publish_folder(organisation.id, written(tmp_path, {"README.txt": b"new"}))
    assert changed.number == first.number + 1
    assert service.parsed(first.id).course == service.parsed(again.id).course


def test_a_folder_with_errors_stores_nothing_and_says_all_of_them(tmp_path: Path) -> None:
    organisation = builders.organisation()
    with pytest.raises(FormatError) as caught:
        service.publish_folder(organisation.id, written(tmp_path, {**sound(), EN: (FRONT + ":::\n").encode(), "x y.md": b""}))
    assert {"block-close", "file-name", "language-ids"} <= set(rules(caught.value.findings))
    assert count(Edition) == 0


def test_a_warning_does_not_keep_a_course_from_being_published(tmp_path: Path) -> None:
    files = {**sound(), DE: sound()[DE] + b"\n[hier](https://x.example)\n"}
    assert service.publish_folder(builders.organisation().id, written(tmp_path, files)).number == 1


def published(tmp_path: Path) -> tuple[Edition, service.ParsedEdition]:
    edition = service.publish_folder(builders.organisation().id, written(tmp_path, sound()))
    return edition, service.parsed(edition.id)


def test_an_edition_says_what_the_rooms_above_ask(tmp_path: Path) -> None:
    edition, parsed = published(tmp_path)
    assert (parsed.languages, parsed.module_ids, parsed.course.thresholds.participation, parsed.course.thresholds.achievement) == (("de", "en"), ("eins",), 50, 60)
    assert [block.id for block in parsed.module("eins", "en").blocks] == ["farbe"]
    assert parsed.digest == edition.digest
    for module, language in (("zwei", "de"), ("eins", "fr")):
        with pytest.raises(LookupError):
            parsed.module(module, language)
    with pytest.raises(LookupError):
        service.parsed(edition.id + 1)


def test_a_page_has_its_pieces_in_order_and_nothing_of_the_keys(tmp_path: Path) -> None:
    edition, _ = published(tmp_path)
    page = service.page(edition.id, "eins", "de")
    assert page.title == "Eins"
    assert [kind for kind, _ in page.pieces] == ["prose", "block", "prose"]
    assert page.pieces[1] == ("block", "farbe")
    assert page.headings == (("text-anfang", "Anfang"), ("text-ende", "Ende"))
    html = "".join(piece for kind, piece in page.pieces if kind == "prose")
    assert f'src="/media/{edition.digest}/01-eins/media/a.svg"' in html
    assert 'href="eins"' in html
    assert "Blau" not in html
    assert "(x)" not in html
    assert service.page(edition.id, "eins", "de") is page
    with pytest.raises(LookupError):
        service.page(edition.id, "zwei", "de")


def test_media_are_given_to_who_knows_the_digest_of_whichever_university(tmp_path: Path) -> None:
    edition, _ = published(tmp_path)
    builders.organisation("anderswo")
    assert service.media(edition.digest, "01-eins/media/a.svg") == PICTURE
    assert service.media("0" * 64, "01-eins/media/a.svg") is None


@pytest.mark.parametrize("path", [
    DE, EN, "course.yml", "media/../01-eins/module.de.md", "01-eins/media/../module.de.md", "01-eins/media/key.md", "01-eins/media/", "",
])
def test_nothing_but_media_is_given_because_modules_hold_the_keys(tmp_path: Path, path: str) -> None:
    edition = service.publish_folder(
        builders.organisation().id, written(tmp_path, {**sound(), "01-eins/media/key.md": b"KEY", "media/a.svg": PICTURE}),
    )
    assert service.media(edition.digest, path) is None
