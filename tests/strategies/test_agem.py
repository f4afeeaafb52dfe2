"""Laws of A-GEM: the projection and its condition, and the replay buffer."""

import pytest
import torch

from lifelong.numerics import seeds
from lifelong.strategies import agem
from lifelong.strategies.agem import project
from lifelong.training.experiment import Experiment
from tests.helpers import config


@pytest.fixture
def second_task():
    experiment = Experiment(config("agem", settings={"per_class": 5}, precision="fp32"))
    list(experiment.events(until=1))
    return experiment.strategy, experiment.tasks[1]


def test_a_conflicting_gradient_is_projected():
    generator = torch.Generator().manual_seed(0)
    r, noise = torch.randn(2, 1000, generator=generator)
    g = -2 * r + noise
    turned = g.clone()
    project(turned, r)
    torch.testing.assert_close(turned, g - (g @ r) / (r @ r) * r)
    assert abs(turned @ r) < 1e-4 * turned.norm() * r.norm()


def test_a_gradient_without_conflict_is_not_changed():
    r = torch.randn(1000, generator=torch.Generator().manual_seed(0))
    gradient = 3 * r
    project(gradient, r)
    assert torch.equal(gradient, 3 * r)


def test_the_buffer_has_per_class_images_of_every_learned_class(second_task):
    strategy, task = second_task
    assert strategy.buffer.examples.labels.bincount().tolist() == [5] * task.outputs.start


def test_every_step_of_the_second_task_is_projected_by_the_gradient_of_replayed_images(
    second_task, monkeypatch
):
    strategy, task = second_task
    network, turned = strategy.network, []
    drawn = strategy.buffer.sample(strategy.recipe.batch, seeds.generator(0, "test"))
    monkeypatch.setattr(strategy.buffer, "sample", lambda _count, _generator: drawn)

    def watched(gradient, reference):
        assert gradient is network.flat_gradient
        own = gradient.clone()
        network.backward(strategy.cross_entropy(task, drawn, network(drawn.images)))
        assert torch.equal(network.flat_gradient, reference)
        gradient.copy_(own)
        project(gradient, reference)
        turned.append(not torch.equal(own, gradient))

    monkeypatch.setattr(agem, "project", watched)
    assert len(list(strategy.learn(task))) == len(turned)
    assert any(turned)


@pytest.mark.parametrize("size", [0.0, 1e-30, 1e-20, 1.0])
def test_a_reference_gradient_of_zero_is_not_divided_by(size):
    gradient = torch.tensor([-3.0, 1.0, 2.0])
    expected = [0.0, 1.0, 2.0] if size else [-3.0, 1.0, 2.0]
    project(gradient, torch.tensor([size, 0.0, 0.0]))
    assert gradient.tolist() == expected
