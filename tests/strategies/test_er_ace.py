"""Laws of ER-ACE: the outputs that compete for new and for replayed images."""

import pytest
import torch
import torch.nn.functional as F

from lifelong.numerics import seeds
from lifelong.strategies.parts.replay_buffer import ReplayBuffer
from lifelong.training.experiment import Experiment
from tests.helpers import batch_of, config


def in_task(index: int, **given):
    """Returns the strategy after `index` tasks, the next task and a batch of it."""
    experiment = Experiment(config("er-ace", **given))
    list(experiment.events(until=index))
    return experiment.strategy, experiment.tasks[index], batch_of(experiment.tasks[index].train)


@pytest.mark.parametrize("recipe", ["quick", "paper"])
def test_new_images_do_not_change_the_outputs_of_old_classes(recipe):
    strategy, task, batch = in_task(1, recipe=recipe)
    strategy.buffer = ReplayBuffer("reservoir", 0)
    strategy.network.backward(strategy.loss(task, batch, strategy.network(batch.images)))
    weight, bias = strategy.network.head.weight.grad, strategy.network.head.bias.grad
    old, own, to_come = (
        slice(task.outputs.start),
        slice(task.outputs.start, task.outputs.stop),
        slice(task.outputs.stop, None),
    )
    assert (weight[old] == 0).all() and (bias[old] == 0).all() and (bias[own] != 0).all()
    assert (bias[to_come] != 0).all() == (recipe == "paper")
    strategy.network.backward(strategy.cross_entropy(task, batch, strategy.network(batch.images)))
    assert (strategy.network.head.bias.grad[old] != 0).all(), "as replay would not"


def test_the_loss_is_the_sum_of_both_by_hand():
    strategy, task, batch = in_task(1)
    logits = strategy.network(batch.images)
    strategy.generator = seeds.generator(0, "test")
    loss = strategy.loss(task, batch, logits)
    replayed = strategy.buffer.sample(len(batch.labels), seeds.generator(0, "test"))
    own = F.cross_entropy(
        logits[:, task.outputs.start : task.outputs.stop], batch.labels - task.outputs.start
    )
    past = F.cross_entropy(
        strategy.network(replayed.images)[:, : task.outputs.stop], replayed.labels
    )
    torch.testing.assert_close(loss, own + past)


def test_replayed_images_compete_with_all_classes_seen():
    strategy, task, _ = in_task(1)
    old = strategy.buffer.sample(8, seeds.generator(0, "test"))
    strategy.network.backward(strategy.cross_entropy(task, old, strategy.network(old.images)))
    bias = strategy.network.head.bias.grad
    assert (bias[: task.outputs.stop] != 0).all() and (bias[task.outputs.stop :] == 0).all()


def test_the_first_task_without_a_buffer_is_fine_tuning():
    strategy, task, batch = in_task(0)
    logits = strategy.network(batch.images)
    assert torch.equal(
        strategy.loss(task, batch, logits), strategy.cross_entropy(task, batch, logits)
    )
