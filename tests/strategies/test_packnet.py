"""PackNet: who owns which weight, what is frozen, and that later tasks change no earlier answer."""

import pytest
import torch

from lifelong.events import TaskLearned
from lifelong.training.experiment import Experiment
from tests.helpers import config, run_all

pytestmark = pytest.mark.usefixtures("small")


def part(strategy, parameter, vector) -> torch.Tensor:
    """The entries of a vector over all weights that belong to one parameter."""
    start = 0
    for p in strategy.network.parameters():
        if p is parameter:
            return vector[start : start + p.numel()].view_as(p)
        start += p.numel()
    raise LookupError


def owners(strategy, layer) -> torch.Tensor:
    return part(strategy, layer.weight, strategy.owner)


def test_the_answers_of_earlier_tasks_stay_as_they_are_to_the_bit(small):
    told = Experiment(config("packnet", "task", tasks=5, steps=20))
    kept: dict[int, torch.Tensor] = {}
    for task in range(5):
        list(told.events(until=task + 1))
        scores = told.strategy.scores(small.test_images)
        kept[task] = scores[:, list(told.plan.outputs_of(task))]
        assert all(
            torch.equal(scores[:, list(told.plan.outputs_of(before))], answers)
            for before, answers in kept.items()
        )


@pytest.mark.parametrize("prune", [0.75, 0.5, 0.0])
def test_each_task_keeps_its_share_of_every_hidden_layer(prune):
    told, _ = run_all(config("packnet", "task", settings={"prune": prune}))
    for layer in told.strategy.network.layers[:-1]:
        owner, left = owners(told.strategy, layer), layer.weight.numel()
        for task in range(3):
            freed = round(prune * left)
            assert (owner == task).sum() == left - freed
            left = freed
        assert (layer.weight[owner == 3] == 0).all() and (owner == 3).sum() == left


def test_the_smallest_weights_of_the_task_are_freed_and_set_to_zero():
    told = Experiment(config("packnet", "task"))
    strategy = told.strategy
    before = [layer.weight.detach().clone() for layer in strategy.network.layers[:-1]]
    strategy.start_task(told.tasks[0])
    strategy.free(told.tasks[0])
    for layer, weight in zip(strategy.network.layers[:-1], before):
        freed = owners(strategy, layer) == 1
        assert weight[freed].abs().max() <= weight[~freed].abs().min()
        assert (layer.weight[freed] == 0).all() and torch.equal(
            layer.weight[~freed], weight[~freed]
        )


def test_biases_belong_to_the_first_task_and_rows_of_the_head_to_their_own():
    told = Experiment(config("packnet", "task"))
    network = told.strategy.network
    for layer in network.layers[:-1]:
        assert (part(told.strategy, layer.bias, told.strategy.owner) == 0).all()
    for task in range(3):
        for parameter in (network.head.weight, network.head.bias):
            assert (
                part(told.strategy, parameter, told.strategy.owner)[
                    list(told.plan.outputs_of(task))
                ]
                == task
            ).all()


def test_a_task_moves_only_the_weights_that_it_owns_and_moves_them():
    told = Experiment(config("packnet", "task"))
    list(told.events(until=1))
    before, mine = told.strategy.network.flat.clone(), told.strategy.owner == 1
    list(told.events(until=2))
    moved = told.strategy.network.flat != before
    assert not moved[~mine].any() and moved[mine].any()
    others = told.strategy.owner > 1
    others[told.strategy.network.head_start :] = False
    assert (told.strategy.network.flat[others] == 0).all() and others.any()


@pytest.mark.parametrize(
    ("steps", "retrain", "pruned_at"),
    [(30, 1 / 3, 20), (30, 0.0, 30), (30, 0.9, 3), (1, 1 / 3, 1), (3, 0.9, 1)],
)
def test_the_last_part_of_a_tasks_steps_comes_after_the_pruning(steps, retrain, pruned_at):
    told = Experiment(config("packnet", "task", steps=steps, settings={"retrain": retrain}))
    freed = [
        step
        for step, _steps, _loss in told.strategy.learn(told.tasks[0])
        if (told.strategy.owner == 1).sum() > 200
    ]
    assert freed == list(range(pruned_at, steps + 1))


def test_nothing_is_forgotten_and_later_tasks_are_learned():
    _, events = run_all(config("packnet", "task", tasks=5, steps=100))
    rows = [e.accuracy for e in events if isinstance(e, TaskLearned)]
    assert all(rows[-1][task] == rows[task][task] for task in range(5))
    assert sum(rows[-1]) / 5 > 0.9


def test_the_map_of_owners_takes_a_byte_a_weight():
    told = run_all(config("packnet", "task"))[0]
    assert told.strategy.storage(told.tasks[-1]) == {"weights": told.strategy.network.flat.numel()}
