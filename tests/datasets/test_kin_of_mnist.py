"""Laws of KMNIST and EMNIST Letters: torchvision's files, classes and labels."""

import gzip

import numpy as np
import pytest

from lifelong import datasets, registry
from lifelong.datasets.readers.idx import EMNIST_LETTERS
from lifelong.errors import LifelongError
from tests.sample_files import four_files, idx_bytes, place_files


@pytest.fixture
def data(monkeypatch, tmp_path):
    """An empty LIFELONG_DATA."""
    monkeypatch.setenv("LIFELONG_DATA", str(tmp_path / "data"))
    datasets.forget()
    return tmp_path / "data"


def test_files_checksums_and_classes_are_torchvisions():
    from lifelong.numerics.torchvision_import import datasets as vision

    kmnist, emnist = map(registry.dataset, ("kmnist", "emnist-letters"))
    assert [(n, f"md5:{md5}") for n, md5 in vision.KMNIST.resources] == [*kmnist.download.archives]
    assert vision.KMNIST.mirrors == [*kmnist.download.addresses]
    assert vision.KMNIST.classes == [*kmnist.classes]
    [(archive, checksum)] = emnist.download.archives
    assert vision.EMNIST.url == emnist.download.addresses[0] + archive
    assert checksum == f"md5:{vision.EMNIST.md5}"
    assert vision.EMNIST.classes_split_dict["letters"][1:] == [*emnist.classes]


def letters() -> dict[str, bytes]:
    """Returns the four files of a tiny EMNIST Letters."""
    return four_files(EMNIST_LETTERS.prefixes, classes=26, first=1)


def test_letters_are_read_upright_with_the_first_label_for_a(data):
    images = np.zeros((78, 28, 28), np.uint8)
    images[:, 3, 20] = 255  # in the file: column 3, row 20
    place_files(data, letters() | {EMNIST_LETTERS.files[0]: idx_bytes(images)}, kin="EMNIST")
    dataset = datasets.load("emnist-letters")
    assert dataset.train_images[0, 0].nonzero().tolist() == [[20, 3]]
    assert dataset.train_images.is_contiguous()
    assert dataset.train_labels[:27].tolist() == [*range(26), 0]


@pytest.mark.parametrize("label", [0, 27])
def test_a_label_that_is_no_letter_is_refused(data, label):
    wrong = idx_bytes(np.array([label] * 78))
    place_files(data, letters() | {EMNIST_LETTERS.files[1]: wrong}, kin="EMNIST")
    with pytest.raises(LifelongError, match="four files of EMNIST Letters do not belong together"):
        datasets.load("emnist-letters")


def test_the_other_splits_of_emnist_are_no_letters(data):
    raw = place_files(data, {}, kin="EMNIST")
    (raw / "emnist-digits-train-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"?"))
    assert not datasets.is_available("emnist-letters")
