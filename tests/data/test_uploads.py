"""Laws of pictures that strangers send: as one's own, or one sentence, and the next one is read."""

import io
import signal
import time

import numpy as np
import pytest
from PIL import Image

from lifelong.data import uploads
from lifelong.data.image_files import open_image, png
from lifelong.data.uploads import Decoders
from lifelong.errors import LifelongError
from lifelong.inference.preprocess import preprocess
from lifelong.storage.confined import DiedError
from tests.image_helpers import is_one_sentence

SHAPE = (3, 16, 16)
TURNED = Image.Exif()
TURNED[0x0112] = 6  # a quarter of a turn
decoders = Decoders()  # whose processes are reused


def picture(mode: str, kind: str, **options) -> bytes:
    """Returns a file with a ring of ink."""
    rows, columns = np.mgrid[:60, :50]
    ring = abs(np.hypot(rows - 30, columns - 25) - 15) < 4
    pixels = np.where(ring, 20, 235).astype(np.uint8)
    if mode == "I;16":
        image = Image.fromarray(pixels.astype(np.uint16) * 257)
    else:
        image = Image.fromarray(np.stack([pixels, pixels, pixels // 2], -1)).convert(mode)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


FILES = {
    **{f"{mode} PNG": picture(mode, "PNG") for mode in ("1", "L", "LA", "P", "RGB", "RGBA")},
    "I;16 PNG": picture("I;16", "PNG"),
    "transparent P": picture("P", "PNG", transparency=0),
    "transparent RGB": picture("RGB", "PNG", transparency=(235, 235, 117)),
    "transparent L": picture("L", "PNG", transparency=235),
    "CMYK JPEG": picture("CMYK", "JPEG"),
    "JPEG": picture("RGB", "JPEG"),
    "turned JPEG": picture("RGB", "JPEG", exif=TURNED),
    "GIF": picture("P", "GIF"),
    "F TIFF": picture("F", "TIFF"),
}  # fmt: skip


@pytest.mark.parametrize("dataset", ["mnist", "cifar10"])
@pytest.mark.parametrize("name", FILES)
def test_a_picture_is_to_the_network_what_it_is_without_a_process(name, dataset):
    found = preprocess(decoders.open(FILES[name]), dataset, SHAPE)
    expected = preprocess(open_image(FILES[name]), dataset, SHAPE)
    assert expected is not None or name == "I;16 PNG"
    assert np.array_equal(found, expected) if expected is not None else found is None


@pytest.mark.parametrize("content", [b"", b"no picture", FILES["JPEG"][:300]])
def test_what_is_refused_is_refused_in_the_same_words(content):
    with pytest.raises(LifelongError) as found:
        decoders.open(content)
    with pytest.raises(LifelongError) as expected:
        open_image(content)
    assert str(found.value) == str(expected.value)


def test_a_decoder_that_hangs_is_killed_and_the_next_picture_is_read(monkeypatch):
    own = Decoders()
    own.warm()
    with monkeypatch.context() as patch:
        patch.setattr(uploads, "SECONDS", 0.2)
        own._idle[0]._process.send_signal(signal.SIGSTOP)  # as one whose decoder hangs
        began = time.monotonic()
        with pytest.raises(LifelongError) as found:
            own.open(FILES["JPEG"])
    assert time.monotonic() - began < 5
    assert str(found.value) == uploads.REFUSED and is_one_sentence(uploads.REFUSED)
    assert own._idle == [] and own.open(FILES["JPEG"]).size == (50, 60)


@pytest.mark.parametrize(
    ("header", "pixels"),
    [
        ({}, b""),
        ({"mode": "RGB", "size": [2, 2]}, b"short"),
        ({"mode": "RGB", "size": [-1, -1]}, b"abc"),
        ({"mode": "P", "size": [1, 1]}, b"a"),
        ({"mode": ["RGB"], "size": [1, 1]}, b"abc"),
        ({"mode": "L", "size": "many"}, b"a"),
        ({"mode": "L", "size": [10**9, 10**9]}, b"a"),
    ],
)
def test_an_answer_that_is_no_picture_is_an_error(header, pixels):
    with pytest.raises(DiedError):
        uploads._image(header, pixels)


def test_a_process_that_the_system_has_ended_is_replaced():
    own = Decoders()
    own.warm()
    own._idle[0]._process.kill()
    own._idle[0]._process.wait()
    assert own.open(FILES["JPEG"]).size == (50, 60)


def test_where_no_process_is_free_for_long_the_server_says_so(monkeypatch):
    own = Decoders()
    monkeypatch.setattr(uploads, "SECONDS", 0.05)
    taken = [own._free.acquire() for _ in range(uploads.PROCESSES)]
    with pytest.raises(LifelongError, match="Many pictures") as error:
        own.open(FILES["JPEG"])
    assert all(taken) and is_one_sentence(str(error.value))
    monkeypatch.undo()
    own._free.release()
    assert own.open(FILES["JPEG"]).size == (50, 60), "once one is free, there is room"


def test_there_are_no_more_processes_than_pictures_at_once():
    own = Decoders()
    for _ in range(3):
        own.open(png(np.zeros((4, 4), np.uint8)))
    assert len(own._idle) == 1
