"""Laws of synaptic intelligence: the path integral, the importance and the penalty."""

import pytest
import torch

from lifelong.training.experiment import Experiment
from tests.helpers import config


def after_one_task(**given) -> Experiment:
    experiment = Experiment(config("si", **given))
    list(experiment.events(until=1))
    return experiment


def test_the_path_is_minus_gradient_times_change_summed_over_the_steps():
    strategy = (experiment := Experiment(config("si"))).strategy
    expected, before = torch.zeros_like(strategy.network.flat), strategy.network.flat.clone()
    for _step, _steps, _loss in strategy.learn(experiment.tasks[0]):
        expected -= strategy.network.flat_gradient * (strategy.network.flat - before)
        before = strategy.network.flat.clone()
    torch.testing.assert_close(strategy.path, expected)


def test_the_path_integrals_sum_up_to_about_the_decrease_of_the_loss():
    strategy = (experiment := Experiment(config("si", tasks=1, steps=200))).strategy
    losses = [loss for _step, _steps, loss in strategy.learn(experiment.tasks[0])]
    assert strategy.path.sum().item() == pytest.approx((losses[0] - losses[-1]).item(), rel=0.25)


def test_importance_is_the_path_over_the_squared_change_and_the_damping():
    strategy = after_one_task(settings={"damping": 0.5}).strategy
    change = strategy.network.flat - strategy.anchor
    torch.testing.assert_close(strategy.importance, strategy.path / (change.square() + 0.5))
    assert strategy.importance.abs().max() > 0


def test_the_importance_of_a_second_task_is_added_to_that_of_the_first():
    experiment = after_one_task()
    first = experiment.strategy.importance.clone()
    list(experiment.events(until=2))
    change = experiment.strategy.network.flat - experiment.strategy.anchor
    torch.testing.assert_close(
        experiment.strategy.importance, first + experiment.strategy.path / (change.square() + 0.1)
    )


def test_the_gradient_is_that_of_the_penalty_which_is_zero_in_the_first_task():
    experiment = Experiment(config("si"))
    experiment.strategy.start_task(experiment.tasks[0])
    experiment.strategy.network.flat_gradient.fill_(1)
    experiment.strategy.adjust_gradients(experiment.tasks[0])
    assert (experiment.strategy.network.flat_gradient == 1).all()
    list(experiment.events(until=1))
    strategy = experiment.strategy
    strategy.start_task(experiment.tasks[1])
    strategy.network.flat.add_(0.01)
    weights = strategy.network.flat.clone().requires_grad_()
    value = strategy.strength * (strategy.importance * (weights - strategy.anchor).square()).sum()
    strategy.network.flat_gradient.zero_()
    strategy.adjust_gradients(experiment.tasks[1])
    torch.testing.assert_close(
        strategy.network.flat_gradient, torch.autograd.grad(value, weights)[0]
    )
