"""Laws of the cache of decoded images: decoded once, and no damage loses an image."""

import dataclasses
import itertools
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from lifelong import datasets
from lifelong.data import examples
from lifelong.data.examples import Dataset, pixel_digest
from lifelong.datasets.readers import decoded_cache, decoding
from lifelong.events import Loading, Started
from lifelong.storage import progress
from lifelong.training import experiment
from tests.helpers import config, is_mapped
from tests.sample_files import image_bytes, image_folder, parquet, plain


@pytest.fixture
def data(monkeypatch, tmp_path):
    """A folder for data sets; every decoding counts as slow."""
    monkeypatch.setenv("LIFELONG_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(decoded_cache, "SLOW", -1.0)
    return tmp_path / "data"


@pytest.fixture
def read(monkeypatch) -> list[int]:
    """The number of images decoded by each call."""
    counts, real = [], decoding.read

    def counting(split, target, progress):
        counts.append(len(split.labels))
        return (yield from real(split, target, progress))

    monkeypatch.setattr(decoding, "read", counting)
    return counts


def rows(folder, kind: str = "PNG", value: int = 0):
    for split, count in (("train", 6), ("test", 2)):
        images = [image_bytes(plain(value + 10 * k, (32, 32, 3)), kind) for k in range(count)]
        parquet(folder / f"{split}-0.parquet", images, [k % 2 for k in range(count)])


def afresh(name: str) -> Dataset:
    """Loads a data set as another process would."""
    datasets.forget()
    return datasets.load(name)


def equal(one: Dataset, other: Dataset) -> bool:
    tensors = ("train_images", "train_labels", "test_images", "test_labels")
    return (
        one.source == other.source
        and one.classes == other.classes
        and all(torch.equal(getattr(one, t), getattr(other, t)) for t in tensors)
    )


def folder_of_all_sizes(folder: Path) -> None:
    """Writes an image folder of two classes, each with three training and three test images."""
    files = {
        f"{split}/{name}/{k}.png": image_bytes(plain(k, (20 + k, 30, 3)))
        for split in ("train", "test")
        for name in ("a", "b")
        for k in range(3)
    }
    image_folder(folder, files)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_second_process_reads_the_decoded_images(data, read, kind):
    rows(data / "mine", kind)
    first, second = afresh("mine"), afresh("mine")
    assert read == [6, 2] and equal(first, second)


def test_the_cache_restores_an_image_folder_of_all_sizes_and_its_source(data, read):
    folder_of_all_sizes(data / "mine")
    first, second = afresh("mine"), afresh("mine")
    assert (
        read == [6, 6]
        and equal(first, second)
        and "resized and cropped to 21 x 21" in second.source
    )


def test_a_file_that_changes_is_decoded_again(data, read):
    rows(data / "mine")
    first = afresh("mine")
    rows(data / "mine", value=100)
    os.utime(data / "mine" / "train-0.parquet", ns=(0, 1))
    second = afresh("mine")
    assert (
        read == [6, 2, 6, 2]
        and int(second.train_images[0, 0, 0, 0]) == 100
        and not equal(first, second)
    )


@pytest.mark.parametrize("left", [b"", b"nonsense", None])
def test_a_damaged_cache_file_is_decoded_again(data, read, left):
    rows(data / "mine")
    first = afresh("mine")
    (file,) = decoded_cache.folder().iterdir()
    content = file.read_bytes()[:2000] if left is None else left
    file.unlink()  # a file that is mapped must not become shorter
    file.write_bytes(content)
    assert equal(first, afresh("mine")) and read == [6, 2, 6, 2]
    assert equal(first, afresh("mine")) and read == [6, 2, 6, 2], "and are kept again"


def test_a_cache_that_cannot_be_written_loses_nothing(data, read, monkeypatch, tmp_path):
    (tmp_path / "no folder").write_text("")
    monkeypatch.setenv("LIFELONG_CACHE", str(tmp_path / "no folder"))
    rows(data / "mine")
    assert equal(afresh("mine"), afresh("mine")) and read == [6, 2, 6, 2]


def test_images_that_decode_quickly_are_not_cached(data, read, monkeypatch):
    monkeypatch.setattr(decoded_cache, "SLOW", 100.0)
    rows(data / "mine")
    assert (
        equal(afresh("mine"), afresh("mine"))
        and read == [6, 2, 6, 2]
        and not decoded_cache.folder().exists()
    )


def test_the_least_recently_used_files_are_deleted(data, monkeypatch):
    monkeypatch.setenv("LIFELONG_FEATURES_GB", str(60_000 / 1e9))  # two of 8 pictures, 25 kB each
    for number, name in enumerate(("one", "two", "three")):
        rows(data / name)
        afresh(name)
        for file in decoded_cache.folder().iterdir():
            if file.stat().st_mtime > 1e9:  # the new one
                os.utime(file, (number, number))
    assert sorted(file.stat().st_mtime for file in decoded_cache.folder().iterdir()) == [1, 2]


def test_cached_images_can_be_modified_in_memory_without_changing_the_file(data):
    rows(data / "mine")
    afresh("mine")
    mapped = afresh("mine")
    mapped.train_images.zero_()
    assert int(afresh("mine").train_images[1, 0, 0, 0]) == 10
    assert isinstance(mapped.train_images.numpy(), np.ndarray)


def test_the_progress_of_decoding_is_yielded_and_a_cached_data_set_yields_nothing(
    data, monkeypatch
):
    monkeypatch.setattr(progress, "PERIOD", 0.0)
    monkeypatch.setattr(decoding, "PORTION", 4)
    folder_of_all_sizes(data / "mine")
    events = list(datasets.load_with_progress("mine"))
    assert [(event.what, event.done, event.total) for event in events] == [
        (f"{doing} the images of mine", done, 12)
        for doing in ("Measuring", "Decoding")
        for done in (4, 6, 10, 12)
    ]
    assert list(datasets.load_with_progress("mine")) == []
    datasets.forget()
    assert list(datasets.load_with_progress("mine")) == []


def test_a_run_yields_the_decoding_before_its_start(data):
    rows(data / "mine")
    events = experiment.run(config(dataset="mine", tasks=2, steps=1))
    kinds = [kind for kind, _ in itertools.groupby(type(event) for event in events)]
    assert kinds[:2] == [Loading, Started]


def test_the_digest_is_stored_with_the_images_and_is_theirs(data, monkeypatch):
    rows(data / "mine")
    first = afresh("mine")
    assert first.digest == pixel_digest(first.train_images, first.test_images)
    monkeypatch.setattr(examples, "pixel_digest", None)
    assert afresh("mine").digest == first.digest


def test_other_images_in_a_data_set_of_known_digest_have_a_digest_of_their_own(data):
    rows(data / "mine")
    first = afresh("mine")
    digest = first.digest
    other = dataclasses.replace(first, train_images=first.train_images + 1)
    assert other.digest != digest == dataclasses.replace(first, title="other").digest


@pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="only Linux lists the mappings")
def test_cached_images_are_mapped_from_their_file(data):
    rows(data / "mine")
    for _ in range(2):  # as they were decoded, and as they were found
        tensor = afresh("mine").train_images
        (file,) = decoded_cache.folder().iterdir()
        assert is_mapped(tensor, file)
