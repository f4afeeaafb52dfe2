"""Memory aware synapses: the sensitivity of the answers against its definition, and the penalty."""

import pytest
import torch

from lifelong.strategies.parts.importance import sensitivity
from lifelong.training.experiment import Experiment
from tests.helpers import config, run_all

pytestmark = pytest.mark.usefixtures("small")


def by_definition(network, images: torch.Tensor, candidates: torch.Tensor) -> torch.Tensor:
    """One image at a time: the absolute value of the gradient of the squared length of its
    logits.
    """
    total = torch.zeros_like(network.flat)
    for image, compete in zip(images, candidates):
        network.backward(network(image.unsqueeze(0))[0, compete].square().sum())
        total += network.flat_gradient.abs()
    return total / len(images)


def of_task(told: Experiment, task: int) -> torch.Tensor:
    train = told.tasks[task].train
    return by_definition(
        told.strategy.network, train.images, told.tasks[task].candidates(train.tasks)
    )


@pytest.mark.parametrize("scenario", ["task", "class"])
def test_importance_adds_up_the_sensitivity_of_each_task_at_its_end(scenario):
    told = Experiment(config("mas", scenario, precision="fp32"))
    list(told.events(until=1))
    first = told.strategy.importance
    torch.testing.assert_close(first, of_task(told, 0), rtol=1e-3, atol=1e-6)
    list(told.events(until=2))
    torch.testing.assert_close(
        told.strategy.importance, first + of_task(told, 1), rtol=1e-3, atol=1e-6
    )
    assert torch.equal(told.strategy.anchor, told.strategy.network.flat)


def test_sensitivity_is_measured_without_labels_and_only_over_the_outputs_that_compete():
    told = Experiment(config("mas", "task"))
    train, task = told.tasks[0].train, told.tasks[0]
    found = sensitivity(told.strategy.network, train.images, task.candidates(train.tasks))
    bias, own = found[-10:], list(told.plan.outputs_of(0))
    assert (bias[own] > 0).all() and bias.count_nonzero() == len(own)


@pytest.mark.parametrize("scenario", ["task", "domain", "class", "transfer"])
def test_the_penalty_is_zero_where_the_last_task_was_learned_and_positive_after_the_next(scenario):
    told = Experiment(config("mas", scenario))
    assert told.strategy.penalty() == 0
    list(told.events(until=1))
    assert told.strategy.penalty() == 0 and told.strategy.importance.count_nonzero() > 100
    steps = told.strategy.learn(told.tasks[1])
    next(steps), next(steps)
    assert told.strategy.penalty() > 0


def test_the_gradient_that_is_added_is_that_of_the_penalty():
    strategy = run_all(config("mas", "task", settings={"strength": 3.0}))[0].strategy
    at = (strategy.network.flat + 0.1).requires_grad_()
    value = 3 * (strategy.importance * (at - strategy.anchor).square()).sum()
    value.backward()
    strategy.network.flat.copy_(at.detach())
    assert strategy.penalty().item() == pytest.approx(value.item(), rel=1e-5)
    strategy.network.flat_gradient.fill_(1)
    strategy.adjust_gradients(None)
    torch.testing.assert_close(strategy.network.flat_gradient, 1 + at.grad)


def test_weights_that_matter_are_held():
    def moved(strength: float) -> float:
        told = Experiment(config("mas", "task", steps=30, settings={"strength": strength}))
        list(told.events(until=1))
        importance, anchor = told.strategy.importance, told.strategy.anchor
        list(told.events(until=2))
        return float((importance * (told.strategy.network.flat - anchor).square()).sum())

    assert moved(1e4) < moved(0) / 10


def test_what_is_kept_does_not_grow_with_the_tasks():
    told = run_all(config("mas", "task", tasks=10))[0]
    assert told.strategy.storage(told.tasks[-1]) == {
        "weights": 2 * told.strategy.network.flat.nbytes
    }
