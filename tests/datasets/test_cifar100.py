"""Laws of CIFAR-100 from torchvision's folder, in ten tasks; the download: test_contract.py."""

import pytest
import torch

from lifelong import datasets
from lifelong.datasets import cifar100
from lifelong.datasets.readers.torchvision_batches import CIFAR100
from lifelong.errors import LifelongError
from tests.datasets.stand_ins import fine_batches, trust
from tests.helpers import config, run_all
from tests.image_helpers import is_one_sentence
from tests.sample_files import Harmful, image_folder

CLASSES = cifar100.SPEC.classes


@pytest.fixture
def data(monkeypatch, tmp_path):
    """An empty LIFELONG_DATA."""
    monkeypatch.setenv("LIFELONG_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    datasets.forget()
    return tmp_path / "data"


@pytest.fixture
def stand_in(data, monkeypatch):
    """Torchvision's folder with three images a class."""
    trust(monkeypatch, CIFAR100, fine_batches(CLASSES))
    return image_folder(data / CIFAR100.folder, fine_batches(CLASSES))


def refused() -> str:
    with pytest.raises(LifelongError) as error:
        datasets.load("cifar100")
    assert is_one_sentence(str(error.value)), error.value
    return str(error.value)


def test_the_classes_are_a_hundred_in_the_order_of_the_alphabet():
    assert len(CLASSES) == 100 and list(CLASSES) == sorted(CLASSES)


def test_images_and_fine_labels_belong_together(stand_in):
    dataset = datasets.load("cifar100")
    assert dataset.source == "CIFAR-100, 200 training and 100 test images"
    for images, labels in (
        (dataset.train_images, dataset.train_labels),
        (dataset.test_images, dataset.test_labels),
    ):
        assert images.shape[1:] == (3, 32, 32) and torch.equal(images[:, 2, 5, 7] % 100, labels)


@pytest.mark.parametrize("scenario", ["class", "task", "domain"])
def test_it_is_learned_in_ten_tasks_of_ten_classes(stand_in, scenario):
    _, events = run_all(config("ncm", scenario, dataset="cifar100", tasks=10))
    assert [len(task) for task in events[0].labels] == [10] * 10
    assert {name for task in events[0].classes for name in task} == set(CLASSES)


@pytest.mark.parametrize("name", CIFAR100.files)
def test_a_forged_pickle_is_never_unpickled(data, tmp_path, monkeypatch, name):
    trap = tmp_path / "sprung"
    trust(monkeypatch, CIFAR100, fine_batches(CLASSES))  # the other files are right
    image_folder(data / CIFAR100.folder, fine_batches(CLASSES, {name: Harmful(trap)}))
    assert "are not those of CIFAR-100: a checksum differs" in refused() and not trap.exists()


def test_every_file_that_torchvision_opens_is_listed_with_a_checksum():
    from lifelong.numerics.torchvision_import import datasets as vision

    known = vision.CIFAR100
    meta = [known.meta["filename"], known.meta["md5"]]
    listed = [*known.train_list, *known.test_list, meta]
    assert {name for name, _ in listed} == set(CIFAR100.files)
    assert all(len(md5) == 32 for _, md5 in listed)
    archive = (known.filename, f"md5:{known.tgz_md5}")
    assert cifar100.SPEC.download.archives == (archive,)
    assert cifar100.SPEC.download.addresses[0] + known.filename == known.url


def test_a_missing_file_is_named(data):
    files = fine_batches(CLASSES)
    del files["test"]
    image_folder(data / CIFAR100.folder, files)
    assert refused() == "The folder cifar-100-python lacks test; fetch CIFAR-100 again."
