"""A picture that a person brings, as a run's model takes it."""

import numpy as np
import pytest
from PIL import Image

from lifelong.errors import LifelongError
from lifelong.inference import preprocess


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F", "YCbCr", "HSV"]
)
@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 28), (3, 20, 40)])
def test_any_mode_becomes_bytes_of_the_models_shape(mode, shape):
    seen = preprocess.to_photo(Image.new(mode, (70, 50)), shape)
    assert seen.shape == shape and seen.dtype == np.uint8


def test_it_is_the_middle_that_is_seen():
    wide = Image.new("RGB", (300, 100), (255, 0, 0))
    wide.paste((0, 255, 0), (100, 0, 200, 100))
    seen = preprocess.to_photo(wide, (3, 10, 10))[
        :, :, 1:-1
    ]  # at its edge a little of the neighbours is mixed in
    assert (seen == np.array([0, 255, 0])[:, None, None]).all()


def test_what_is_transparent_is_white():
    assert (preprocess.to_photo(Image.new("RGBA", (9, 9), (0, 0, 0, 0)), (3, 4, 4)) == 255).all()


def test_a_blank_page_is_no_digit_but_a_photograph_like_any_other():
    blank = Image.new("L", (40, 40), 255)
    assert preprocess.seen(blank, "mnist", (1, 28, 28)) is None and preprocess.seen(
        blank, "fashion-mnist", (1, 28, 28)
    ).shape == (1, 28, 28)
    with pytest.raises(LifelongError, match="blank"):
        preprocess.needed(blank, "mnist", (1, 28, 28))


def test_test_images_come_class_by_class():
    sheet = preprocess.examples("mnist-sample", 3, 5)
    assert (
        sheet.shape == (3, 5, 1, 28, 28)
        and len({image.tobytes() for image in sheet.reshape(15, -1)}) == 15
    )
    assert preprocess.examples("no-such-data", 3, 5) is None
