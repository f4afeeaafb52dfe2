"""Laws of A-GEM: the projection and its condition, and the replay buffer."""

import pytest
import torch

from lifelong.numerics import seeds
from lifelong.strategies.agem import project
from lifelong.training.experiment import Experiment
from tests.helpers import config


@pytest.fixture
def second_task():
    experiment = Experiment(config("agem", settings={"per_class": 5}, precision="fp32"))
    list(experiment.events(until=1))
    return experiment.strategy, experiment.tasks[1]


def reference(strategy, task) -> torch.Tensor:
    """Returns the gradient on the next batch drawn from the buffer; resets the generator."""
    replayed = strategy.buffer.sample(strategy.recipe.batch, seeds.generator(0, "test"))
    strategy.generator = seeds.generator(0, "test")
    strategy.network.backward(
        strategy.cross_entropy(task, replayed, strategy.network(replayed.images))
    )
    return strategy.network.flat_gradient.clone()


def test_a_conflicting_gradient_is_projected(second_task):
    strategy, task = second_task
    r = reference(strategy, task)
    g = -2 * r + torch.randn(r.shape, generator=torch.Generator().manual_seed(0)) * r.abs().mean()
    assert g @ r < 0
    strategy.network.flat_gradient.copy_(g)
    strategy.adjust_gradients(task)
    turned = strategy.network.flat_gradient
    torch.testing.assert_close(turned, g - (g @ r) / (r @ r) * r)
    assert abs(turned @ r) < 1e-4 * turned.norm() * r.norm() + 1e-6


def test_a_gradient_without_conflict_is_not_changed(second_task):
    strategy, task = second_task
    r = reference(strategy, task)
    strategy.network.flat_gradient.copy_(3 * r)
    strategy.adjust_gradients(task)
    assert torch.equal(strategy.network.flat_gradient, 3 * r)


def test_the_buffer_has_per_class_images_of_every_learned_class(second_task):
    strategy, task = second_task
    assert strategy.buffer.examples.labels.bincount().tolist() == [5] * task.outputs.start


def test_the_projection_is_applied_while_the_second_task_is_learned(second_task, monkeypatch):
    strategy, task = second_task
    turned, before = [], {}
    adjust = strategy.adjust_gradients

    def watched(task):
        before["g"] = strategy.network.flat_gradient.clone()
        adjust(task)
        turned.append(not torch.equal(before["g"], strategy.network.flat_gradient))

    monkeypatch.setattr(strategy, "adjust_gradients", watched)
    assert len(list(strategy.learn(task))) == len(turned)
    assert any(turned)


@pytest.mark.parametrize("size", [0.0, 1e-30, 1e-20, 1.0])
def test_a_reference_gradient_of_zero_is_not_divided_by(size):
    reference = torch.tensor([size, 0.0, 0.0])
    expected = [0.0, 1.0, 2.0] if size else [-3.0, 1.0, 2.0]
    project(torch.tensor([-3.0, 1.0, 2.0]), reference)
    assert reference.tolist() == expected
