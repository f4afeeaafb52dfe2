"""Laws of Fashion-MNIST: MNIST's files under another name."""

import gzip

import numpy as np
import pytest

from lifelong import datasets
from lifelong.datasets import fashion_mnist
from lifelong.datasets.readers import idx
from lifelong.errors import LifelongError
from tests.image_helpers import is_one_sentence
from tests.sample_files import TRAIN, four_files, idx_bytes, place_files


@pytest.fixture
def data(monkeypatch, tmp_path):
    """An empty LIFELONG_DATA."""
    monkeypatch.setenv("LIFELONG_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def refused() -> str:
    """Returns the error message."""
    with pytest.raises(LifelongError) as error:
        datasets.load("fashion-mnist")
    assert is_one_sentence(str(error.value)), error.value
    return str(error.value)


def test_mnist_and_fashion_mnist_are_not_mistaken_for_each_other(data):
    place_files(data, four_files())
    assert datasets.is_available("mnist") and not datasets.is_available("fashion-mnist")
    place_files(data, four_files(), kin="FashionMNIST")
    assert datasets.location("mnist") != datasets.location("fashion-mnist")


def test_the_class_names_are_torchvisions():
    from lifelong.numerics.torchvision_import import datasets as vision

    assert list(fashion_mnist.SPEC.classes) == vision.FashionMNIST.classes


@pytest.mark.parametrize(
    ("name", "damage", "says"),
    [
        (
            "t10k-images-idx3-ubyte",
            lambda whole: whole[:-1],
            "t10k-images-idx3-ubyte is not a whole IDX file of bytes; fetch it again.",
        ),
        (
            "train-labels-idx1-ubyte",
            lambda whole: whole[:8] + b"\x0b" * TRAIN,
            "The four files of Fashion-MNIST do not belong together: ",
        ),
        (
            "train-labels-idx1-ubyte",
            lambda whole: whole[:7] + b"\x01" + whole[8:9],
            "The four files of Fashion-MNIST do not belong together: ",
        ),
    ],
    ids=["a byte short", "an eleventh class", "one label for all"],
)
def test_a_damaged_file_is_one_sentence(data, name, damage, says):
    files = four_files()
    place_files(data, files | {name: damage(files[name])}, packed=False, kin="FashionMNIST")
    assert refused().startswith(says)


@pytest.mark.parametrize(
    "sizes",
    [(2**16,) * 4, (2**32 - 1, 2**32 - 1), (1,) * 100],
    ids=["a product of 2 to the 64", "twice minus one", "100 sizes"],
)
def test_sizes_that_no_array_can_have_are_one_sentence(data, sizes):
    files = four_files() | {
        "train-images-idx3-ubyte": bytes([0, 0, 8, len(sizes)])
        + b"".join(size.to_bytes(4, "big") for size in sizes)
        + b"x"
    }
    place_files(data, files, packed=False, kin="FashionMNIST")
    assert refused() == "train-images-idx3-ubyte is not a whole IDX file of bytes; fetch it again."


def test_a_small_file_that_unpacks_to_more_than_any_idx_file_is_refused(data, monkeypatch):
    monkeypatch.setattr(idx, "LARGEST", 10_000)
    raw = place_files(data, four_files(), kin="FashionMNIST")
    (raw / "train-images-idx3-ubyte.gz").write_bytes(
        gzip.compress(idx_bytes(np.zeros((1000, 28, 28))))
    )
    assert (
        refused() == "train-images-idx3-ubyte.gz is not a whole IDX file of bytes; fetch it again."
    )
