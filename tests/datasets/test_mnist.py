"""Laws of MNIST from files, from a server and from the embedded sample."""

import gzip
import hashlib
import os
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import make_mnist_sample
from lifelong import datasets
from lifelong.datasets.readers import embedded, idx
from lifelong.errors import LifelongError
from tests.sample_files import TEST, TRAIN, four_files, idx_bytes, place_files

REAL = Path(os.environ.get("LIFELONG_DATA", "")) / "MNIST" / "raw"
MD5 = {  # of the uncompressed files
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
ZLIB = "1.2.13"  # made the embedded sample; another version may pack the same images otherwise
needs_mnist = pytest.mark.skipif(
    not (os.environ.get("LIFELONG_DATA") and REAL.is_dir()), reason="LIFELONG_DATA holds no MNIST"
)


@pytest.fixture
def data(monkeypatch, tmp_path):
    """An empty LIFELONG_DATA."""
    monkeypatch.setenv("LIFELONG_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def load():
    """Loads MNIST without the data set in memory."""
    datasets.forget()
    return datasets.load("mnist")


def assert_tiny(dataset):
    assert (
        dataset.name == "mnist"
        and dataset.source == f"MNIST, {TRAIN} training and {TEST} test images"
    )
    assert (
        dataset.train_images.shape == (TRAIN, 1, 28, 28)
        and dataset.train_images.dtype == torch.uint8
    )
    assert dataset.train_images[:, 0, 5, 5].tolist() == list(
        range(TRAIN)
    ) and dataset.train_labels.tolist() == [k % 10 for k in range(TRAIN)]
    assert (
        dataset.test_images[:, 0, 0, 27].tolist() == list(range(TEST))
        and dataset.test_labels.dtype == torch.int64
    )


def test_files_may_be_compressed_or_plain_and_a_plain_one_takes_precedence(data):
    files = four_files()
    place_files(data, files)
    place_files(data, {"t10k-labels-idx1-ubyte": files["t10k-labels-idx1-ubyte"]}, packed=False)
    (data / "MNIST/raw/t10k-labels-idx1-ubyte.gz").write_bytes(b"damaged")
    assert_tiny(load())


def test_the_download_folder_is_used_if_lifelong_data_has_no_copy(data, tmp_path):
    place_files(tmp_path / "cache", four_files(), packed=False)
    assert_tiny(load())


@pytest.mark.parametrize("name", idx.Idx("MNIST").files)
@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[:-1],
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:3],
        lambda whole: b"",
        lambda whole: whole + b"x",
        lambda whole: b"<html>not found</html>",
        lambda whole: b"\0\0\x0d\x01" + whole[4:],
        lambda whole: whole[:4] + b"\xff\xff\xff\xff" + whole[8:],
    ],
    ids=[
        "a byte short",
        "half",
        "three bytes",
        "empty",
        "a byte long",
        "a web page",
        "floats",
        "a negative size",
    ],
)
def test_a_damaged_file_is_one_sentence_that_names_it(data, name, damage):
    files = four_files()
    place_files(data, files | {name: damage(files[name])}, packed=False)
    with pytest.raises(
        LifelongError, match=rf"^{name} is not a whole IDX file of bytes; fetch it again\.$"
    ):
        load()


@pytest.mark.parametrize("cut", [0.5, 0.99, 0.0])
def test_a_truncated_gzip_file_is_one_sentence_that_names_it(data, cut):
    raw = place_files(data, four_files())
    file = raw / "train-images-idx3-ubyte.gz"
    file.write_bytes(file.read_bytes()[: int(cut * file.stat().st_size)])
    with pytest.raises(
        LifelongError, match=r"^train-images-idx3-ubyte(\.gz)? is [^\n]*; fetch it again\.$"
    ):
        load()


def test_a_gzip_file_with_a_flipped_byte_is_named(data):
    raw = place_files(data, four_files())
    file = raw / "train-images-idx3-ubyte.gz"
    content = bytearray(file.read_bytes())
    content[-6] ^= 0xFF  # in the checksum
    file.write_bytes(content)
    with pytest.raises(
        LifelongError,
        match=r"^train-images-idx3-ubyte\.gz is damaged or cannot be read; fetch it again\.$",
    ):
        load()


@pytest.mark.parametrize(
    "change",
    [
        {"train-labels-idx1-ubyte": idx_bytes(np.zeros(TRAIN - 1))},
        {"t10k-labels-idx1-ubyte": idx_bytes(np.full(TEST, 10))},
        {"train-images-idx3-ubyte": idx_bytes(np.zeros(TRAIN))},
        {"train-labels-idx1-ubyte": idx_bytes(np.zeros((TRAIN, 1)))},
    ],
    ids=["a label too few", "an eleventh digit", "labels for images", "images for labels"],
)
def test_files_of_different_lengths_are_one_sentence(data, change):
    place_files(data, four_files() | change)
    with pytest.raises(
        LifelongError, match=r"^The four files of MNIST do not belong together: [^\n]*\.$"
    ):
        load()


def test_the_embedded_sample_has_digits_and_no_duplicate_image():
    dataset = datasets.load("mnist-sample")
    images = torch.cat([dataset.train_images, dataset.test_images])
    assert images.shape == (5000, 1, 28, 28) and images.dtype == torch.uint8
    assert dataset.train_labels.bincount().tolist() == [400] * 10
    assert dataset.test_labels.bincount().tolist() == [100] * 10
    assert len({image.numpy().tobytes() for image in images}) == 5000, (
        "no test image is a training image"
    )
    means = torch.stack(
        [
            dataset.train_images[dataset.train_labels == k].float().mean(0).flatten()
            for k in range(10)
        ]
    )
    nearest = torch.cdist(dataset.test_images.flatten(1).float(), means).argmin(1)
    assert (nearest == dataset.test_labels).float().mean() > 0.75, "labels belong to their images"
    assert datasets.load("mnist-sample").train_images.equal(dataset.train_images)


# The real thing


@needs_mnist
@pytest.mark.parametrize("name", idx.Idx("MNIST").files)
def test_the_real_files_are_the_original_ones(name):
    file = idx.file_in(REAL, name)
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    assert hashlib.md5(content).hexdigest() == MD5[name]


@needs_mnist
def test_real_mnist_has_60000_and_10000_digits():
    dataset = load()
    assert dataset.source == "MNIST, 60,000 training and 10,000 test images"
    assert dataset.train_images.shape == (60_000, 1, 28, 28) and dataset.test_images.shape == (
        10_000,
        1,
        28,
        28,
    )
    assert dataset.train_labels.bincount().tolist() == [
        5923,
        6742,
        5958,
        6131,
        5842,
        5421,
        5918,
        6265,
        5851,
        5949,
    ]
    assert dataset.test_labels.bincount().tolist() == [
        980,
        1135,
        1032,
        1010,
        982,
        892,
        958,
        1028,
        974,
        1009,
    ]


@needs_mnist
def test_the_embedded_sample_is_the_first_500_training_images_of_each_class():
    real, sample = load(), datasets.load("mnist-sample")
    parts = {"train": slice(0, 400), "test": slice(400, 500)}
    for split, part in parts.items():
        images, labels = (getattr(sample, f"{split}_{what}") for what in ("images", "labels"))
        chosen = [(real.train_labels == k).nonzero().squeeze(1)[part] for k in range(10)]
        assert torch.equal(images, real.train_images[torch.cat(chosen)])
        assert torch.equal(labels, real.train_labels[torch.cat(chosen)])


@needs_mnist
def test_the_script_makes_the_embedded_sample_again_to_the_byte(monkeypatch, tmp_path):
    file = tmp_path / "made.npz"
    monkeypatch.setattr("sys.argv", ["make_mnist_sample", str(file)])
    make_mnist_sample.main()
    if zlib.ZLIB_RUNTIME_VERSION != ZLIB:
        with np.load(file) as mine, np.load(make_mnist_sample.OUT) as shipped:
            assert mine.files == shipped.files
            assert all(np.array_equal(mine[name], shipped[name]) for name in mine.files)
    else:
        assert file.read_bytes() == make_mnist_sample.OUT.read_bytes()


@pytest.mark.parametrize("damage", [b"", b"PK", None], ids=["empty", "torn", "gone"])
def test_a_damaged_embedded_sample_is_one_sentence(monkeypatch, tmp_path, damage):
    monkeypatch.setattr(embedded, "DATASETS", tmp_path)
    if damage is not None:
        (tmp_path / "mnist_sample.npz").write_bytes(damage)
    datasets.forget()
    with pytest.raises(LifelongError, match="mnist_sample.npz of this installation is missing or"):
        datasets.load("mnist-sample")
