"""Ways through Lotse: with the keyboard alone, without scripts, and what a click changes and leaves as it was."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.look import assert_accessible, assert_no_sideways_scroll, headed, settled
from tests.browser.stage import Stage

pytestmark = pytest.mark.browser
MOST_TABS = 60
# An option shows the ring around itself, a card's link around the whole card.
_HAS_RING = """element => [[element.closest('.option') ?? element], [element, '::after']]
  .some(place => getComputedStyle(...place).outlineStyle === 'solid')"""


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press Tab until the target has the focus; a person sees at each stop where they are."""
    for _ in range(MOST_TABS):
        page.keyboard.press(key)
        if target.evaluate("element => element === document.activeElement"):
            assert target.evaluate(_HAS_RING), f"{target} does not show that it has the focus"
            return
    raise AssertionError(f"{target} cannot be reached with {key}")


def test_the_whole_way_with_the_keyboard_alone(visit: Visit, stage: Stage) -> None:
    page = visit(language="en")
    page.goto("/")
    tab_to(page, page.get_by_role("link", name="Skip to the content"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("main").get_by_role("link", name="Sign in"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Sign-in name"))
    page.keyboard.type("student")
    page.keyboard.press("Tab")
    page.keyboard.type(stage.password)
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Begin"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("link", name="One"))
    page.keyboard.press("Enter")
    sky, primes, sum_, prompt = (page.locator(f"#q-{name}") for name in ("farbe", "zahlen", "rechnen", "quelle"))
    choose(page, sky, "Blue", "radio")
    for right in ("2", "3"):
        tab_to(page, primes.get_by_role("checkbox", name=right, exact=True))
        page.keyboard.press("Space")
        page.keyboard.press("Shift+Tab")
    submit(page, primes)
    tab_to(page, sum_.get_by_role("textbox"))
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    expect(sum_.locator(".feedback--right")).to_be_focused()
    tab_to(page, prompt.get_by_role("textbox"))
    page.keyboard.type("Answer from the source only.")
    tab_to(page, prompt.get_by_role("button", name="Send prompt"))
    page.keyboard.press("Enter")
    expect(prompt).to_contain_text("RECORDED-ANSWER")
    tab_to(page, page.get_by_role("link", name="Overview and certificate"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("link", name="To the certificate"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("article").filter(has_text="Certificate").get_by_role("link", name="A small course").first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Download PDF")).to_be_visible()
    tab_to(page, page.get_by_role("link", name="Public page"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("This certificate is genuine")


def choose(page: Page, question: Locator, label: str, role: str) -> None:
    """Choose one option with the keyboard and send it."""
    first = question.locator(f"input[type={role}]").first
    tab_to(page, first)
    page.keyboard.press("Space")
    wanted = question.get_by_label(label)
    while not wanted.is_checked():
        page.keyboard.press("ArrowDown")
    submit(page, question)


def submit(page: Page, question: Locator) -> None:
    """Send the answer; the result then has the focus."""
    tab_to(page, question.get_by_role("button", name="Submit answer"))
    page.keyboard.press("Enter")
    expect(question.locator(".feedback--right")).to_be_focused()


def test_without_scripts_one_answers_sees_hints_and_sends_a_prompt(visit: Visit, stage: Stage) -> None:
    page = visit("beginner", "en", 390, java_script_enabled=False)
    page.goto(stage.path("{module}"))
    question = page.locator("#q-was-ist-ein-token")
    question.get_by_text("Hint").click()
    expect(question.locator(".hint > div")).to_be_visible()
    question.get_by_role("radio").first.check()
    question.get_by_role("button", name="Submit answer").click()
    expect(page).to_have_url(f"{stage.lotse}{stage.path('{module}')}#q-was-ist-ein-token")
    expect(question.locator(".feedback")).to_be_visible()
    exercise = page.locator("#q-dreimal-gleich")
    exercise.get_by_label("Your prompt").fill("Answer with the number of the room only.")
    exercise.get_by_role("button", name="Send prompt").click()
    expect(exercise).to_contain_text("Recorded answer: no model ran")


def test_an_empty_answer_is_refused_in_words_beside_the_question(visit: Visit, stage: Stage) -> None:
    page = visit("beginner", "en")
    page.goto(stage.path("{module}"))
    question = page.locator("#q-folgen-der-token")
    question.get_by_role("button", name="Submit answer").click()
    expect(question.get_by_role("alert")).to_contain_text("choose an answer")
    expect(question.get_by_role("button", name="Submit answer")).to_be_focused()
    assert_accessible(page, "refused answer")
    assert_no_sideways_scroll(page, 320, "refused answer")
    visit.complaints.clear()  # The browser's remark about the refusal's status, 422.


def test_an_answer_in_place_takes_the_focus_and_updates_the_points(visit: Visit, stage: Stage) -> None:
    page = visit("beginner", "en")
    page.goto(stage.path("{module}"))
    points = page.locator("#module-points")
    before = points.inner_text()
    question = page.locator("#q-platz-im-fenster")
    question.get_by_role("textbox").fill("6000")
    question.get_by_role("button", name="Submit answer").click()
    result = question.get_by_role("status")
    expect(result).to_be_focused()
    expect(result).to_contain_text("Right")
    expect(points).not_to_have_text(before)
    assert_accessible(page, "answered in place")


def test_hints_open_one_after_the_other(visit: Visit, stage: Stage) -> None:
    page = visit("beginner", "en")
    page.goto(stage.path("{module}"))
    hints = page.locator("#q-fuenf-angaben .hint")
    expect(hints.nth(1)).not_to_be_visible()
    hints.nth(0).locator("summary").first.click()
    expect(hints.nth(1)).to_be_visible()
    for given in page.locator("details").all():
        given.evaluate("details => { details.open = true; }")
    assert_accessible(page, "everything open")
    assert_no_sideways_scroll(page, 320, "everything open")


def test_language_and_theme_change_in_place(visit: Visit, stage: Stage) -> None:
    page = visit("learner", "de", color_scheme="light")
    page.goto(stage.path("{module}"))
    page.get_by_role("button", name="Dunkle Darstellung").click()
    expect(page.locator("html")).to_have_css("color-scheme", "dark")
    page.get_by_role("link", name="English").click()
    expect(page).to_have_url(stage.lotse + stage.path("{module}"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("html")).to_have_css("color-scheme", "dark")
    expect(page.get_by_role("button", name="Dark display")).to_have_attribute("aria-pressed", "true")


def test_a_wrong_password_is_told_at_the_field(visit: Visit) -> None:
    page = visit(language="de", width=390)
    page.goto("/sign-in")
    page.get_by_label("Anmeldename").fill("student")
    page.get_by_label("Passwort").fill("wrong")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_label("Passwort")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Passwort")).to_have_accessible_description("Anmeldename und Passwort passen nicht zusammen. Bitte prüfen Sie beides.")
    assert_accessible(page, "wrong password")


@pytest.mark.parametrize(("name", "answer"), [("Freifrau von Müller-Lüdenscheidt, Anna-Lena Dr.", "Yes"), ("Eve", "No")])
def test_a_name_is_compared_without_being_shown(visit: Visit, stage: Stage, name: str, answer: str) -> None:
    page = visit(language="en", width=390, color_scheme="dark")
    page.goto(stage.path("/z/{code:graduate}"))
    page.get_by_label("Name on the certificate").fill(name)
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#answer")).to_contain_text(answer)
    assert_accessible(page, "name compared")


def test_a_certificate_is_printed_without_what_surrounds_it(visit: Visit, stage: Stage) -> None:
    page = visit(language="de", color_scheme="dark")
    page.goto(stage.path("/z/{code:graduate}"))
    page.emulate_media(media="print")
    for gone in (page.get_by_role("banner"), page.get_by_role("contentinfo"), page.get_by_role("button", name="Vergleichen")):
        expect(gone).to_be_hidden()
    expect(page.locator(".certificate")).to_be_visible()
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(page.locator(".certificate-name")).not_to_have_css("color", "rgb(243, 248, 252)")


def test_a_launch_shows_lotse_with_one_slim_bar_and_every_page_in_reach(visit: Visit, stage: Stage) -> None:
    page = visit(language="de", width=390)
    page.goto(stage.platform)
    page.get_by_role("button", name="Mira").click()
    page.goto(f"{stage.platform}/launch/2/window")
    expect(page.get_by_role("heading", level=1)).to_have_text("Wie Sprachmodelle schreiben")
    expect(page.locator("body")).to_have_class("framed")
    for label, title in (("Meine Zertifikate", "Meine Zertifikate"), ("Meine Kurse", "Meine Kurse")):
        page.get_by_role("link", name=label).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        assert "/l/" in page.url
        assert_accessible(page, f"{title} in a launch")
        assert_no_sideways_scroll(page, 320, f"{title} in a launch")


def test_a_launch_that_is_over_says_so_inside_the_frame(visit: Visit, stage: Stage) -> None:
    page = visit(language="de")
    page.goto(stage.platform)
    page.get_by_role("button", name="Mira").click()
    page.goto(f"{stage.platform}/course/2")
    tool = settled(page).frame_locator("iframe")
    headed(tool, "Wie Sprachmodelle schreiben")
    page.locator("iframe").evaluate("(frame, address) => { frame.src = address; }", f"{stage.lotse}/l/xxxxxxxxxxxxxxxxxxxxxx/courses")
    headed(tool, "Diese Seite war zu lange geöffnet")
    expect(tool.get_by_text("Bitte öffnen Sie den Link in Ihrer Lernplattform noch einmal.")).to_be_visible()
    visit.complaints.clear()  # The browser's remark about the status, 401.
