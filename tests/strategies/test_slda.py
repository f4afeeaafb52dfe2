"""Laws of streaming LDA: it equals linear discriminant analysis of all images."""

import pytest
import torch

from tests.helpers import config, run_all, toy_dataset

SHRINKAGE = 1e-4


def at_once(dataset) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Returns pixels (n, d), class means by label and the covariance around them."""
    x = (dataset.train_images.flatten(1).float() / 255).double()
    means = torch.stack([x[dataset.train_labels == label].mean(0) for label in range(10)])
    apart = x - means[dataset.train_labels]
    return x, means, apart.T @ apart / len(x)


@pytest.mark.parametrize(
    "dealt",
    [
        {"tasks": 1, "steps": 1},
        {"tasks": 3},
        {"tasks": 5, "class_order": (9, 1, 8, 2, 7, 3, 6, 4, 5, 0)},
    ],
)
@pytest.mark.parametrize("scenario", ["class", "domain"])
def test_the_streaming_covariance_is_that_of_all_images_whatever_the_order(scenario, dealt, toy):
    experiment, _ = run_all(config("slda", scenario, **dealt))
    covariance = experiment.strategy.scatter / experiment.strategy.counts.sum()
    torch.testing.assert_close(covariance.tril(), at_once(toy)[2].tril(), rtol=0, atol=1e-7)


def test_the_scores_are_those_of_the_formula(toy):
    experiment, _ = run_all(config("slda"))
    _, means, covariance = at_once(toy)
    inverse = ((1 - SHRINKAGE) * covariance + SHRINKAGE * torch.eye(36)).inverse()
    x = (toy.test_images.flatten(1).float() / 255).double()
    expected = x @ inverse @ means.T - (means @ inverse * means).sum(1) / 2
    torch.testing.assert_close(
        experiment.strategy.scores(toy.test_images).double(), expected, rtol=1e-4, atol=1e-2
    )


def test_with_full_shrinkage_the_nearest_mean_wins(toy):
    ball, nearest = (
        run_all(config(name, settings=settings))[0].strategy
        for name, settings in (("slda", {"shrinkage": 1}), ("ncm", {}))
    )
    ours, theirs = (
        ball.scores(toy.test_images),
        nearest.scores(toy.test_images) * nearest.variance.float(),
    )
    assert torch.equal(ours.argmax(1), theirs.argmax(1))
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-3)


def test_slda_uses_the_covariance_of_pixels_and_the_nearest_mean_does_not():
    """The classes differ only in the covariance of two pixels, one of which varies much."""
    dataset = toy_dataset(classes=2, train=200, test=100)
    generator = torch.Generator().manual_seed(1)
    for images, labels in (
        (dataset.train_images, dataset.train_labels),
        (dataset.test_images, dataset.test_labels),
    ):
        images.fill_(100)
        loud = torch.randint(0, 200, (len(labels),), generator=generator)
        images[:, 0, 0, 0] = loud.to(torch.uint8)
        images[:, 0, 0, 1] = (
            loud + 10 * labels + torch.randint(0, 6, (len(labels),), generator=generator)
        ).to(torch.uint8)
    right = {}
    for name in ("slda", "ncm"):
        experiment, _ = run_all(config(name, tasks=1), dataset)
        right[name] = float(
            (experiment.strategy.scores(dataset.test_images).argmax(1) == dataset.test_labels)
            .float()
            .mean()
        )
    assert right["slda"] == 1 and right["ncm"] < 0.7


def test_storage_does_not_grow_with_the_images():
    few, many = (run_all(config("slda"), toy_dataset(train=count))[0] for count in (24, 72))
    few, many = (experiment.strategy.storage(experiment.tasks[-1]) for experiment in (few, many))
    assert few == many and set(few) == {"statistics", "weights"}
