"""Pictures say how large they are, so that a page does not jump when they arrive."""

import pytest

from modules.pictures import size_of, sized

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (640).to_bytes(4, "big") + (480).to_bytes(4, "big") + b"\x08\x06"
SIZES = {"/media/abc/01/media/a.svg": (520, 330)}


@pytest.mark.parametrize(("content", "size"), [
    (b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 520 330">', (520, 330)),
    (b'<?xml version="1.0"?>\n<!-- c --><svg viewBox="0 0 52 33" width="520px" height="330.4">', (520, 330)),
    (b'<svg width="100%" height="100%" viewBox="-10,-10,40,30">', (40, 30)),
    (b"<svg width='1em'>", None),
    (PNG, (640, 480)),
    (PNG[:20], None),
    (b"\xff\xd8\xff\xe0 a photograph", None),
])
def test_the_size_of_a_picture_is_read_from_its_file(content: bytes, size: tuple[int, int] | None) -> None:
    assert size_of(content) == size


def test_a_picture_of_the_course_gets_its_size() -> None:
    html = sized('<p><img src="/media/abc/01/media/a.svg" alt="1 > 0" loading="lazy"> <img src="other.svg" alt=""></p>', SIZES)
    assert html == '<p><img src="/media/abc/01/media/a.svg" alt="1 > 0" loading="lazy" width="520" height="330"> <img src="other.svg" alt=""></p>'


def test_a_size_that_the_author_gave_stays() -> None:
    html = '<img src="/media/abc/01/media/a.svg" alt="" width="260">'
    assert sized(html, SIZES) == html
