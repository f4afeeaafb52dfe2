"""Fashion-MNIST: MNIST's files under another name, and no sample that stands in."""

import gzip

import numpy as np
import pytest

from lifelong import datasets
from lifelong.datasets import fashion_mnist
from lifelong.datasets.readers import idx
from lifelong.errors import LifelongError
from tests.image_helpers import is_one_sentence
from tests.sample_files import (
    TEST,
    TRAIN,
    coded,
    declare,
    four_files,
    go_online,
    idx_bytes,
    packed_files,
    parquet,
    place_files,
    plain,
    server,
)


@pytest.fixture
def data(monkeypatch, tmp_path):
    """An empty LIFELONG_DATA."""
    monkeypatch.setenv("LIFELONG_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def load():
    """Loads Fashion-MNIST afresh."""
    datasets.forget()
    return datasets.load("fashion-mnist")


def assert_tiny(dataset):
    assert (
        dataset.name == "fashion-mnist"
        and dataset.source == f"Fashion-MNIST, {TRAIN} training and {TEST} test images"
    )
    assert dataset.classes == fashion_mnist.SPEC.classes and dataset.shape == (1, 28, 28)
    assert dataset.train_images[:, 0, 5, 5].tolist() == list(
        range(TRAIN)
    ) and dataset.test_labels.tolist() == [k % 10 for k in range(TEST)]


def refused() -> str:
    """The sentence with which it is refused."""
    with pytest.raises(LifelongError) as error:
        datasets.load("fashion-mnist")
    assert is_one_sentence(str(error.value)), error.value
    return str(error.value)


@pytest.mark.parametrize("packed", [True, False], ids=["gzip", "plain"])
def test_the_four_files_are_read_packed_or_not(data, packed):
    place_files(data, four_files(), packed, kin="FashionMNIST")
    assert datasets.is_available("fashion-mnist")
    assert_tiny(datasets.load("fashion-mnist"))


def test_the_files_of_mnist_are_not_taken_for_it_nor_the_other_way_round(data):
    place_files(data, four_files())
    assert datasets.is_available("mnist") and not datasets.is_available("fashion-mnist")
    place_files(data, four_files(), kin="FashionMNIST")
    assert datasets.location("mnist") != datasets.location("fashion-mnist")


def test_the_class_names_are_torchvisions():
    from lifelong.numerics.torchvision_import import datasets as vision

    assert list(fashion_mnist.SPEC.classes) == vision.FashionMNIST.classes


def test_parquet_of_the_hub_is_read_too(data):
    for split, count in (("train", 20), ("test", 10)):
        images = [coded(plain(k, (28, 28))) for k in range(count)]
        parquet(
            data / "fashion-mnist" / f"{split}-00000-of-00001.parquet",
            images,
            [k % 10 for k in range(count)],
            column="image",
        )
    dataset = datasets.load("fashion-mnist")
    assert dataset.classes == fashion_mnist.SPEC.classes and dataset.train_images[
        :, 0, 3, 3
    ].tolist() == list(range(20))


@pytest.mark.parametrize(("name", "damage", "says"), [
    ("t10k-images-idx3-ubyte", lambda whole: whole[:-1], "t10k-images-idx3-ubyte is not a whole IDX file of bytes; fetch it again."),
    ("train-labels-idx1-ubyte", lambda whole: whole[:8] + b"\x0b" * TRAIN, "The four files of Fashion-MNIST do not belong together: "),
    ("train-labels-idx1-ubyte", lambda whole: whole[:7] + b"\x01" + whole[8:9], "The four files of Fashion-MNIST do not belong together: "),
], ids=["a byte short", "an eleventh class", "one label for all"])  # fmt: skip
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


@pytest.fixture
def online(data, monkeypatch):
    """Tiny files, and what declares them with their checksums at an address."""
    go_online(monkeypatch)
    packed = packed_files()
    return packed, lambda address: declare(monkeypatch, fashion_mnist, packed, address)


def test_it_is_downloaded_once_and_found_the_next_time(online, capsys):
    packed, use = online
    with server(packed) as (address, asked):
        use(address)
        assert_tiny(load())
        assert set(asked) == set(packed)
        asked.clear()
        assert_tiny(load())
        assert asked == []
    out, err = capsys.readouterr()
    assert out == "" and "%" in err


def test_a_download_that_fails_is_one_sentence_and_nothing_half_loaded_is_left(online, tmp_path):
    packed, use = online
    with server(packed, cut=0.5) as (address, _):
        use(address)
        assert refused() == (
            "Fashion-MNIST is not on this machine and it could not be downloaded; connect to the internet, "
            "or put its four IDX files into FashionMNIST/raw under LIFELONG_DATA."
        )
    assert [file for file in (tmp_path / "cache").rglob("*") if file.is_file()] == []


def test_offline_there_is_no_sample_that_stands_in(data):
    assert "LIFELONG_OFFLINE forbids its download" in refused()
