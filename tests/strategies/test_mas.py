"""Laws of memory aware synapses: the sensitivity by definition, and the penalty."""

import pytest
import torch

from lifelong.strategies.parts.importance import sensitivity
from lifelong.training.experiment import Experiment
from tests.helpers import config, run_all


def by_definition(network, images: torch.Tensor, candidates: torch.Tensor) -> torch.Tensor:
    """Returns the mean absolute gradient of the squared norm of the logits, image by image."""
    total = torch.zeros_like(network.flat)
    for image, compete in zip(images, candidates):
        network.backward(network(image.unsqueeze(0))[0, compete].square().sum())
        total += network.flat_gradient.abs()
    return total / len(images)


def of_task(experiment: Experiment, task: int) -> torch.Tensor:
    train = experiment.tasks[task].train
    return by_definition(
        experiment.strategy.network, train.images, experiment.tasks[task].candidates(train.tasks)
    )


@pytest.mark.parametrize("scenario", ["task", "class"])
def test_importance_adds_up_the_sensitivity_of_each_task_at_its_end(scenario):
    experiment = Experiment(config("mas", scenario, precision="fp32"))
    list(experiment.events(until=1))
    first = experiment.strategy.importance
    torch.testing.assert_close(first, of_task(experiment, 0), rtol=1e-3, atol=1e-6)
    list(experiment.events(until=2))
    torch.testing.assert_close(
        experiment.strategy.importance, first + of_task(experiment, 1), rtol=1e-3, atol=1e-6
    )
    assert torch.equal(experiment.strategy.anchor, experiment.strategy.network.flat)


def test_sensitivity_is_measured_without_labels_and_only_over_the_outputs_that_compete():
    experiment = Experiment(config("mas", "task"))
    train, task = experiment.tasks[0].train, experiment.tasks[0]
    found = sensitivity(experiment.strategy.network, train.images, task.candidates(train.tasks))
    bias, own = found[-10:], list(experiment.plan.outputs_of(0))
    assert (bias[own] > 0).all() and bias.count_nonzero() == len(own)


def penalty_gradient(strategy) -> torch.Tensor:
    """Returns what the penalty adds to a gradient of zero."""
    strategy.network.flat_gradient.zero_()
    strategy.adjust_gradients(None)
    return strategy.network.flat_gradient.clone()


@pytest.mark.parametrize("scenario", ["task", "domain", "class", "transfer"])
def test_the_penalty_gradient_is_zero_where_the_last_task_was_learned_only(scenario):
    experiment = Experiment(config("mas", scenario))
    assert (penalty_gradient(experiment.strategy) == 0).all()
    list(experiment.events(until=1))
    assert (penalty_gradient(experiment.strategy) == 0).all()
    assert experiment.strategy.importance.count_nonzero() > 100
    steps = experiment.strategy.learn(experiment.tasks[1])
    next(steps), next(steps)
    assert penalty_gradient(experiment.strategy).count_nonzero() > 100


def test_the_gradient_that_is_added_is_that_of_the_penalty():
    strategy = run_all(config("mas", "task", settings={"strength": 3.0}))[0].strategy
    weights = (strategy.network.flat + 0.1).requires_grad_()
    value = 3 * (strategy.importance * (weights - strategy.anchor).square()).sum()
    value.backward()
    strategy.network.flat.copy_(weights.detach())
    strategy.network.flat_gradient.fill_(1)
    strategy.adjust_gradients(None)
    torch.testing.assert_close(strategy.network.flat_gradient, 1 + weights.grad)


def test_a_strong_penalty_preserves_important_weights():
    def moved(strength: float) -> float:
        experiment = Experiment(config("mas", "task", steps=30, settings={"strength": strength}))
        list(experiment.events(until=1))
        importance, anchor = experiment.strategy.importance, experiment.strategy.anchor
        list(experiment.events(until=2))
        return float((importance * (experiment.strategy.network.flat - anchor).square()).sum())

    assert moved(1e4) < moved(0) / 10


def test_storage_does_not_grow_with_the_tasks():
    experiment = run_all(config("mas", "task", tasks=10))[0]
    assert experiment.strategy.storage(experiment.tasks[-1]) == {
        "weights": 2 * experiment.strategy.network.flat.nbytes
    }
