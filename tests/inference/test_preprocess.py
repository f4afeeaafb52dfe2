"""Laws of the preprocessing of a picture into the input of a run's model."""

import numpy as np
import pytest
from PIL import Image

from lifelong import datasets
from lifelong.errors import LifelongError
from lifelong.inference import preprocess


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F", "YCbCr", "HSV"]
)
@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 28), (3, 20, 40)])
def test_any_mode_becomes_bytes_of_the_models_shape(mode, shape):
    pixels = preprocess.to_photo(Image.new(mode, (70, 50)), shape)
    assert pixels.shape == shape and pixels.dtype == np.uint8


def test_a_photograph_is_cropped_to_its_middle():
    wide = Image.new("RGB", (300, 100), (255, 0, 0))
    wide.paste((0, 255, 0), (100, 0, 200, 100))
    pixels = preprocess.to_photo(wide, (3, 10, 10))
    # At the edge a little of the neighbours is mixed in.
    assert (pixels[:, :, 1:-1] == np.array([0, 255, 0])[:, None, None]).all()


def test_transparent_parts_are_white():
    assert (preprocess.to_photo(Image.new("RGBA", (9, 9), (0, 0, 0, 0)), (3, 4, 4)) == 255).all()


def test_a_blank_drawing_is_none_or_refused_where_it_is_required():
    blank = Image.new("L", (40, 40), 255)
    assert preprocess.preprocess(blank, "mnist", (1, 28, 28)) is None
    with pytest.raises(LifelongError, match="blank"):
        preprocess.preprocess(blank, "mnist", (1, 28, 28), required=True)


@pytest.mark.parametrize("required", [False, True])
def test_a_blank_photograph_is_one_like_any_other(required):
    blank = Image.new("L", (40, 40), 255)
    pixels = preprocess.preprocess(blank, "fashion-mnist", (1, 28, 28), required)
    assert pixels.shape == (1, 28, 28) and (pixels == 255).all()


def test_example_images_are_different_test_images_in_the_column_of_their_class():
    data = datasets.load("mnist-sample")
    sheet = preprocess.example_images("mnist-sample", per_class=3, max_classes=5)
    assert sheet.shape == (3, 5, 1, 28, 28)
    assert len({image.tobytes() for image in sheet.reshape(15, -1)}) == 15
    for label in range(5):
        members = data.test_images[data.test_labels == label].numpy()
        assert (sheet[:, label] == members[:3]).all()


def test_there_are_no_example_images_of_an_unknown_data_set_or_of_too_few():
    assert preprocess.example_images("no-such-data", per_class=3, max_classes=5) is None
    assert preprocess.example_images("mnist-sample", per_class=10_000, max_classes=5) is None
