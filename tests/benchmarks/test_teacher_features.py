"""Laws of the control's features: extracted once, in files; a part of the images is a fixed one."""

import pytest
import torch
from torch import nn

from benchmarks import teacher_features
from lifelong import config
from lifelong.training import teachers
from tests.helpers import toy_dataset


class Means(nn.Module):
    """A stand-in of the teacher: the brightness of each quarter of an image, eight times."""

    images_seen = 0

    def extract_features(self, x: torch.Tensor) -> torch.Tensor:
        type(self).images_seen += len(x)
        quarters = nn.functional.adaptive_avg_pool2d(x[:, 0], 3).flatten(1)
        return quarters[:, :, None, None]


@pytest.fixture
def dataset(monkeypatch):
    """Toys in place of CIFAR-10, and the stand-in of the teacher."""
    monkeypatch.setattr(Means, "images_seen", 0)
    monkeypatch.setattr(teachers, "load", lambda name: Means())
    toys = toy_dataset(train=20, test=4)
    monkeypatch.setattr(teacher_features, "load_images", lambda name: toys)
    return toys


def extract(dataset, tenths: int = 10) -> list[tuple[int, int]]:
    return list(teacher_features.extract(dataset, tenths))


def test_an_interrupted_extraction_goes_on(dataset):
    steps = teacher_features.extract(dataset)
    assert [next(steps) for _ in range(3)] == [(1, 60), (2, 60), (3, 60)]
    steps.close()
    assert extract(dataset)[0] == (4, 60)
    assert Means.images_seen == 200 + 40, "each image once"
    assert extract(dataset) == []


def test_features_belong_to_their_images_and_labels(dataset):
    extract(dataset)
    positions, values = teacher_features.exact(dataset, "train")
    assert positions.tolist() == list(range(200))
    expected = torch.cat(list(teachers.extract(Means(), dataset.train_images)))
    assert torch.equal(values, expected)
    features = teacher_features.load(dataset)
    assert torch.equal(features.dataset.train_labels, dataset.train_labels)
    assert features.dataset.source.endswith(teacher_features.DESCRIPTION)
    low, high = features.low, features.high
    stored = low + (high - low) * features.dataset.train_images.flatten(1) / 255
    assert ((stored - expected).abs() <= (high - low) / 200).float().mean() > 0.95


def test_half_of_the_images_are_every_other_tenth_of_both_splits(dataset):
    extract(dataset, tenths=5)
    assert Means.images_seen == 100 + 20
    features = teacher_features.load(dataset, tenths=5).dataset
    chosen = torch.tensor([k for k in range(200) if k % 10 < 5])
    assert torch.equal(features.train_labels, dataset.train_labels[chosen])
    assert torch.equal(teacher_features.positions(dataset, "train", 5), chosen)
    assert features.train_images.shape == (100, 9, 1, 1) and len(features.test_labels) == 20


def test_ranges_can_be_those_of_some_classes(dataset):
    extract(dataset)
    of_all, of_two = (teacher_features.load(dataset, classes=each) for each in ((), (3, 7)))
    chosen = torch.isin(dataset.train_labels, torch.tensor([3, 7]))
    values = teacher_features.exact(dataset, "train")[1][chosen]
    assert torch.all(of_two.low >= values.amin(0)) and torch.all(of_two.high <= values.amax(0))
    assert not torch.equal(of_two.low, of_all.low)


@pytest.mark.parametrize("first_task", [False, True])
def test_runs_learn_from_the_features(dataset, first_task):
    extract(dataset)
    runs = [
        config.make(
            dataset="cifar10",
            scenario=scenario,
            strategy=name,
            model="resnet50",
            network={"weights": "none"},
            steps=40,
        )
        for scenario, name in (("class", "slda"), ("task", "finetune"))
    ]
    reports = list(teacher_features.race(runs, None, 10, first_task))
    assert [report["strategy"] for report in reports] == ["slda", "finetune"]
    assert all(report["average_accuracy"] > 0.6 for report in reports)
