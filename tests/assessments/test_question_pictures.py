"""Pictures in questions say how large they are, as those in the prose do."""

import re

from flask import Flask

from tests import builders

ASKED = "Welche Farbe hat der Himmel?"
SIZE = 'width="520" height="330"'


def test_pictures_in_a_question_and_in_its_options_keep_their_place_free(app: Flask) -> None:
    drawn = builders.GERMAN.replace(ASKED, f"{ASKED}\n\n![Himmel](media/himmel.svg)").replace(") Blau", ") Blau ![Blau](media/himmel.svg)")
    files = {
        **builders.FILES, "01-eins/module.de.md": drawn.encode(),
        "01-eins/media/himmel.svg": b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 520 330"/>',
    }
    with app.app_context():
        builders.organisation()
        learner = builders.enrolment(files=files)
        browser = builders.browser(app, builders.person())
    page = browser.get(f"/courses/{learner.run_id}/eins", headers={"Accept-Language": "de"}).text
    pictures = re.findall(r'<img [^>]*himmel\.svg"[^>]*>', page)
    assert len(pictures) == 2
    assert [SIZE in picture for picture in pictures] == [True, True]
