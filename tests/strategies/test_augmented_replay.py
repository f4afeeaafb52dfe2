"""Laws of augmented replay: deformed batches, original images in the buffer."""

import pytest
import torch

from lifelong import registry
from lifelong.config import RunConfig
from lifelong.data.augmentation import deform
from lifelong.data.examples import Batch
from lifelong.data.scenarios import Plan
from lifelong.events import TaskLearned
from lifelong.metrics import average_accuracy
from lifelong.models.base import Network, QuantizedFeatures
from lifelong.numerics import seeds
from lifelong.strategies.augmented_replay import AugmentedReplay
from lifelong.training.experiment import Experiment
from tests.helpers import batch_of, config, run_all


def in_second_task(scenario: str = "class", **settings):
    """Returns the strategy after its first task, the second task and a batch of it."""
    experiment = Experiment(config("augmented-replay", scenario, settings=settings))
    list(experiment.events(until=1))
    return experiment.strategy, experiment.tasks[1], batch_of(experiment.tasks[1].train)


@pytest.mark.parametrize("scenario", sorted(registry.strategy("augmented-replay").scenarios))
def test_without_deformation_augmented_replay_equals_replay_to_the_bit(scenario):
    ours = run_all(config("augmented-replay", scenario, settings={"deformation": 0}))[0].strategy
    plain = run_all(config("replay", scenario))[0].strategy
    assert torch.equal(ours.network.flat, plain.network.flat)
    assert torch.equal(ours.buffer.examples.images, plain.buffer.examples.images)


def test_present_and_replayed_images_are_deformed_and_mixed_as_in_replay():
    strategy, task, batch = in_second_task()
    strategy.generator, again = seeds.generator(0, "test"), seeds.generator(0, "test")
    logits = strategy.forward(task, batch)
    loss = strategy.loss(task, batch, logits)

    by_hand = strategy.network(deform(batch.images, 0.04, again))
    assert torch.equal(logits, by_hand) and not torch.equal(logits, strategy.network(batch.images))
    drawn = strategy.buffer.sample(16, again)
    past = strategy.cross_entropy(task, drawn, strategy.network(deform(drawn.images, 0.04, again)))
    torch.testing.assert_close(loss, strategy.cross_entropy(task, batch, by_hand) / 2 + past / 2)


def test_images_are_deformed_in_training_but_not_in_inference():
    strategy, task, batch = in_second_task()
    assert not torch.equal(strategy.forward(task, batch), strategy.forward(task, batch))
    before = strategy.generator.get_state()
    assert torch.equal(strategy.scores(batch.images), strategy.network(batch.images))
    assert torch.equal(strategy.generator.get_state(), before)


def test_stored_images_are_originals_and_per_class_of_each_class(toy):
    strategy, _, _ = in_second_task(per_class=9)
    known = {image.numpy().tobytes() for image in toy.train_images}
    stored = [image.numpy().tobytes() for image in strategy.buffer.examples.images]
    # The first task has 4 classes.
    assert len(stored) == len(set(stored)) == 9 * 4 and set(stored) <= known


def test_training_does_not_change_the_images_of_a_task():
    experiment = Experiment(config("augmented-replay"))
    before = [task.train.images.clone() for task in experiment.tasks]
    list(experiment.events())
    assert all(
        torch.equal(task.train.images, images) for task, images in zip(experiment.tasks, before)
    )


def test_few_images_go_much_further_than_in_replay():
    def accuracy(strategy):
        sample = {"dataset": "mnist-sample", "model": "mlp", "tasks": 5, "steps": None}
        _, events = run_all(config(strategy, **sample, settings={"per_class": 10}))
        return average_accuracy(
            [[*e.accuracy, *[None] * (4 - e.task)] for e in events if isinstance(e, TaskLearned)]
        )

    assert accuracy("augmented-replay") > accuracy("replay") + 0.08


def test_features_of_a_frozen_backbone_are_not_deformed():
    strategy = AugmentedReplay.make("class", {"deformation": 20})
    strategy.bind(Network(QuantizedFeatures(9), (16,), 2), Plan("class", ((0, 1),)), RunConfig())
    features = torch.arange(36, dtype=torch.uint8).view(4, 9, 1, 1)
    batch = Batch(features, torch.zeros(4), torch.zeros(4), torch.arange(4))
    state = strategy.generator.get_state()
    assert torch.equal(strategy.forward(None, batch), strategy.network(features))
    assert torch.equal(strategy.generator.get_state(), state)
