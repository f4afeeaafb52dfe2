"""The drawing page as a visitor meets it in headless Chromium, drawn on by mouse and keyboard."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.app.drawing import SCRIBBLE, SEVEN, ZERO, chip, draw
from tests.app.helpers import (
    CHART,
    CHROMIUM,
    DESKTOP,
    DRAWN_CHART,
    MEASURE_SHIFTS,
    PHONE,
    SIZES,
    HeldRequests,
    drawing_page,
    no_sideways_scrolling,
    picture_name,
    screenshot,
)
from tests.image_helpers import png, ring, ship

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")


def answers_requested(page: Page) -> list[tuple[str, str]]:
    """Returns a list that fills with run, and run of the classes, of every answer requested."""
    requested: list[tuple[str, str]] = []

    def note(request) -> None:
        if request.url.endswith("/answer"):
            sent = json.loads(request.post_data)
            requested.append((sent["run"], sent["choice"]["run"]))

    page.on("request", note)
    return requested


TWO_FRAMES = "() => new Promise((t) => requestAnimationFrame(() => requestAnimationFrame(t)))"
# As a drawing does that waits for its turn while another run is chosen.
ASK_WITH_EVERY_RUN = """() => document.addEventListener('lifelong:input', ({ detail }) => {
  if (detail.run) document.dispatchEvent(new CustomEvent('lifelong:input', { detail: {} }));
})"""


def checked(frame: FrameLocator, name: str) -> None:
    """Waits until this class is the one that the picture is taken for."""
    expect(chip(frame, name).locator("input")).to_be_checked()


@SIZES
def test_a_visitor_draws_a_zero_and_sees_it_forgotten(server, open_tab, size):
    page = open_tab(server.url, size)
    expect(page.get_by_role("heading", level=1)).to_have_text("Draw a 0. Watch it being forgotten.")
    frame = drawing_page(page)
    expect(frame.locator(".ghost")).to_contain_text("Draw a 0")
    draw(page, frame, ZERO)
    sentence = frame.locator("#sentence")
    expect(sentence).to_contain_text("Your 0 is known after 0 and 1")
    expect(sentence).to_contain_text("lost while learning 2 and 3")
    expect(frame.locator("#strip [data-after='0'][data-known='yes']")).to_have_count(1)
    expect(frame.locator("#strip [data-after='4'][data-known='no']")).to_have_count(1)
    expect(page.locator(DRAWN_CHART).get_by_text("100 % → 0 %")).to_be_visible()
    checked(frame, "0")
    for part in ("#pad canvas", "#strip .strip", "#sentence .sentence", "#sentence [data-act=why]"):
        box = frame.locator(part).bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= size["height"], f"{part} is cut off"
    assert no_sideways_scrolling(page)
    page.mouse.move(1, 1)
    screenshot(page, picture_name("draw", size))


def test_each_drawing_is_taken_for_what_it_shows(server, open_tab):
    page = open_tab(server.url)
    frame = drawing_page(page)
    sentence = frame.locator("#sentence")
    draw(page, frame, ZERO)
    checked(frame, "0")
    # A choice by hand holds for this drawing, with a remark, and the picture is a click away.
    chip(frame, "7").click()
    expect(sentence).to_contain_text("Taken as a 7")
    expect(sentence).to_contain_text("It looks like a 0.")
    frame.get_by_role("button", name="It is a 0").click()
    expect(sentence).to_contain_text("Your 0 is known")
    pin = frame.get_by_role("button", name="Pin for training")
    pin.click()
    expect(frame.get_by_text("Pinned as a 0")).to_be_visible()
    assert page.evaluate("JSON.parse(sessionStorage.getItem('lifelong.pinned')).name") == "0"
    frame.get_by_role("button", name="Clear").click()
    expect(pin).to_have_count(0)
    expect(sentence).to_contain_text("Draw, and every card answers.")
    draw(page, frame, SEVEN)
    checked(frame, "7")
    expect(sentence).to_contain_text("Your 7 is known after 6 and 7")
    frame.get_by_role("button", name="Clear").click()
    draw(page, frame, SCRIBBLE)
    expect(sentence).to_contain_text("does not look like a digit")
    expect(pin).to_have_count(0)
    expect(frame.locator("#strip [data-known=open]")).to_have_count(5)
    expect(frame.locator("#truth input:checked")).to_have_count(0)


def test_a_class_chosen_before_drawing_is_the_prompt_and_not_yet_a_claim(server, open_tab):
    page = open_tab(server.url)
    frame = drawing_page(page)
    chip(frame, "3").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Draw a 3.")
    expect(frame.locator(".ghost")).to_contain_text("Draw a 3")
    draw(page, frame, SEVEN)
    expect(frame.locator("#sentence")).to_contain_text("You chose 3, but this looks like a 7.")
    expect(frame.locator("#strip [data-known=open]")).to_have_count(5)
    frame.get_by_role("button", name="It is a 7").click()
    expect(frame.locator("#sentence")).to_contain_text("Your 7 is known")


@pytest.mark.parametrize("size", [DESKTOP], ids=["desktop"])
def test_why_is_answered_in_place_and_leads_to_all_test_images(server, open_tab, size):
    page = open_tab(server.url, size)
    frame = drawing_page(page)
    draw(page, frame, ZERO)
    frame.get_by_role("button", name="Why did it forget?").click()
    reasons = frame.locator("#reasons")
    expect(reasons).to_contain_text("Learning 2 and 3, nothing reminded it of a 0")
    expect(reasons).to_contain_text("Asked only whether it is a 0 or a 1")
    frame.get_by_role("button", name="Ask only: 0 or 1?").click()
    expect(frame.locator("#sentence")).to_contain_text("With the lesson given, your 0")
    expect(frame.locator("#task-given input")).to_be_checked()
    expect(page.locator(DRAWN_CHART).get_by_text(re.compile("label given: ")).first).to_be_visible()
    frame.get_by_role("button", name="Which pixels spoke for it?").click()
    expect(frame.locator("#spoke img")).to_have_count(5)
    expect(frame.get_by_role("img", name="After 8 and 9: the pixels say")).to_be_visible()
    expect(frame.locator("#spoke li").last).to_contain_text(" for 1")  # as the lesson is given
    frame.get_by_role("button", name="Let it choose among all again").click()
    expect(frame.locator("#spoke li").last).to_contain_text(" for 9")
    assert no_sideways_scrolling(page)
    screenshot(page, picture_name("why", size))
    frame.get_by_role("link", name="See it for all test images").click()
    page.wait_for_url(re.compile(r"inspect\?.*run=mnist-class-finetune"))
    expect(page.locator(DRAWN_CHART).first.get_by_text("100 % → 0 %")).to_be_visible()
    expect(page.locator(CHART).nth(2).locator("svg.marks")).to_be_visible()
    assert "task=0" in page.url
    expect(page.locator("body")).to_contain_text("fell")
    assert no_sideways_scrolling(page)
    screenshot(page, picture_name("inspect", size))
    # From the evidence back to the pad.
    page.get_by_role("button", name=re.compile("Put this [01] on the pad")).first.click()
    expect(frame.locator("#sentence")).to_contain_text("lost while learning")


def test_another_network_answers_the_same_drawing(server, open_tab):
    page = open_tab(server.url)
    frame = drawing_page(page)
    draw(page, frame, ZERO)
    checked(frame, "0")
    frame.locator("#run summary").click()
    expect(frame.get_by_role("group", name="The same drawing, another network")).to_be_visible()
    frame.locator("#run label").filter(has_text="Experience replay").first.click()
    expect(frame.locator("#sentence")).to_contain_text("still known after 8 and 9")
    expect(page.get_by_role("heading", level=1)).to_have_text("Draw a 0. Watch it survive.")
    assert "run=mnist-class-replay" in page.url


@pytest.mark.parametrize("size", [DESKTOP], ids=["desktop"])
def test_a_drawing_is_kept_while_photographs_are_shown(server, open_tab, tmp_path, size):
    page = open_tab(server.url, size)
    frame = drawing_page(page)
    draw(page, frame, ZERO)
    checked(frame, "0")
    requested = answers_requested(page)
    frame.locator("body").evaluate(ASK_WITH_EVERY_RUN)
    frame.get_by_role("button", name="Show it a photo instead").click()
    expect(page.get_by_text("Show it a photo of an airplane. Watch it being")).to_be_visible()
    expect(chip(frame, "airplane")).to_be_visible()
    expect(frame.locator("#sentence")).to_contain_text("Upload a picture")
    expect(frame.locator(".ghost")).to_contain_text("Your drawing is kept")
    file = tmp_path / "ship.png"
    file.write_bytes(png(ship()))
    frame.locator("#pad input[type=file]").set_input_files(file)
    # No card is marked before a person says what it shows.
    expect(frame.locator("#sentence")).to_contain_text("What does it show?")
    expect(frame.locator("#strip [data-known=open]")).to_have_count(5)
    frame.get_by_role("button", name="It shows a ship").click()
    expect(frame.locator("#strip [data-after='4'][data-known='yes']")).to_be_visible()
    assert "run=cifar10-class-finetune" in page.url and no_sideways_scrolling(page)
    for card in frame.locator("#strip .card").all():
        assert card.evaluate("card => card.scrollWidth <= card.clientWidth + 1"), (
            "a word breaks out"
        )
    screenshot(page, picture_name("photo", size))
    frame.get_by_role("button", name="Draw a digit instead").click()
    expect(frame.locator("#sentence")).to_contain_text("Your 0 is known after 0 and 1")
    # An answer for the run before would come last under load, and stay.
    assert requested and all(run == run_of_classes for run, run_of_classes in requested)
    expect(page.get_by_role("heading", level=1)).to_have_text("Draw a 0. Watch it being forgotten.")


def test_a_drawing_is_answered_once_the_server_is_there_again(server, open_tab):
    page = open_tab(server.url)
    frame = drawing_page(page)
    page.route("**/answer", lambda route: route.abort())
    draw(page, frame, ZERO)
    expect(frame.locator("#sentence")).to_contain_text("The server does not answer at the moment")
    page.unroute("**/answer")
    expect(frame.locator("#sentence")).to_contain_text("Your 0 is known after 0 and 1")


def test_the_last_drawing_is_answered_however_late_the_answer_before_comes(server, open_tab):
    page = open_tab(server.url)
    frame = drawing_page(page)
    late = []

    def delay(route) -> None:
        """Has the first answer about a stroke that is being drawn wait until a later one came."""
        if late or '"unfinished":true' not in route.request.post_data:
            return route.continue_()
        late.append(route)

    page.route("**/answer", delay)
    draw(page, frame, ZERO)
    expect(frame.locator("#sentence")).to_contain_text("Your 0 is known")
    with page.expect_response(lambda response: response.request == late[0].request):
        late[0].continue_()
    page.evaluate(TWO_FRAMES)
    expect(frame.locator("#sentence")).to_contain_text("Your 0 is known")


def test_the_pad_takes_strokes_before_the_rest_of_the_page_is_there(server, open_tab):
    page, late = open_tab("about:blank"), []
    page.route("**/gradio/assets/HTML-*.js", lambda route: late.append(route))
    page.goto(server.url)
    frame = page.frame_locator("iframe[src*='/gradio']")
    draw(page, frame, ZERO[:1], "#waiting canvas")
    page.mouse.down()
    late[0].continue_()
    frame.locator("#pad canvas").wait_for(state="attached")
    frame.locator("#teach .teach").wait_for(state="attached")
    page.evaluate(TWO_FRAMES)
    page.evaluate(TWO_FRAMES)
    expect(frame.locator("#waiting canvas")).to_be_visible()  # the pen is still down
    page.mouse.up()
    expect(frame.locator("#sentence")).to_contain_text("Your 0 is known")
    expect(frame.locator("#waiting")).to_have_count(0)


def test_an_answer_without_a_stream_is_fetched(server, open_tab):
    page = open_tab(server.url)
    frame = drawing_page(page)
    closed = []

    def close(route) -> None:
        if closed:
            return route.continue_()
        closed.append(route.request.url)
        stream = {"Content-Type": "text/event-stream"}
        return route.fulfill(headers=stream, body='data: {"msg": "close_stream"}\n\n')

    page.route("**/queue/data?*", close)
    frame.get_by_role("button", name="Put a test image of 0 on the pad").click()
    expect(frame.locator("#sentence")).to_contain_text("is known after 0 and 1")
    assert len(closed) == 1


def test_a_drawing_comes_back_after_a_reload(server, open_tab):
    page = open_tab(server.url)
    draw(page, drawing_page(page), ZERO)
    checked(page.frame_locator("iframe[src*='/gradio']"), "0")
    page.reload()
    expect(drawing_page(page).locator("#sentence")).to_contain_text("Your 0 is known after 0 and 1")


def test_the_pad_by_keyboard(server, open_tab):
    page = open_tab(server.url)
    frame = drawing_page(page)
    pad = frame.get_by_role("application", name="Drawing pad")
    assert pad.get_attribute("aria-roledescription") == "drawing pad"
    voice = frame.locator("#pad .voice")
    pad.focus()
    page.keyboard.press("Space")
    expect(voice).to_have_text("Pen down")
    for _ in range(25):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(voice).to_have_text("Pen up")
    expect(frame.locator("#sentence")).to_contain_text("Your 1 is known after 0 and 1")
    for undo, redo in (("Control+z", "Control+y"), ("Control+z", "Control+Shift+Z")):
        page.keyboard.press(undo)
        expect(frame.locator("#sentence")).to_contain_text("Draw, and every card answers.")
        page.keyboard.press(redo)
        expect(frame.locator("#sentence")).to_contain_text("Your 1 is known after 0 and 1")
    expect(voice).to_have_text("Redone")
    page.keyboard.press("Delete")
    expect(voice).to_have_text("Cleared")
    frame.get_by_role("button", name="Redo").click()
    expect(frame.locator("#sentence")).to_contain_text("Your 1 is known after 0 and 1")


def test_a_term_is_explained_on_a_tap(server, open_tab):
    page = open_tab(server.url)
    frame = drawing_page(page)
    frame.get_by_role("button", name="task label").click()
    expect(frame.locator(".explanation")).to_contain_text(
        "The number of the task an image belongs to"
    )
    page.keyboard.press("Escape")
    expect(frame.locator(".explanation")).to_be_hidden()
    page.get_by_role("button", name="cumulative training").click()
    expect(page.get_by_text("Training from scratch, at every task").first).to_be_visible()


@SIZES
def test_nothing_jumps_while_the_page_loads(server, open_tab, size):
    """The cumulative layout shift of page and frame, both below 0.05."""
    page = open_tab(server.url, size, script=MEASURE_SHIFTS)
    drawing_page(page)
    page.locator(".st-key-caption").get_by_text("Dashed").wait_for()
    page.wait_for_function("document.fonts.status === 'loaded'")
    for each in page.frames:
        assert sum(each.evaluate("window.shifts")) < 0.05, each.url


@pytest.mark.parametrize(
    ("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop-light", "phone-dark"]
)
def test_axe_finds_no_violation(server, open_tab, tmp_path, size, scheme):
    """Of any impact, in the page and in its frame, in every state of its parts."""
    package = pytest.importorskip(
        "axe_playwright_python",
        reason="axe-playwright-python carries axe-core and is not installed",
    )
    axe = (Path(package.__file__).parent / "axe.min.js").read_text("utf-8")
    page = open_tab(server.url, size, color_scheme=scheme)
    frame = drawing_page(page)
    for each in page.frames:
        each.evaluate(axe)
    assert violations(page) == []
    draw(page, frame, ZERO)
    frame.get_by_role("button", name="Why did it forget?").click()
    frame.locator("#run summary").click()
    expect(frame.locator("#reasons")).to_be_visible()
    assert violations(page) == []
    frame.get_by_role("button", name="What would have saved it?").click()
    frame.locator("#strip .more").first.click()
    expect(frame.locator("#remedies .other")).to_have_count(3)
    expect(frame.locator("#probabilities")).to_be_visible()
    assert violations(page) == []
    if scheme == "light":  # the rest has the same styles, and takes as long again
        return
    axe_on_pictures(page, frame, tmp_path)
    axe_on_teaching(page, frame)
    screenshot(page, f"taught-{scheme}-{size['width']}.png")


def axe_on_pictures(page: Page, frame: FrameLocator, folder: Path) -> None:
    """Several pictures, one that is none, and the camera."""
    good = [folder / f"{k}.png" for k in range(2)]
    for file in good:
        file.write_bytes(png(ring()))
    picker = frame.locator("#pad input[type=file]")
    picker.set_input_files(good)
    expect(frame.locator("#pad [data-picture]")).to_have_count(2)
    checked(frame, "0")
    assert violations(page) == []
    (folder / "bad.png").write_bytes(b"hello")
    picker.set_input_files(folder / "bad.png")
    expect(frame.locator("#pad [role=alert]")).to_contain_text("not a picture")
    frame.get_by_role("button", name="Clear").click()
    camera = frame.locator("#pad .camera")
    camera.evaluate("camera => { camera.hidden = false; }")
    assert violations(page) == []
    camera.evaluate("camera => { camera.hidden = true; }")


def axe_on_teaching(page: Page, frame: FrameLocator) -> None:
    """An error beside examples, a lesson at work, and its end."""
    teach = frame.locator("#teach")
    frame.get_by_text("Teach it yours").click()
    for count in (1, 2):
        draw(page, frame, SCRIBBLE)
        teach.get_by_role("button", name="Add to examples").click()
        expect(teach.locator(".shots button")).to_have_count(count)
    teach.get_by_role("button", name="Teach it").click()
    expect(teach.locator(".result")).to_contain_text("The name is empty")
    assert violations(page) == []
    waiting = HeldRequests(page, "**/lessons/*-taught-*")
    teach.get_by_label("Name", exact=True).fill("knot")
    teach.get_by_role("button", name="Teach it").click()
    expect(teach.locator("progress")).to_be_visible()
    assert violations(page) == []
    waiting.release()
    expect(teach.locator(".result")).to_contain_text("Old classes")
    expect(frame.locator("#strip [data-after]")).to_have_count(6)
    assert violations(page) == []


# All that passes, with its HTML, would be described, sent and read: half of the time that it takes.
AXE = """() => axe.run(document, { resultTypes: ['violations'] }).then((found) =>
  found.violations.map((v) => [v.id, v.impact, v.nodes.map((node) => node.target)]))"""


def violations(page: Page) -> list[str]:
    """Returns what axe finds, each with its impact and where."""
    return [f"{rule} ({impact}): {nodes}" for rule, impact, nodes in page.evaluate(AXE)]


def test_targets_are_large_enough_for_a_finger(server, open_tab):
    """44 px each way, but for terms within a sentence."""
    page = open_tab(server.url, PHONE)
    frame = drawing_page(page)
    draw(page, frame, ZERO)
    checked(frame, "0")
    for target in frame.locator("button:visible:not(.term), a:visible, summary:visible").all():
        box = target.bounding_box()
        words = target.get_attribute("aria-label") or target.inner_text()
        assert min(box["width"], box["height"]) >= 43.5, (words, box)
    for label in frame.locator("#truth label, #task-given label").all():
        assert label.bounding_box()["height"] >= 43.5
