"""Laws of data sets made of arrays, folders and torch data sets, and of their tasks."""

import numpy as np
import pytest
import torch
from PIL import Image

from lifelong import Dataset, LifelongError, load_dataset
from lifelong import datasets as named
from tests.estimators.helpers import data, pictures
from tests.image_helpers import is_one_sentence


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        ((4, 7), (1, 1, 7)),
        ((4, 5, 6), (1, 5, 6)),
        ((4, 5, 6, 3), (3, 5, 6)),
        ((4, 3, 5, 6), (3, 5, 6)),
        ((4, 5, 6, 1), (1, 5, 6)),
        ((4, 2, 5, 6), (2, 5, 6)),
    ],
)
def test_every_layout_becomes_channels_height_width(given, shape):
    X = np.random.default_rng(0).random(given)
    assert Dataset.from_arrays(X, [0, 0, 1, 1]).shape == shape


def test_colour_last_and_colour_first_are_the_same_images():
    X, y = pictures(shape=(5, 5, 3))
    last, first = Dataset.from_arrays(X, y), Dataset.from_arrays(X.transpose(0, 3, 1, 2), y)
    assert torch.equal(last.train_images, first.train_images)


@pytest.mark.parametrize(("factor", "kind"), [(1, float), (16, np.float32), (255, np.uint8)])
def test_the_range_of_values_plays_no_part(factor, kind):
    X = np.array([[0.0, 1.0, 0.2, 0.8], [1.0, 0.0, 0.4, 0.6]] * 4)
    X = (X * 5).round() / 5  # a multiple of 1 / 255 in each range
    made = Dataset.from_arrays((X * factor).astype(kind), [0, 1] * 4)
    assert made.train_images.unique().tolist() == [0, 51, 102, 153, 204, 255]


def test_labels_may_be_names_and_come_back_as_they_were():
    X, y = pictures(classes=3)
    names = np.array(["cat", "ant", "bee"])[y]
    made = Dataset.from_arrays(X, names)
    assert made.classes == made.labels == ("ant", "bee", "cat")
    assert Dataset.from_arrays(X, y + 7).labels == (7, 8, 9)


def test_without_test_images_a_fifth_of_each_class_is_one():
    made = data(classes=4, each=30)
    assert made.test_labels.bincount().tolist() == [6] * 4
    assert made.train_labels.bincount().tolist() == [24] * 4


X, Y = pictures(classes=3, each=4)
NAN = X.copy()
NAN[3, 1, 1] = np.nan


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((X, Y[:-1]), "one label for each"),
        ((X, Y.reshape(-1, 1)), "one label for each"),
        ((X[:0], Y[:0]), "without an image"),
        ((NAN, Y), "not finite"),
        ((X.astype(str), Y), "expected numbers"),
        ((X[0, 0], Y[:5]), "expected numbers"),
        ((X, Y + 0.5), "whole numbers or names"),
        ((X, Y, X), "give both"),
        ((X, Y, X[:, :4], Y), "give both the same"),
        ((X, Y, X, Y + 1), "label '3'"),
        ((X[:3], Y[:3]), "has one image"),
    ],
)
def test_arrays_that_do_not_fit_get_one_sentence(given, says):
    with pytest.raises(LifelongError, match=says) as error:
        Dataset.from_arrays(*given)
    assert is_one_sentence(str(error.value))


def test_a_torch_data_set_is_the_same_as_its_arrays():
    X, y = pictures(shape=(3, 5, 5))
    pairs = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
    assert torch.equal(Dataset.from_torch(pairs).train_images, data(shape=(3, 5, 5)).train_images)


def test_pictures_of_two_sizes_get_one_sentence():
    pairs = [(Image.new("L", (5, side)), 0) for side in (5, 6)]
    with pytest.raises(LifelongError, match="2 shapes"):
        Dataset.from_torch(pairs)


def test_a_folder_anywhere_is_read(tmp_path):
    for split in ("train", "test"):
        for label, grey in (("dark", 10), ("light", 240)):
            folder = tmp_path / "my pictures" / split / label
            folder.mkdir(parents=True)
            Image.new("L", (6, 6), grey).save(folder / "1.png")
    made = Dataset.from_folder(tmp_path / "my pictures")
    assert made.classes == ("dark", "light") and made.train_images[1].unique().tolist() == [240]
    with pytest.raises(LifelongError, match="no folder of images"):
        Dataset.from_folder(tmp_path)


def test_a_named_data_set_is_the_commands():
    toy = load_dataset("toy")
    assert toy.digest == named.load("toy").digest and len(toy.split("class")) == 5
    with pytest.raises(LifelongError, match="did you mean 'mnist'"):
        load_dataset("mnits")


def test_tasks_are_given_by_number_by_sizes_or_by_their_classes():
    made = data(classes=6)
    by_classes = made.split("class", [[5, 0], [1, 2, 3], [4]]).config()
    assert by_classes.task_sizes == (2, 3, 1) and by_classes.class_order == (5, 0, 1, 2, 3, 4)
    assert made.split("class", 3, task_sizes=[1, 2, 3]).config().task_sizes == (1, 2, 3)
    assert [task.index for task in made.split("task", 2)] == [0, 1]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"tasks": [[0, 1], [1, 2]]}, "given twice"),
        ({"tasks": [[0, 1]]}, "is in no task"),
        ({"tasks": [[0, 1], [2, 9]]}, "no class '9'"),
        ({"tasks": 4}, "at most 3"),
        ({"tasks": 2, "task_sizes": [3, 0]}, "at least 1"),
        ({"scenario": "klass"}, "scenario"),
        ({"images_per_class": 3}, "transfer"),
    ],
)
def test_tasks_that_do_not_fit_get_one_sentence(given, says):
    with pytest.raises(LifelongError, match=says) as error:
        Dataset.from_arrays(X, Y).split(**given)
    assert is_one_sentence(str(error.value))
