"""Pictures on the drawing page as a visitor brings them: files of a phone, several, the camera."""

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.app.helpers import CHROMIUM, PHONE, drawing_page, picture_name, screenshot

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")

REFUSES = """
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '%s'));
"""
NOTES_STREAMS = """
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.streams = [];
  navigator.mediaDevices.getUserMedia = async (wish) => {
    const stream = await open(wish);
    window.streams.push(stream);
    return stream;
  };
"""


def page_of_paper(digit: str = "7", size: tuple[int, int] = (4000, 3000)) -> Image.Image:
    """Returns a digit of lines on shaded paper."""
    width, height = size
    picture = Image.new("RGB", size, (228, 224, 216))
    lines = {"7": [(0.4, 0.25), (0.6, 0.25), (0.5, 0.75)], "1": [(0.5, 0.2), (0.5, 0.8)]}[digit]
    points = [(x * width, y * height) for x, y in lines]
    ImageDraw.Draw(picture).line(points, (40, 60, 150), width // 50, joint="curve")
    shade = Image.linear_gradient("L").resize(size).point(lambda v: v // 4)
    return Image.composite(Image.new("RGB", size, "black"), picture, shade)


def saved(picture: Image.Image, path: Path, **options) -> Path:
    picture.save(path, **options)
    return path


def sent_pictures(page: Page) -> list[bytes]:
    """Returns a list that fills with the files that the page sends."""
    sent: list[bytes] = []

    def note(request) -> None:
        if "/queue/join" in request.url:
            more = json.loads(request.post_data).get("event_data") or {}
            if isinstance(more, dict) and "content" in more:
                sent.append(base64.b64decode(more["content"].partition(",")[2]))

    page.on("request", note)
    return sent


def choose(frame, *files: Path) -> None:
    frame.locator("#pad input[type=file]").set_input_files(files)


def reads(frame, digit: str) -> None:
    expect(frame.locator("#sentence")).to_contain_text(re.compile(f"(Your|This) {digit} is known"))


def test_a_large_photograph_arrives_small_and_upright(server, open_tab, tmp_path):
    page = open_tab(server.url)
    frame, sent = drawing_page(page), sent_pictures(page)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    lying = page_of_paper().rotate(90, expand=True)
    grain = np.random.default_rng(0).normal(0, 22, (*lying.size[::-1], 3))
    noisy = Image.fromarray((np.asarray(lying) + grain).clip(0, 255).astype(np.uint8))
    file = saved(noisy, tmp_path / "phone.jpg", quality=95, exif=exif)
    assert file.stat().st_size > 5_000_000
    choose(frame, file)
    reads(frame, "7")
    assert len(sent[0]) < 1_500_000
    arrived = Image.open(io.BytesIO(sent[0]))
    assert arrived.size == (1600, 1200) and arrived.getexif().get(0x0112, 1) == 1


def test_a_small_picture_goes_as_it_is(server, open_tab, tmp_path):
    page = open_tab(server.url)
    frame, sent = drawing_page(page), sent_pictures(page)
    file = saved(page_of_paper(size=(800, 600)), tmp_path / "small.png")
    choose(frame, file)
    reads(frame, "7")
    assert sent == [file.read_bytes()]


def test_a_bad_file_is_one_sentence_and_nothing_is_lost(server, open_tab, tmp_path):
    page = open_tab(server.url)
    frame = drawing_page(page)
    frame.get_by_role("button", name="Put a test image of 0 on the pad").click()
    reads(frame, "0")
    contents = {
        "broken.heic": b"\0\0\0\x18ftypheic" + bytes(200),
        "text.png": b"hello",
        "large.heic": bytes(6_000_000),
    }
    problem = frame.locator("#pad [role=alert]")
    for name, content in contents.items():
        file = tmp_path / name
        file.write_bytes(content)
        choose(frame, file)
        expect(problem).to_contain_text(
            "not a picture" if name == "text.png" else re.compile("try (again|once more)")
        )
        reads(frame, "0")
        expect(frame.locator("#strip [data-after='0'][data-known='yes']")).to_have_count(1)
    choose(frame, saved(page_of_paper(size=(800, 600)), tmp_path / "good.png"))
    reads(frame, "7")
    expect(problem).to_be_hidden()


def test_several_pictures_wait_to_be_chosen(server, open_tab, tmp_path):
    page = open_tab(server.url, PHONE)
    frame = drawing_page(page)
    files = [
        saved(page_of_paper(digit, (800, 600)), tmp_path / f"{k}.png")
        for k, digit in enumerate("717")
    ]
    choose(frame, *files)
    reads(frame, "7")
    tray = frame.get_by_role("group", name="Pictures to choose from")
    second = tray.get_by_role("button", name="Picture 2 of 3")
    expect(tray.locator("[aria-pressed=true]")).to_have_attribute("aria-label", "Picture 1 of 3")
    second.focus()
    page.keyboard.press("Enter")
    reads(frame, "1")
    expect(second).to_have_attribute("aria-pressed", "true")
    box = second.bounding_box()
    assert min(box["width"], box["height"]) >= 43.5
    screenshot(page, picture_name("pictures", PHONE))
    choose(frame, files[0])
    reads(frame, "7")
    expect(tray).to_be_hidden()


def test_the_camera_by_keyboard(server, open_tab):
    page = open_tab(server.url, PHONE, script=NOTES_STREAMS)
    frame, sent = drawing_page(page), sent_pictures(page)
    button = frame.get_by_role("button", name="Take a picture with the camera")
    shoot = frame.get_by_role("button", name="Take picture")
    for ending in ("Escape", "Enter"):
        button.focus()
        page.keyboard.press("Enter")
        expect(shoot).to_be_focused()
        live = frame.locator("video").evaluate_handle("video => video.srcObject")
        frame.locator("video").evaluate(
            "v => new Promise(d => v.videoWidth ? d() : v.addEventListener('loadeddata', d))"
        )
        if ending == "Enter":
            screenshot(page, picture_name("camera", PHONE))
        page.keyboard.press(ending)
        expect(shoot).to_be_hidden()
        assert live.evaluate("s => s.getTracks().every(t => t.readyState === 'ended')")
        if ending == "Escape":
            expect(button).to_be_focused()
    # The pad takes the picture, or says that no digit stands out from it.
    answered = frame.locator("#network-input img, #pad [role=alert]:not([hidden])").first
    expect(answered).to_be_visible()
    assert Image.open(io.BytesIO(sent[0])).format in ("JPEG", "WEBP")


@pytest.mark.parametrize(
    "error, words",
    [("NotAllowedError", "not allowed here"), ("NotFoundError", "No camera was found")],
)
def test_a_camera_that_cannot_be_had_is_one_sentence(server, open_tab, error, words):
    page = open_tab(server.url, script=REFUSES % error)
    frame = drawing_page(page)
    frame.get_by_role("button", name="Take a picture with the camera").click()
    expect(frame.locator("#pad [role=alert]")).to_contain_text(words)
    expect(frame.get_by_role("button", name="Take picture")).to_be_hidden()
