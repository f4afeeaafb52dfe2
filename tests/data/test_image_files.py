"""Laws of pictures from elsewhere: a picture or one sentence, whatever their decoder raises."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from lifelong.data import image_files
from lifelong.errors import LifelongError
from tests.runs.helpers import sentence


@pytest.mark.parametrize(
    "error", [RuntimeError, struct.error, IndexError, MemoryError, OverflowError, EOFError]
)
def test_whatever_a_decoder_raises_is_one_sentence(monkeypatch, error):
    def load(_self):
        raise error("Failed to decode image: Missing or empty image item")

    file = io.BytesIO()
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(file, "PNG")
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", load)
    with pytest.raises(LifelongError) as found:
        image_files.open_image(file.getvalue())
    assert sentence(found) == image_files.DAMAGED
