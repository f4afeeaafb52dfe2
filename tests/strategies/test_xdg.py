"""Laws of context-dependent gating: the share of gated units, and their gradients."""

import pytest
import torch

from lifelong.strategies.base import scores
from lifelong.training.experiment import Experiment
from tests.helpers import batch_of, config, run_all


def strategy_with(*hidden: int, **given):
    network = {"widths": ",".join(map(str, hidden or (16, 16)))}
    return Experiment(config("xdg", "task", network=network, **given)).strategy


@pytest.mark.parametrize(
    ("share", "width", "on"),
    [
        (0.9, 400, 40),
        (0.9, 16, 2),
        (0.0, 16, 16),
        (0.5, 16, 8),
        (0.99, 16, 1),
        (0.99, 3, 1),
        (0.8, 2000, 400),
    ],
)
def test_the_given_share_of_every_layer_is_off_but_never_all_of_it(share, width, on):
    strategy = strategy_with(width, width + 1, width, settings={"share": share})
    for gates in strategy.gates:
        assert [gate.shape for gate in gates] == [(1, width), (1, width + 1), (1, width)]
        assert all(((gate == 0) | (gate == 1)).all() for gate in gates)
        assert gates[0].sum() == gates[2].sum() == on


def test_gates_differ_by_task_layer_and_seed_and_are_the_same_when_drawn_again():
    strategy = strategy_with(400, 400)
    flat = [tuple(gate.flatten().tolist()) for gates in strategy.gates for gate in gates]
    assert len(set(flat)) == 6
    again, other = (strategy_with(400, 400, seed=seed) for seed in (0, 1))
    assert all(
        torch.equal(a, b) for old, new in zip(strategy.gates, again.gates) for a, b in zip(old, new)
    )
    assert not torch.equal(strategy.gates[0][0], other.gates[0][0])


def test_units_that_are_off_get_no_gradient_and_the_others_do():
    experiment = Experiment(config("xdg", "task", settings={"share": 0.5}))
    strategy, task = experiment.strategy, experiment.tasks[1]
    batch = batch_of(task.train)
    strategy.network.backward(strategy.loss(task, batch, strategy.forward(task, batch)))
    first, second = (gate[0] == 1 for gate in strategy.gates[1])
    one, two, head = strategy.network.layers
    assert (
        (one.weight.grad[~first] == 0).all()
        and (one.bias.grad[~first] == 0).all()
        and one.bias.grad[first].any()
    )
    assert (two.weight.grad[~second] == 0).all() and (two.weight.grad[:, ~first] == 0).all()
    assert two.weight.grad[second][:, first].any()
    assert (head.weight.grad[:, ~second] == 0).all() and head.weight.grad[:, second].any()


def test_each_task_is_predicted_with_its_own_gates(toy):
    experiment = run_all(config("xdg", "task"))[0]
    answers = experiment.strategy.scores(toy.test_images)
    for task in range(3):
        own = list(experiment.plan.outputs_of(task))
        for other in range(3):
            with_other = experiment.strategy.network(
                toy.test_images, experiment.strategy.gates[other]
            )[:, own]
            assert torch.equal(answers[:, own], with_other) == (task == other)


def test_gating_alone_moves_earlier_answers_less_than_fine_tuning(toy):
    def moved(strategy: str, **settings) -> float:
        experiment = Experiment(config(strategy, "task", steps=30, settings=settings))
        list(experiment.events(until=1))
        own = list(experiment.plan.outputs_of(0))
        before = scores(experiment.strategy, toy.test_images)[:, own]
        list(experiment.events())
        return float(
            (scores(experiment.strategy, toy.test_images)[:, own] - before).abs().mean()
            / before.abs().mean()
        )

    assert moved("xdg", share=0.75) < moved("finetune") / 2


def test_without_gating_xdg_equals_fine_tuning_to_the_bit():
    ours, plain = (
        run_all(config("xdg", "task", settings={"share": 0.0}))[0],
        run_all(config("finetune", "task"))[0],
    )
    assert torch.equal(ours.strategy.network.flat, plain.strategy.network.flat)
    assert ours.strategy.storage(ours.tasks[-1]) == {}
