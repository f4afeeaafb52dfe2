"""Laws of dark experience replay: which logits are stored, and their loss."""

import pytest
import torch

from lifelong.numerics import seeds
from lifelong.training.experiment import Experiment
from tests.helpers import batch_of, config, run_all


def watched(experiment: Experiment) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Trains to the end; returns the images and the logits before the step of every batch."""
    strategy, passed = experiment.strategy, []
    after = strategy.after_step

    def noted(task, batch, logits):
        passed.append((batch.images.clone(), logits.detach().clone()))
        after(task, batch, logits)

    strategy.after_step = noted
    list(experiment.events())
    return passed


@pytest.mark.parametrize("strategy", ["der", "derpp"])
def test_stored_logits_are_those_of_the_moment_of_storing(strategy):
    experiment = Experiment(config(strategy, settings={"per_class": 2}))
    given = {}
    for images, logits in watched(experiment):
        for image, answer in zip(images, logits):
            given.setdefault(image.numpy().tobytes(), []).append(answer)
    learner = experiment.strategy
    assert len(learner.buffer) == len(learner.buffer.logits) == 20
    for image, answer in zip(learner.buffer.examples.images, learner.buffer.logits):
        assert any(torch.equal(answer, once) for once in given[image.numpy().tobytes()])
    assert not torch.allclose(
        learner.network(learner.buffer.examples.images), learner.buffer.logits
    )


@pytest.mark.parametrize("strategy", ["der", "derpp"])
def test_a_buffer_that_is_not_full_is_the_stream_with_its_logits(strategy):
    experiment = Experiment(config(strategy, settings={"per_class": 5000}))
    images, logits = (torch.cat(parts) for parts in zip(*watched(experiment)))
    assert torch.equal(experiment.strategy.buffer.examples.images, images) and torch.equal(
        experiment.strategy.buffer.logits, logits
    )


@pytest.mark.parametrize("scenario", ["task", "class"])
def test_the_loss_is_that_of_the_present_and_the_mean_squared_difference_by_hand(scenario):
    experiment = Experiment(config("der", scenario, settings={"alpha": 0.7}))
    list(experiment.events(until=2))
    strategy, task = experiment.strategy, experiment.tasks[2]
    batch = batch_of(task.train)
    logits = strategy.network(batch.images)
    strategy.generator = seeds.generator(0, "test")
    loss = strategy.loss(task, batch, logits)
    which = torch.randint(len(strategy.buffer), (16,), generator=seeds.generator(0, "test"))
    apart = strategy.network(strategy.buffer.examples.images[which]) - strategy.buffer.logits[which]
    torch.testing.assert_close(
        loss, strategy.cross_entropy(task, batch, logits) + 0.7 * apart.square().sum() / (16 * 10)
    )


def test_a_network_with_the_stored_logits_has_no_distillation_loss():
    experiment, _ = run_all(config("der"))
    strategy, task = experiment.strategy, experiment.tasks[2]
    batch = batch_of(task.train)
    strategy.buffer.logits = strategy.network(strategy.buffer.examples.images).detach()
    logits = strategy.network(batch.images)
    assert strategy.loss(task, batch, logits).item() == pytest.approx(
        strategy.cross_entropy(task, batch, logits).item()
    )


def test_a_larger_weight_preserves_the_old_logits_better():
    apart = []
    for alpha in (0.0, 10.0):
        experiment = Experiment(config("der", steps=30, settings={"alpha": alpha}))
        list(experiment.events(until=1))
        old = experiment.tasks[0].test.images
        before = experiment.strategy.network(old).detach()
        list(experiment.events())
        apart.append((experiment.strategy.network(old).detach() - before).square().mean())
    assert apart[1] < apart[0] / 3
