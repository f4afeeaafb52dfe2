"""Laws of analytic learning: it equals ridge regression on all images, in any order."""

import pytest
import torch
import torch.nn.functional as F

from lifelong.config import RunConfig
from lifelong.data.scenarios import Plan
from lifelong.models.base import Body, Network
from lifelong.models.mlp import MLP
from lifelong.strategies.analytic import LEVELS, Analytic
from lifelong.training.experiment import Experiment
from tests.helpers import batch_of, config, run_all, same, toy_dataset

REVERSED = tuple(range(9, -1, -1))
MIXED = (9, 1, 8, 2, 7, 3, 6, 4, 5, 0)


def by_label(plan) -> list[int]:
    """Returns the position of each label among the classes in order of arrival."""
    arrived = [label for task in plan.classes for label in task]
    return [arrived.index(label) for label in range(len(arrived))]


def ridge(
    strategy: Analytic, images: torch.Tensor, classes: torch.Tensor, count: int = 10
) -> torch.Tensor:
    """Returns the weights of ridge regression on all these images at once, in double precision."""
    h, y = strategy.embed(images).double(), F.one_hot(classes, count).double()
    penalty = strategy.ridge * h.square().mean() * torch.eye(h.shape[1])
    return torch.linalg.solve(h.T @ h + penalty, h.T @ y)


@pytest.mark.parametrize(
    "dealt",
    [
        {"class_order": REVERSED},
        {"class_order": MIXED, "tasks": 5},
        {"tasks": 10},
        {"tasks": 1, "steps": 1},
    ],
)
def test_weights_and_scores_do_not_depend_on_the_order_of_tasks(dealt, toy):
    one, _ = run_all(config("analytic"))
    other, _ = run_all(config("analytic", **dealt))
    for name in ("sums", "weights"):
        ours, theirs = (
            getattr(experiment.strategy, name)[:, by_label(experiment.plan)]
            for experiment in (one, other)
        )
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)
    assert torch.equal(one.strategy.gram, other.strategy.gram), (
        "whole numbers are added up without rounding"
    )
    answers = [
        experiment.strategy.scores(toy.test_images)[:, by_label(experiment.plan)]
        for experiment in (one, other)
    ]
    torch.testing.assert_close(*answers, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("scenario", ["task", "domain", "class", "transfer"])
def test_the_weights_are_those_of_one_ridge_regression_on_all_images(scenario, toy):
    experiment, _ = run_all(config("analytic", scenario))
    position = torch.tensor(by_label(experiment.plan))
    expected = ridge(experiment.strategy, toy.train_images, position[toy.train_labels])
    torch.testing.assert_close(experiment.strategy.weights.double(), expected, rtol=1e-5, atol=1e-6)


def test_within_a_task_scores_include_every_image_so_far():
    experiment = Experiment(config("analytic", tasks=2))
    strategy, task = experiment.strategy, experiment.tasks[0]
    assert (strategy.scores(task.test.images) == 0).all()
    learning = strategy.learn(task)
    for _ in range(3):
        next(learning)
    strategy.scores(task.test.images)
    absorbed = int(strategy.counts.sum())
    assert 0 < absorbed < len(task.train) and strategy.unsolved == 0
    next(learning)
    assert strategy.unsolved == strategy.counts.sum() - absorbed


def test_the_sums_of_learned_images_are_never_lost():
    experiment = Experiment(config("analytic"))
    list(experiment.events(until=1))
    after_one = experiment.strategy.gram.clone()
    list(experiment.events())
    alone = []
    for task in experiment.tasks:
        h = experiment.strategy.embed(task.train.images).double()
        alone.append(h.T @ h)
    assert torch.equal(after_one.tril(), alone[0].tril()) and torch.equal(
        experiment.strategy.gram.tril(), sum(alone).tril()
    )


def test_the_error_is_that_of_the_predictions_on_the_training_images(toy):
    experiment, _ = run_all(config("analytic", settings={"ridge": 100}))
    strategy = experiment.strategy
    answers = strategy.embed(toy.train_images) @ strategy.weights
    position = torch.tensor(by_label(experiment.plan))
    expected = (answers - F.one_hot(position[toy.train_labels], 10)).square().mean().sqrt()
    torch.testing.assert_close(strategy.error, expected, rtol=1e-3, atol=0)
    torch.testing.assert_close(strategy.scores(toy.train_images), answers / strategy.error)


def test_the_number_of_features_is_about_the_given_one():
    for shape, expected in (
        ((1, 28, 28), 1152),
        ((3, 32, 32), 1152),
        ((1, 6, 6), 144),
        ((1, 40, 20), 1150),
        ((1, 9, 40), 1150),
        ((1, 1, 3), 12),
    ):
        strategy = seeing(shape)
        assert strategy.embed(torch.zeros(2, *shape, dtype=torch.uint8)).shape == (2, expected)
    assert seeing((1, 28, 28), features=25).embed(
        torch.zeros(1, 1, 28, 28, dtype=torch.uint8)
    ).shape == (1, 18)


def test_blank_images_give_finite_scores():
    dataset = toy_dataset(classes=2)
    dataset.train_images.zero_()
    experiment, _ = run_all(config("analytic", tasks=1), dataset)
    assert experiment.strategy.scores(dataset.test_images).isfinite().all()


def seeing(shape: tuple[int, ...], seed: int = 0, **settings) -> Analytic:
    strategy = Analytic(**settings)
    strategy.bind(MLP().network(shape, 2, "fp32"), Plan("class", ((0, 1),)), RunConfig(seed=seed))
    return strategy


def test_the_features_depend_only_on_the_seed(toy):
    ours, again, others = (seeing((1, 6, 6), seed).embed(toy.test_images) for seed in (1, 1, 2))
    assert torch.equal(ours, again) and not torch.allclose(ours, others)
    one_by_one = torch.cat(
        [seeing((1, 6, 6), 1).embed(image) for image in toy.test_images.split(1)]
    )
    torch.testing.assert_close(ours, one_by_one)


class Summary(Body):
    """Body in place of a frozen backbone: three features of an image."""

    width = 3

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = images.flatten(1).float() / 255
        return torch.stack([x.mean(1), x.square().mean(1), x[:, 0]], 1)


def test_random_projections_are_added_to_the_features_of_a_backbone(toy):
    strategy = Analytic(features=40)
    strategy.bind(Network(Summary(), (16,), 10), Plan("class", (tuple(range(10)),)), RunConfig())
    h, x = strategy.embed(toy.test_images), Summary()(toy.test_images)
    assert (
        h.shape == (len(x), 43)
        and torch.equal(h[:, :3], (x * LEVELS).round())
        and (h[:, 3:] >= 0).all()
        and h[:, 3:].std() > 0
    )


def test_storage_does_not_grow_with_the_images_and_inference_needs_no_sums():
    few, many = (run_all(config("analytic"), toy_dataset(train=count))[0] for count in (24, 72))
    counted = [experiment.strategy.storage(experiment.tasks[-1]) for experiment in (few, many)]
    assert counted[0] == counted[1] and set(counted[0]) == {"statistics", "weights"}
    needed = {name for name in few.strategy.inference_state_dict() if name.startswith("strategy")}
    assert needed == {"strategy.weights.", "strategy.error.", "strategy.counts."}


def test_evaluating_during_training_changes_nothing():
    evaluated, _ = run_all(config("analytic"))
    quiet = Experiment(config("analytic"))
    for task in quiet.tasks:
        list(quiet.strategy.learn(task))
    ours, theirs = evaluated.strategy.state_dict(), quiet.strategy.state_dict()
    assert same(ours, theirs)


def test_the_loss_is_finite_and_falls_within_a_task():
    experiment = Experiment(config("analytic", steps=20))
    losses = []
    for task in experiment.tasks:
        for _, _, loss in experiment.strategy.learn(task):
            experiment.strategy.scores(task.probe.images)
            losses.append(float(loss))
    assert all(0 <= loss <= 2 for loss in losses)
    assert len(losses) == 30 and losses[10] > 5 * losses[19] and losses[20] > 5 * losses[29]


def test_a_step_does_not_change_the_network():
    experiment = Experiment(config("analytic"))
    before = experiment.strategy.network.flat.clone()
    experiment.strategy.step(experiment.tasks[0], batch_of(experiment.tasks[0].train))
    assert torch.equal(experiment.strategy.network.flat, before)
