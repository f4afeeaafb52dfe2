"""Laws of running out of memory: a smaller batch from then on, and no part of a step twice."""

import pytest
import torch

from lifelong import registry
from lifelong.errors import LifelongError
from lifelong.models.parts.optimizer import Adam
from lifelong.training.experiment import Experiment
from tests.helpers import config, pairs, run_all, same

BATCH = 72  # images of the second task, all of which are one batch
REPLAYING = [
    ("agem", {"policy": "reservoir"}),
    ("agem", {"policy": "random"}),
    ("replay", {"policy": "reservoir"}),
    ("replay", {"policy": "random"}),
    ("er-ace", {}),
    ("der", {}),
    ("derpp", {}),
    ("augmented-replay", {}),
]
GENERATING = [("dgr", {}), ("bi-r", {})]
trained = [pair for pair in pairs() if not registry.strategy(pair[0]).single_pass]


def before_second_task(strategy: str, settings: dict) -> Experiment:
    """Returns the experiment after its first task."""
    experiment = Experiment(config(strategy, settings=settings | {"per_class": 5}
                                   if (strategy, settings) in REPLAYING else settings))  # fmt: skip
    list(experiment.events(until=1))
    return experiment


def after_second_task(experiment: Experiment) -> dict[str, torch.Tensor]:
    """Returns the state after the second task."""
    list(experiment.events(until=2))
    return experiment.state_dict()


def fail_once(monkeypatch, owner, name: str, call: int = 1, after: bool = False) -> None:
    """Makes one call of a function run out of memory, before or after its work."""
    function, calls = getattr(owner, name), []

    def failing(*given, **named):
        calls.append(name)
        if len(calls) != call:
            return function(*given, **named)
        if after:
            function(*given, **named)
        raise torch.OutOfMemoryError

    monkeypatch.setattr(owner, name, failing)


def limited(strategy: str, settings: dict) -> dict[str, torch.Tensor]:
    """Returns the state of a run with half the batch from the second task on."""
    experiment = before_second_task(strategy, settings)
    experiment.strategy.batch_limit = BATCH // 2
    return after_second_task(experiment)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("passed", [1, 2])
@pytest.mark.parametrize(("strategy", "settings"), REPLAYING)
def test_a_retried_step_equals_a_step_with_half_the_batch(
    strategy, settings, passed, after, monkeypatch
):
    """passed: 1 for the forward pass of the new images, 2 for that of the replayed ones."""
    experiment = before_second_task(strategy, settings)
    if strategy == "agem" and passed == 2:  # perhaps in another thread
        fail_once(monkeypatch, experiment.strategy.reference, "replace", after=after)
    else:
        fail_once(monkeypatch, experiment.strategy.network, "forward", passed, after)
    ours = after_second_task(experiment)
    assert experiment.strategy.batch_limit == BATCH // 2
    assert same(ours, limited(strategy, settings))


@pytest.mark.parametrize(("strategy", "settings"), [*REPLAYING, *GENERATING])
def test_a_step_retried_after_its_gradients_equals_a_step_with_half_the_batch(
    strategy, settings, monkeypatch
):
    experiment = before_second_task(strategy, settings)
    owner, name = experiment.strategy, "adjust_gradients"
    if strategy == "agem":
        owner, name = owner.network, "backward"
    elif (strategy, settings) in GENERATING:
        owner, name = owner.vae, "decode"
    fail_once(monkeypatch, owner, name, after=True)
    ours = after_second_task(experiment)
    assert experiment.strategy.batch_limit == BATCH // 2
    assert same(ours, limited(strategy, settings))


def test_the_gates_of_hat_get_the_gradient_of_one_batch_only(monkeypatch):
    strategies = []
    for limit in (None, 36):
        experiment = Experiment(config("hat", "task"))
        list(experiment.events(until=1))
        strategy = experiment.strategy
        strategy.batch_limit = limit
        if limit is None:
            fail_once(monkeypatch, strategy.network, "backward", after=True)
        strategies.append(after_second_task(experiment))
    assert same(*strategies)


def test_the_statistics_and_the_crops_of_a_deep_network_are_those_of_one_batch(monkeypatch):
    states = []
    for limit in (None, 6):
        experiment = Experiment(
            config(
                dataset="toy-pictures",
                model="shufflenet_v2_x0_5",
                tasks=2,
                steps=2,
                precision="fp32",
                network={"weights": "none", "units": 8, "tune": "whole"},
            )  # fmt: skip
        )
        strategy = experiment.strategy
        strategy.batch_limit = limit
        if limit is None:
            fail_once(monkeypatch, strategy.network, "backward", call=3)  # two are of the estimate
        list(experiment.events(until=1))
        assert strategy.batch_limit == 6  # of 12 images, two classes with 6
        states.append(experiment.state_dict())
    assert same(*states)


# What follows the gradients is not repeated with a smaller batch: it does not depend on the batch.


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("strategy", "settings"), [*REPLAYING, *GENERATING])
def test_the_optimizer_moves_the_weights_once(strategy, settings, after, monkeypatch):
    never = after_second_task(before_second_task(strategy, settings))
    experiment = before_second_task(strategy, settings)
    optimizers = [
        experiment.strategy.optimizer,
        *experiment.strategy.auxiliary_optimizers().values(),
    ]
    if after:  # the first one has moved its weights, the next part of the step fails
        owner, name = (
            (optimizers[1], "step") if len(optimizers) > 1 else (experiment.strategy, "after_step")
        )
        fail_once(monkeypatch, owner, name)
    else:
        fail_once(monkeypatch, torch, "_fused_adam_")
    assert same(after_second_task(experiment), never)
    assert experiment.strategy.batch_limit is None


@pytest.mark.parametrize("failing", ["__setitem__", "rand"])
@pytest.mark.parametrize("strategy", ["agem", "replay", "er-ace", "der", "derpp"])
def test_a_reservoir_takes_each_image_in_once(strategy, failing, monkeypatch):
    policy = {"policy": "reservoir"} if strategy in ("agem", "replay", "er-ace") else {}
    settings = policy | {"per_class": 200}  # there is still room in the second task
    plain = Experiment(config(strategy, settings=settings))
    experiment = Experiment(config(strategy, settings=settings))
    for one in (plain, experiment):
        list(one.events(until=1))
    after_step = experiment.strategy.after_step
    calls = []

    def short(*given):
        calls.append(failing)
        with pytest.MonkeyPatch.context() as patch:
            if len(calls) == 1:
                fail_once(patch, torch if failing == "rand" else torch.Tensor, failing, after=True)
            after_step(*given)

    monkeypatch.setattr(experiment.strategy, "after_step", short)
    assert same(after_second_task(experiment), after_second_task(plain))
    assert len(calls) == 7 + 1


def test_a_step_that_cannot_be_finished_is_one_sentence(monkeypatch):
    def full(self):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(Adam, "step", full)
    with pytest.raises(LifelongError, match=r"^The memory is full .*\.$"):
        run_all(config())


@pytest.mark.parametrize(("strategy", "scenario"), trained)
def test_every_strategy_learns_where_few_images_fit(strategy, scenario, monkeypatch):
    experiment = Experiment(config(strategy, scenario, steps=2))
    learner = experiment.strategy
    within, step = [], learner.step

    def noted(task, batch):
        within.append(task)
        try:
            return step(task, batch)
        finally:
            within.clear()

    def narrow(body, given):
        if within and len(given[0]) > 20:
            raise torch.OutOfMemoryError

    monkeypatch.setattr(learner, "step", noted)
    learner.network.body.register_forward_pre_hook(narrow)
    list(experiment.events())
    assert experiment.task == len(experiment.tasks) and 5 <= learner.batch_limit <= 20
