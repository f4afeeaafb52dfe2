"""Laws of PackNet: owners of weights, pruning, and frozen weights."""

import pytest
import torch

from lifelong.events import TaskLearned
from lifelong.training.experiment import Experiment
from tests.helpers import config, run_all


def part(strategy, parameter, vector) -> torch.Tensor:
    """Returns the entries of a flat vector that belong to one parameter."""
    start = 0
    for p in strategy.network.parameters():
        if p is parameter:
            return vector[start : start + p.numel()].view_as(p)
        start += p.numel()
    raise LookupError


def owners(strategy, layer) -> torch.Tensor:
    return part(strategy, layer.weight, strategy.owner)


def test_logits_of_earlier_tasks_do_not_change_by_a_bit(toy):
    experiment = Experiment(config("packnet", "task", tasks=5, steps=20))
    first_scores: dict[int, torch.Tensor] = {}
    for task in range(5):
        list(experiment.events(until=task + 1))
        scores = experiment.strategy.scores(toy.test_images)
        first_scores[task] = scores[:, list(experiment.plan.outputs_of(task))]
        assert all(
            torch.equal(scores[:, list(experiment.plan.outputs_of(before))], answers)
            for before, answers in first_scores.items()
        )


@pytest.mark.parametrize("prune", [0.75, 0.5, 0.0])
def test_each_task_keeps_its_share_of_every_hidden_layer(prune):
    experiment, _ = run_all(config("packnet", "task", settings={"prune": prune}))
    for layer in experiment.strategy.network.layers[:-1]:
        owner, left = owners(experiment.strategy, layer), layer.weight.numel()
        for task in range(3):
            freed = round(prune * left)
            assert (owner == task).sum() == left - freed
            left = freed
        assert (layer.weight[owner == 3] == 0).all() and (owner == 3).sum() == left


def test_the_smallest_weights_of_the_task_are_freed_and_set_to_zero():
    experiment = Experiment(config("packnet", "task"))
    strategy = experiment.strategy
    before = [layer.weight.detach().clone() for layer in strategy.network.layers[:-1]]
    strategy.start_task(experiment.tasks[0])
    strategy.free(experiment.tasks[0])
    for layer, weight in zip(strategy.network.layers[:-1], before):
        freed = owners(strategy, layer) == 1
        assert weight[freed].abs().max() <= weight[~freed].abs().min()
        assert (layer.weight[freed] == 0).all() and torch.equal(
            layer.weight[~freed], weight[~freed]
        )


def test_biases_belong_to_the_first_task_and_rows_of_the_head_to_their_own():
    experiment = Experiment(config("packnet", "task"))
    network = experiment.strategy.network
    for layer in network.layers[:-1]:
        assert (part(experiment.strategy, layer.bias, experiment.strategy.owner) == 0).all()
    for task in range(3):
        for parameter in (network.head.weight, network.head.bias):
            assert (
                part(experiment.strategy, parameter, experiment.strategy.owner)[
                    list(experiment.plan.outputs_of(task))
                ]
                == task
            ).all()


def test_a_task_moves_only_the_weights_that_it_owns_and_moves_them():
    experiment = Experiment(config("packnet", "task"))
    list(experiment.events(until=1))
    before, mine = experiment.strategy.network.flat.clone(), experiment.strategy.owner == 1
    list(experiment.events(until=2))
    moved = experiment.strategy.network.flat != before
    assert not moved[~mine].any() and moved[mine].any()
    others = experiment.strategy.owner > 1
    others[experiment.strategy.network.head_start :] = False
    assert (experiment.strategy.network.flat[others] == 0).all() and others.any()


@pytest.mark.parametrize(
    ("steps", "retrain", "pruned_at"),
    [(30, 1 / 3, 20), (30, 0.0, 30), (30, 0.9, 3), (1, 1 / 3, 1), (3, 0.9, 1)],
)
def test_the_last_part_of_a_tasks_steps_comes_after_the_pruning(steps, retrain, pruned_at):
    experiment = Experiment(config("packnet", "task", steps=steps, settings={"retrain": retrain}))
    freed = [
        step
        for step, _steps, _loss in experiment.strategy.learn(experiment.tasks[0])
        if (experiment.strategy.owner == 1).sum() > 200
    ]
    assert freed == list(range(pruned_at, steps + 1))


def test_nothing_is_forgotten_and_later_tasks_are_learned():
    _, events = run_all(config("packnet", "task", tasks=5, steps=100))
    rows = [e.accuracy for e in events if isinstance(e, TaskLearned)]
    assert all(rows[-1][task] == rows[task][task] for task in range(5))
    assert sum(rows[-1]) / 5 > 0.9


def test_the_map_of_owners_takes_a_byte_a_weight():
    experiment = run_all(config("packnet", "task"))[0]
    assert experiment.strategy.storage(experiment.tasks[-1]) == {
        "weights": experiment.strategy.network.flat.numel()
    }
