import pytest
from flask import Flask

from modules.media import media_response

SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.mark.parametrize(("path", "type_", "disposition"), [
    ("01/media/a.svg", "image/svg+xml", "inline"),
    ("01/media/A.PNG", "image/png", "inline"),
    ("01/media/a.pdf", "application/pdf", "attachment"),
    ("01/media/a.txt", "text/plain; charset=utf-8", "attachment"),
    ("01/media/a.html", "application/octet-stream", "attachment"),
    ("01/media/a.js", "application/octet-stream", "attachment"),
    ("01/media/a", "application/octet-stream", "attachment"),
])
def test_a_file_gets_its_type_from_the_list_and_all_else_only_downloads(path: str, type_: str, disposition: str) -> None:
    response = media_response(b"x", path)
    assert (response.content_type, response.headers["Content-Disposition"]) == (type_, disposition)
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_script_in_a_picture_cannot_run_when_the_picture_is_opened_by_itself() -> None:
    policy = media_response(SVG, "01/media/a.svg").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert policy.endswith("sandbox")


def test_the_house_keeps_the_stricter_policy_of_media(app: Flask) -> None:
    app.add_url_rule("/probe", view_func=lambda: media_response(SVG, "01/media/a.svg"))
    response = app.test_client().get("/probe")
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert "immutable" in response.headers["Cache-Control"]
