"""Laws of online EWC: one running Fisher, one anchor, and the penalty."""

import pytest
import torch

from lifelong.strategies.ewc import EWC
from lifelong.strategies.ewc_online import OnlineEWC
from lifelong.strategies.parts.importance import exact_fisher
from lifelong.training.experiment import Experiment
from tests.helpers import config, run_all


def learned(until: int, scenario: str = "task", **settings) -> Experiment:
    experiment = Experiment(config("ewc-online", scenario, settings=settings, precision="fp32"))
    list(experiment.events(until=until))
    return experiment


def own_fisher(experiment: Experiment, task: int) -> torch.Tensor:
    """Returns the Fisher of one task's images at the present weights."""
    train = experiment.tasks[task].train
    return exact_fisher(
        experiment.strategy.network, train.images, experiment.tasks[task].candidates(train.tasks)
    )


@pytest.mark.parametrize("decay", [1.0, 0.6, 0.0])
def test_the_running_importance_is_the_decayed_old_one_and_that_of_the_task(decay):
    experiment = learned(1, decay=decay)
    first = experiment.strategy.fisher
    assert torch.equal(first, own_fisher(experiment, 0))
    list(experiment.events(until=2))
    torch.testing.assert_close(
        experiment.strategy.fisher, decay * first + own_fisher(experiment, 1)
    )
    assert torch.equal(experiment.strategy.anchor, experiment.strategy.network.flat)


def penalty_gradient(strategy) -> torch.Tensor:
    """Returns what the penalty adds to a gradient of zero."""
    strategy.network.flat_gradient.zero_()
    strategy.adjust_gradients(None)
    return strategy.network.flat_gradient.clone()


@pytest.mark.parametrize("scenario", ["task", "domain", "class", "transfer"])
def test_the_penalty_gradient_is_zero_where_the_last_task_was_learned_only(scenario):
    experiment = Experiment(config("ewc-online", scenario))
    assert (penalty_gradient(experiment.strategy) == 0).all()
    list(experiment.events(until=1))
    assert (penalty_gradient(experiment.strategy) == 0).all()
    assert experiment.strategy.fisher.count_nonzero() > 100
    steps = experiment.strategy.learn(experiment.tasks[1])
    next(steps), next(steps)
    assert penalty_gradient(experiment.strategy).count_nonzero() > 100


def test_the_gradient_that_is_added_is_that_of_the_penalty():
    strategy = learned(2, decay=0.5, strength=30.0).strategy
    weights = (strategy.network.flat + 0.1).requires_grad_()
    value = 30 * 0.5 / 2 * (strategy.fisher * (weights - strategy.anchor).square()).sum()
    value.backward()
    strategy.network.flat.copy_(weights.detach())
    strategy.network.flat_gradient.fill_(1)
    strategy.adjust_gradients(None)
    torch.testing.assert_close(strategy.network.flat_gradient, 1 + weights.grad)


def test_online_ewc_equals_ewc_for_two_tasks_and_differs_for_three():
    ours, theirs = (Experiment(config(name, "task")) for name in ("ewc-online", "ewc"))
    for until, alike in ((2, True), (3, False)):
        for experiment in (ours, theirs):
            list(experiment.events(until=until))
        assert torch.equal(ours.strategy.network.flat, theirs.strategy.network.flat) == alike


def test_a_strong_penalty_preserves_important_weights():
    def moved(strength: float) -> float:
        experiment = Experiment(
            config("ewc-online", "task", settings={"strength": strength}, steps=60)
        )
        list(experiment.events(until=1))
        strategy = experiment.strategy
        importance, anchor = strategy.fisher, strategy.anchor
        list(experiment.events(until=2))
        return float((importance * (strategy.network.flat - anchor).square()).sum())

    assert moved(1e7) < moved(0) / 10


def test_storage_does_not_grow_with_the_tasks():
    experiment = run_all(config("ewc-online", "task", tasks=10))[0]
    assert experiment.strategy.storage(experiment.tasks[-1]) == {
        "weights": 2 * experiment.strategy.network.flat.nbytes
    }


@pytest.mark.parametrize("scenario", ["task", "domain", "class", "transfer"])
def test_default_strengths_are_those_of_ewc(scenario):
    assert OnlineEWC.make(scenario, {}).strength == EWC.make(scenario, {}).strength
