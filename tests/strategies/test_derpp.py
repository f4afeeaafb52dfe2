"""Laws of dark experience replay++: three terms, and one replayed batch for both."""

import pytest
import torch

from lifelong.numerics import seeds
from lifelong.training.experiment import Experiment
from tests.helpers import batch_of, config


@pytest.fixture(params=["task", "domain", "class"])
def third_task(request):
    experiment = Experiment(config("derpp", request.param, settings={"alpha": 0.7, "beta": 0.3}))
    list(experiment.events(until=2))
    return experiment.strategy, experiment.tasks[2], batch_of(experiment.tasks[2].train)


def test_the_loss_is_the_sum_of_three_terms_by_hand(third_task):
    strategy, task, batch = third_task
    logits = strategy.network(batch.images)
    strategy.generator = seeds.generator(0, "test")
    loss = strategy.loss(task, batch, logits)
    which = torch.randint(len(strategy.buffer), (16,), generator=seeds.generator(0, "test"))
    replayed = strategy.buffer.examples.take(which)
    answers = strategy.network(replayed.images)
    apart = (answers - strategy.buffer.logits[which]).square().mean()
    expected = (
        strategy.cross_entropy(task, batch, logits)
        + 0.7 * apart
        + 0.3 * strategy.cross_entropy(task, replayed, answers)
    )
    torch.testing.assert_close(loss, expected)


def test_a_step_takes_two_batches_through_the_network(third_task, monkeypatch):
    strategy, task, batch = third_task
    passed = []
    strategy.network.register_forward_hook(lambda module, given, output: passed.append(len(output)))
    strategy.step(task, batch)
    assert passed == [16, 16]


def test_the_label_of_an_image_counts_among_the_outputs_of_its_own_task():
    experiment = Experiment(config("derpp", "task", settings={"alpha": 0}))
    list(experiment.events(until=1))
    strategy, task = experiment.strategy, experiment.tasks[1]
    batch = batch_of(task.train)
    strategy.network.backward(strategy.loss(task, batch, strategy.network(batch.images)))
    bias = strategy.network.head.bias.grad
    learned = task.outputs.stop
    assert bias.isfinite().all() and (bias[:learned] != 0).all() and (bias[learned:] == 0).all()
