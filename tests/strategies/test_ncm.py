"""Laws of nearest class mean: the means of the classes, and the nearest one."""

import pytest
import torch

from tests.helpers import config, run_all, toy_dataset


def pixels(images: torch.Tensor) -> torch.Tensor:
    return images.flatten(1).double() / 255


def by_label(plan) -> list[int]:
    """Returns the position of each label among the classes in order of arrival."""
    arrived = [label for task in plan.classes for label in task]
    return [arrived.index(label) for label in range(len(arrived))]


@pytest.mark.parametrize("scenario", ["task", "domain", "class", "transfer"])
@pytest.mark.parametrize("order", [None, (9, 1, 8, 2, 7, 3, 6, 4, 5, 0)])
def test_the_means_are_those_of_the_classes_in_every_scenario_and_order(scenario, order, toy):
    experiment, _ = run_all(config("ncm", scenario, class_order=order))
    expected = torch.stack(
        [pixels(toy.train_images[toy.train_labels == label]).mean(0) for label in range(10)]
    )
    torch.testing.assert_close(
        experiment.strategy.means[by_label(experiment.plan)], expected, rtol=0, atol=1e-6
    )
    assert experiment.strategy.counts.tolist() == [24] * 10


@pytest.mark.parametrize("scenario", ["class", "domain"])
def test_the_class_whose_mean_is_nearest_wins(scenario, toy):
    experiment, _ = run_all(config("ncm", scenario, tasks=5))
    far = torch.cdist(pixels(toy.test_images), experiment.strategy.means)
    outputs = torch.tensor(
        [output for task in range(5) for output in experiment.plan.outputs_of(task)]
    )
    assert torch.equal(
        experiment.strategy.scores(toy.test_images).argmax(1), outputs[far.argmin(1)]
    )


def test_differences_between_scores_are_those_of_squared_distances_in_variances(toy):
    experiment, _ = run_all(config("ncm"))
    strategy = experiment.strategy
    scores = strategy.scores(toy.test_images).double()
    expected = torch.cdist(pixels(toy.test_images), strategy.means).square() / (
        -2 * strategy.variance
    )
    torch.testing.assert_close(
        scores - scores[:, :1], expected - expected[:, :1], rtol=1e-4, atol=1e-3
    )


def test_the_variance_is_that_along_the_line_between_two_means():
    experiment, _ = run_all(config("ncm", tasks=1, steps=1), toy_dataset(classes=2))
    task = experiment.tasks[0]
    x, first, second = pixels(task.train.images), *experiment.strategy.means
    line = (first - second) / (first - second).norm()
    apart = x - experiment.strategy.means[task.train.labels]
    torch.testing.assert_close(
        experiment.strategy.variance, (apart @ line).square().mean(), rtol=1e-5, atol=0
    )


def test_storage_does_not_grow_with_the_images():
    few, many = (run_all(config("ncm"), toy_dataset(train=count))[0] for count in (24, 72))
    few, many = (experiment.strategy.storage(experiment.tasks[-1]) for experiment in (few, many))
    assert few == many and set(few) == {"statistics"}
