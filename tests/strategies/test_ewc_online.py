"""Online EWC: one running Fisher, one anchor, and the penalty they make."""

import pytest
import torch

from lifelong.strategies.ewc import EWC
from lifelong.strategies.ewc_online import OnlineEWC
from lifelong.strategies.parts.importance import exact_fisher
from lifelong.training.experiment import Experiment
from tests.helpers import config, run_all

pytestmark = pytest.mark.usefixtures("small")


def learned(until: int, scenario: str = "task", **settings) -> Experiment:
    told = Experiment(config("ewc-online", scenario, settings=settings, precision="fp32"))
    list(told.events(until=until))
    return told


def own_fisher(told: Experiment, task: int) -> torch.Tensor:
    """The Fisher of one task's images at the present weights."""
    train = told.tasks[task].train
    return exact_fisher(
        told.strategy.network, train.images, told.tasks[task].candidates(train.tasks)
    )


@pytest.mark.parametrize("decay", [1.0, 0.6, 0.0])
def test_the_running_importance_is_the_decayed_old_one_and_that_of_the_task(decay):
    told = learned(1, decay=decay)
    first = told.strategy.fisher
    assert torch.equal(first, own_fisher(told, 0))
    list(told.events(until=2))
    torch.testing.assert_close(told.strategy.fisher, decay * first + own_fisher(told, 1))
    assert torch.equal(told.strategy.anchor, told.strategy.network.flat)


@pytest.mark.parametrize("scenario", ["task", "domain", "class", "transfer"])
def test_the_penalty_is_zero_where_the_last_task_was_learned_and_positive_after_the_next(scenario):
    told = Experiment(config("ewc-online", scenario))
    assert told.strategy.penalty() == 0
    list(told.events(until=1))
    assert told.strategy.penalty() == 0 and told.strategy.fisher.count_nonzero() > 100
    steps = told.strategy.learn(told.tasks[1])
    next(steps), next(steps)
    assert told.strategy.penalty() > 0


def test_the_gradient_that_is_added_is_that_of_the_penalty():
    strategy = learned(2, decay=0.5, strength=30.0).strategy
    at = (strategy.network.flat + 0.1).requires_grad_()
    value = 30 * 0.5 / 2 * (strategy.fisher * (at - strategy.anchor).square()).sum()
    value.backward()
    strategy.network.flat.copy_(at.detach())
    assert strategy.penalty().item() == pytest.approx(value.item(), rel=1e-5)
    strategy.network.flat_gradient.fill_(1)
    strategy.adjust_gradients(None)
    torch.testing.assert_close(strategy.network.flat_gradient, 1 + at.grad)


def test_for_a_second_task_it_is_ewc_and_for_a_third_it_is_not():
    ours, theirs = (Experiment(config(name, "task")) for name in ("ewc-online", "ewc"))
    for until, alike in ((2, True), (3, False)):
        for told in (ours, theirs):
            list(told.events(until=until))
        assert torch.equal(ours.strategy.network.flat, theirs.strategy.network.flat) == alike


def test_a_stiff_spring_holds_the_weights_that_matter():
    def moved(strength: float) -> float:
        told, held = (
            Experiment(config("ewc-online", "task", settings={"strength": strength}, steps=60)),
            {},
        )
        list(told.events(until=1))
        held = {"importance": told.strategy.fisher, "anchor": told.strategy.anchor}
        list(told.events(until=2))
        return float(
            (held["importance"] * (told.strategy.network.flat - held["anchor"]).square()).sum()
        )

    assert moved(1e7) < moved(0) / 10


def test_what_is_kept_does_not_grow_with_the_tasks():
    told = run_all(config("ewc-online", "task", tasks=10))[0]
    assert told.strategy.storage(told.tasks[-1]) == {
        "weights": 2 * told.strategy.network.flat.nbytes
    }


@pytest.mark.parametrize("scenario", ["task", "domain", "class", "transfer"])
def test_its_strengths_are_those_of_ewc(scenario):
    assert OnlineEWC.make(scenario, {}).strength == EWC.make(scenario, {}).strength
