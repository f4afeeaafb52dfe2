"""Laws of SVHN's MATLAB files: what is read from them, and that a wrong one is one sentence."""

import struct
import zlib

import numpy as np
import pytest
import torch

from lifelong import datasets
from lifelong.datasets import svhn
from lifelong.datasets.readers import matlab
from lifelong.errors import LifelongError
from tests.datasets.stand_ins import house_numbers
from tests.image_helpers import is_one_sentence
from tests.sample_files import image_folder, matlab_file

TRAIN, TEST = matlab.SVHN.files


@pytest.fixture
def data(monkeypatch, tmp_path):
    """An empty LIFELONG_DATA."""
    monkeypatch.setenv("LIFELONG_DATA", str(tmp_path / "data"))
    datasets.forget()
    return tmp_path / "data"


def refused(data, train: bytes) -> str:
    """Returns the error message about this training file."""
    image_folder(data / "svhn", {TRAIN: train, TEST: house_numbers(10)})
    with pytest.raises(LifelongError) as error:
        datasets.load("svhn")
    assert is_one_sentence(str(error.value)), error.value
    return str(error.value)


def test_files_and_checksums_are_torchvisions():
    from lifelong.numerics.torchvision_import import datasets as vision

    listed = [vision.SVHN.split_list[split] for split in ("train", "test")]
    spec = svhn.SPEC.download
    assert [name for _, name, _ in listed] == [name for name, _ in spec.archives]
    assert [f"md5:{md5}" for *_, md5 in listed] == [checksum for _, checksum in spec.archives]
    assert all(url == spec.addresses[0] + name for url, name, _ in listed)


def test_rows_columns_and_channels_are_in_order_and_ten_is_zero(data):
    images = np.arange(2 * 3 * 1024, dtype=np.float64).reshape(32, 32, 3, 2).astype(np.uint8)
    content = matlab_file({"X": images, "y": np.array([[10.0], [7.0]])})
    image_folder(data / "svhn", {TRAIN: content, TEST: house_numbers(10)})
    dataset = datasets.load("svhn")
    assert dataset.train_labels.tolist() == [0, 7]
    for n, row, column, channel in ((0, 0, 1, 0), (1, 31, 2, 2), (0, 5, 30, 1)):
        assert dataset.train_images[n, channel, row, column] == images[row, column, channel, n]
    assert dataset.train_images.dtype == torch.uint8 and dataset.test_labels.tolist() == list(
        range(10)
    )


GOOD = house_numbers(20)
PIXELS = np.zeros((32, 32, 3, 4), np.uint8)
LABELS = np.ones((4, 1), np.uint8)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MATLAB 5.0".ljust(4000),
        GOOD[:-1],
        GOOD[:200],
        GOOD[:136] + bytes(50) + GOOD[186:],
        b"\x89HDF" + GOOD[4:124] + b"\x02\x00MI" + GOOD[128:],
        GOOD[:128] + struct.pack("<II", 15, 4) + b"text",
        GOOD[:128] + struct.pack("<II", 14, 8) + bytes(8),
    ],
    ids=["empty", "blank", "a byte short", "cut off", "damaged", "level 7", "no zip", "no matrix"],
)
def test_a_damaged_file_is_one_sentence(data, content):
    expected = f"{TRAIN} is damaged or not a MATLAB file of level 5; fetch it again."
    assert refused(data, content) == expected


@pytest.mark.parametrize(
    "arrays",
    [
        {"X": PIXELS},
        {"y": LABELS},
        {"X": PIXELS.astype(np.float64), "y": LABELS},
        {"X": PIXELS[:31], "y": LABELS},
        {"X": PIXELS, "y": LABELS[:3]},
        {"X": PIXELS, "y": LABELS * 11},
        {"X": PIXELS, "y": LABELS * 0},
        {"X": PIXELS[..., :0], "y": LABELS[:0]},
    ],
    ids=["no y", "no X", "floats", "31 rows", "three labels", "eleven", "zero", "none"],
)
def test_other_arrays_are_one_sentence(data, arrays):
    expected = f"{TRAIN} does not hold images and labels of SVHN; fetch it again."
    assert refused(data, matlab_file(arrays)) == expected


def test_a_small_file_that_unpacks_to_more_than_any_is_refused_unread(data, monkeypatch):
    monkeypatch.setattr(matlab, "LARGEST", 10_000)
    packed = zlib.compress(bytes(10_001))
    content = GOOD[:128] + struct.pack("<II", 15, len(packed)) + packed
    assert "damaged" in refused(data, content)
