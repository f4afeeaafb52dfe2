"""Laws of CIFAR-10 from parquet, from torchvision's folder or download, or an image folder."""

import os
import pickle
from pathlib import Path

import pytest
import torch

from lifelong import datasets
from lifelong.datasets import cifar10
from lifelong.datasets.readers.torchvision_batches import CIFAR10
from lifelong.errors import LifelongError
from tests.datasets.stand_ins import batches, trust
from tests.helpers import config, run_all
from tests.image_helpers import is_one_sentence
from tests.sample_files import Harmful, image_bytes, image_folder, parquet, plain

needs_cifar = pytest.mark.skipif(
    not (
        os.environ.get("LIFELONG_DATA") and (Path(os.environ["LIFELONG_DATA"]) / "cifar10").is_dir()
    ),
    reason="LIFELONG_DATA holds no CIFAR-10",
)
CLASSES = cifar10.SPEC.classes
BATCHES, FILES = CIFAR10.folder, CIFAR10.files
ORIGINALS = "CIFAR-10, 20 training and 10 test images"


@pytest.fixture
def data(monkeypatch, tmp_path):
    """An empty LIFELONG_DATA."""
    monkeypatch.setenv("LIFELONG_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def two_shards(folder: Path, kind: str = "PNG") -> Path:
    """Twenty training images in two files and ten for testing; image k of a split is filled with k,
    its label is k modulo 10.
    """
    images = [image_bytes(plain(k), kind) for k in range(20)]
    parquet(folder / "train-00000-of-00002.parquet", images[:12], [k % 10 for k in range(12)])
    parquet(folder / "train-00001-of-00002.parquet", images[12:], [k % 10 for k in range(12, 20)])
    parquet(folder / "test-00000-of-00001.parquet", images[:10], list(range(10)))
    return folder


def assert_tiny(dataset, source: str = ORIGINALS):
    assert dataset.name == "cifar10" and dataset.source == source and dataset.classes == CLASSES
    assert (
        dataset.train_images.shape == (20, 3, 32, 32) and dataset.train_images.dtype == torch.uint8
    )
    assert dataset.train_images.is_contiguous()
    assert dataset.train_images[:, 1, 7, 9].tolist() == list(range(20)) and dataset.test_images[
        :, 2, 31, 0
    ].tolist() == list(range(10))
    assert dataset.train_labels.tolist() == [
        k % 10 for k in range(20)
    ] and dataset.test_labels.tolist() == list(range(10))
    assert dataset.train_labels.dtype == dataset.test_labels.dtype == torch.int64


def refused(what) -> str:
    """Returns the error message."""
    with pytest.raises(LifelongError) as error:
        what()
    assert is_one_sentence(str(error.value)), error.value
    return str(error.value)


def load():
    """Loads CIFAR-10 without the data set in memory."""
    datasets.forget()
    return datasets.load("cifar10")


# Parquet


def test_parquet_is_read_shard_after_shard(data):
    two_shards(data / "cifar10")
    assert_tiny(datasets.load("cifar10"))
    assert datasets.is_available("cifar10") and datasets.location("cifar10") == data / "cifar10"


def test_the_source_says_that_images_are_jpeg_copies(data):
    two_shards(data / "cifar10", "JPEG")
    assert_tiny(datasets.load("cifar10"), f"{ORIGINALS}, from JPEG copies")


def test_the_download_folder_is_used_if_lifelong_data_has_no_copy(data, tmp_path):
    two_shards(tmp_path / "cache" / "cifar10")
    assert_tiny(datasets.load("cifar10"))


def test_channels_and_rows_have_the_right_order(data):
    red = plain(0)
    red[0, 1] = (255, 128, 7)
    two_shards(data / "cifar10")
    parquet(
        data / "cifar10" / "test-00000-of-00001.parquet", [image_bytes(red)] * 10, list(range(10))
    )
    images = datasets.load("cifar10").test_images
    assert images[3, :, 0, 1].tolist() == [255, 128, 7] and images.sum() == 10 * (255 + 128 + 7)


def test_grey_images_among_them_become_rgb(data):
    two_shards(data / "cifar10")
    parquet(
        data / "cifar10" / "test-00000-of-00001.parquet",
        [image_bytes(plain(k, (32, 32))) for k in range(10)],
        list(range(10)),
    )
    assert_tiny(datasets.load("cifar10"))


@pytest.mark.parametrize(
    ("images", "labels", "says"),
    [
        (
            [image_bytes(plain(1, (28, 28, 3)))] * 10,
            range(10),
            "Row 0 of cifar10/test.parquet, counted from 0, is 28 x 28 pixels; expected 32 x 32",
        ),
        (
            [image_bytes(plain(1))] * 9 + [b"no picture"],
            range(10),
            "Row 9 of cifar10/test.parquet, counted from 0, is not a picture that can be read",
        ),
        (
            [image_bytes(plain(1))] * 10,
            [*range(9), 10],
            "Row 9 of cifar10/test.parquet, counted from 0, has the label '10'; expected 0 to 9.",
        ),
        (
            [image_bytes(plain(1))] * 10,
            [-1, *range(9)],
            "Row 0 of cifar10/test.parquet, counted from 0, has the label '-1'; expected 0 to 9.",
        ),
        (
            [image_bytes(plain(1))] * 10,
            [0] * 10,
            "CIFAR-10 has no test images of the class automobile",
        ),
    ],
    ids=["size", "no picture", "eleventh class", "no label", "a class without images"],
)
def test_an_invalid_row_is_one_sentence(data, images, labels, says):
    two_shards(data / "cifar10")
    (data / "cifar10" / "test-00000-of-00001.parquet").unlink()
    parquet(data / "cifar10" / "test.parquet", images, list(labels))
    assert refused(load).startswith(says)


# Torchvision's folder


def test_torchvisions_folder_is_read_when_every_checksum_is_right(data, monkeypatch):
    image_folder(data / BATCHES, batches(CLASSES))
    trust(monkeypatch, CIFAR10, batches(CLASSES))
    assert_tiny(datasets.load("cifar10"))


def test_every_file_that_torchvision_opens_has_a_checksum_of_its_own():
    from lifelong.numerics.torchvision_import import datasets as vision

    listed = [
        *vision.CIFAR10.train_list,
        *vision.CIFAR10.test_list,
        [vision.CIFAR10.meta["filename"], vision.CIFAR10.meta["md5"]],
    ]
    assert {name for name, _ in listed} == set(FILES) and all(len(md5) == 32 for _, md5 in listed)


@pytest.mark.parametrize("name", FILES)
def test_a_forged_pickle_is_never_unpickled(data, tmp_path, monkeypatch, name):
    trap = tmp_path / "sprung"
    trust(monkeypatch, CIFAR10, batches(CLASSES))  # all the other files are right
    image_folder(data / BATCHES, batches(CLASSES, {name: Harmful(trap)}))
    assert "a checksum differs" in refused(load) and not trap.exists()
    pickle.loads((data / BATCHES / name).read_bytes())  # this is what would have happened
    assert trap.exists()


def test_the_real_checksums_refuse_a_folder_of_forged_pickles(data, tmp_path):
    image_folder(
        data / BATCHES, batches(CLASSES, {name: Harmful(tmp_path / name) for name in FILES})
    )
    assert refused(load) == (
        "The files in cifar-10-batches-py are not those of CIFAR-10: a checksum differs; "
        "delete the folder and fetch CIFAR-10 again."
    )
    assert not [name for name in FILES if (tmp_path / name).exists()]


def test_a_missing_file_is_named(data):
    files = batches(CLASSES)
    del files["data_batch_3"], files["batches.meta"]
    image_folder(data / BATCHES, files)
    assert not datasets.is_available("cifar10")
    assert (
        refused(load)
        == "The folder cifar-10-batches-py lacks data_batch_3, batches.meta; fetch CIFAR-10 again."
    )


# An image folder


def folder(data: Path, names=CLASSES, **options) -> Path:
    """Two training images and a test image a class; all pixels of an image are its label plus ten
    for every further one.
    """
    files = {
        f"{split}/{name}/{k}.png": image_bytes(plain(label + 10 * k, **options))
        for label, name in enumerate(names)
        for split, k in (("train", 0), ("train", 1), ("test", 0))
    }
    return image_folder(data / "cifar10", files)


def test_an_image_folder_is_read_with_its_classes_in_the_usual_order(data):
    folder(data)
    dataset = datasets.load("cifar10")
    assert dataset.source == ORIGINALS and dataset.classes == CLASSES
    assert (
        (dataset.train_images[:, 0, 0, 0] % 10).tolist()
        == dataset.train_labels.tolist()
        == [label for label in range(10) for _ in range(2)]
    )


def test_an_image_folder_with_other_classes_is_refused(data):
    folder(data, ["plane", *CLASSES[1:]])
    assert refused(load) == (
        f"The folders in cifar10/train must be the classes {', '.join(CLASSES)}; "
        "'airplane' is missing or one too many."
    )


def test_an_image_folder_with_images_of_another_size_is_refused(data):
    folder(data, shape=(16, 16, 3))
    assert (
        refused(load)
        == "cifar10/train/airplane/0.png is 16 x 16 pixels; expected 32 x 32 like all others."
    )


# What it is for


@pytest.mark.parametrize("scenario", ["class", "task", "domain", "transfer"])
def test_the_mlp_learns_cifar10_in_every_scenario(data, scenario):
    two_shards(data / "cifar10")
    experiment, events = run_all(config("replay", scenario, dataset="cifar10", tasks=2))
    assert experiment.strategy.network.layers[0].in_features == 3072
    assert events[0].source == ORIGINALS and events[0].shape == (3, 32, 32)
    assert {name for names in events[0].classes for name in names} == set(CLASSES)


@needs_cifar
def test_real_cifar_has_50000_and_10000_images_whose_labels_belong_to_them():
    dataset = datasets.load("cifar10")
    assert dataset.source.startswith("CIFAR-10, 50,000 training and 10,000 test images")
    assert dataset.train_images.shape == (50_000, 3, 32, 32) and dataset.test_images.shape == (
        10_000,
        3,
        32,
        32,
    )
    assert (
        dataset.train_labels.bincount().tolist() == [5000] * 10
        and dataset.test_labels.bincount().tolist() == [1000] * 10
    )
    small = torch.nn.functional.avg_pool2d(dataset.train_images[:5000].float(), 4).flatten(1)
    means = torch.stack([small[dataset.train_labels[:5000] == k].mean(0) for k in range(10)])
    tested = torch.nn.functional.avg_pool2d(dataset.test_images[:2000].float(), 4).flatten(1)
    right = (torch.cdist(tested, means).argmin(1) == dataset.test_labels[:2000]).float().mean()
    assert right > 0.2, "twice as often as by chance"
