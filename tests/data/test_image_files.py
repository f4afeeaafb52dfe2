"""Laws of pictures from elsewhere: a picture or one sentence, whatever their decoder raises."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from lifelong.data import image_files
from lifelong.data.image_files import png
from lifelong.errors import LifelongError
from tests.image_helpers import is_one_sentence
from tests.runs.helpers import sentence


@pytest.mark.parametrize(
    "error", [RuntimeError, struct.error, IndexError, OverflowError, EOFError, MemoryError]
)
def test_whatever_a_decoder_raises_is_one_sentence(monkeypatch, error):
    def load(_self):
        raise error("Failed to decode image: Missing or empty image item")

    file = io.BytesIO()
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(file, "PNG")
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", load)
    with pytest.raises(LifelongError) as found:
        image_files.open_image(file.getvalue())
    expected = image_files.TOO_MUCH if error is MemoryError else image_files.DAMAGED
    assert sentence(found) == expected


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "TIFF"])
def test_a_drawing_is_a_png_file_and_nothing_else(kind):
    picture, file = Image.fromarray(np.zeros((4, 4), np.uint8)), io.BytesIO()
    picture.save(file, kind)
    with pytest.raises(LifelongError, match="give one of PNG") as found:
        image_files.open_drawing(file.getvalue())
    assert is_one_sentence(sentence(found))


def test_a_drawing_has_a_million_pixels_at_most():
    assert image_files.open_drawing(png(np.zeros((1000, 1000), np.uint8))).size == (1000, 1000)
    with pytest.raises(LifelongError, match="1001 x 1000 pixels; give one of at most 1 million"):
        image_files.open_drawing(png(np.zeros((1000, 1001), np.uint8)))
