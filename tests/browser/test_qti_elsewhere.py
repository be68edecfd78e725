"""A QTI player that we did not write shows our QTI 3 in a browser, and gives all points for the right answers."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from lxml import etree
from playwright.sync_api import Browser

from exchange.formats import qti_out
from exchange.model import Entry
from tests.exchange.samples import reading

PLAYER = Path(__file__).parents[1] / "exchange/readers/node_modules/@citolab/qti-components/cdn/index.js"
RUN = """async ([html, answers]) => {
    document.body.innerHTML = html;
    const item = document.querySelector("qti-assessment-item");
    await item.updateComplete;
    while (!(item.variables || []).some((one) => one.identifier === "SCORE")) await new Promise(requestAnimationFrame);
    for (const [name, value] of answers) item.updateResponseVariable(name, value);
    item.processResponse();
    const value = (name) => Number(item.variables.find((one) => one.identifier === name).value);
    return {text: document.body.innerText, score: value("SCORE"), most: value("MAXSCORE")};
}"""


def exported() -> dict[str, str]:
    found = reading()
    package = qti_out.write(found.items, [Entry(1, "") for _ in found.items], found.media, "T", "en", qti_out.V3)
    with zipfile.ZipFile(io.BytesIO(package)) as files:
        return {name: files.read(name).decode() for name in files.namelist() if name.endswith(".xml") and name not in ("imsmanifest.xml", "test.xml")}


def as_html(xml: str) -> tuple[str, list[tuple[str, str | list[str]]]]:
    """The item as HTML (no element closes itself there), and the right answers."""
    root = etree.fromstring(xml.encode())
    answers: list[tuple[str, str | list[str]]] = []
    for declared in root.iterfind("{*}qti-response-declaration"):
        values = [value.text for value in declared.iterfind("{*}qti-correct-response/{*}qti-value")]
        answers.append((declared.get("identifier"), values[0] if declared.get("cardinality") == "single" else values))
    text = re.sub(r"<([\w-]+)((?:\s[^<>]*?)?)/>", lambda tag: tag[0] if tag[1] in ("img", "br") else f"<{tag[1]}{tag[2]}></{tag[1]}>", xml)
    return text.partition("?>")[2], answers


@pytest.mark.browser
def test_the_right_answers_earn_all_points_in_a_player_of_others(chromium: Browser) -> None:
    if not PLAYER.exists():
        pytest.skip("the readers are not there: ./lotse test brings them")
    page = chromium.new_page()
    page.set_content("<html><body></body></html>")
    page.add_script_tag(content=PLAYER.read_text(), type="module")
    page.wait_for_function("!!customElements.get('qti-assessment-item')")
    found = {name: page.evaluate(RUN, list(as_html(xml))) for name, xml in exported().items()}
    page.close()
    assert {name: one["score"] for name, one in found.items()} == {name: one["most"] for name, one in found.items()}
    assert {one["most"] for one in found.values()} == {1.0, 2.0, 3.0}
    assert "Bern" in found["capital.xml"]["text"]
    assert "pattern" in found["roles.xml"]["text"]
