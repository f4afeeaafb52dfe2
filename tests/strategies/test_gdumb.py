"""Laws of GDumb: a balanced buffer, and a network that depends on nothing else."""

from dataclasses import replace

import pytest
import torch

from lifelong.numerics import seeds
from lifelong.training.experiment import Experiment
from tests.helpers import config, run_all


def counts(examples) -> dict[tuple[int, int], int]:
    pairs, each = torch.stack([examples.tasks, examples.labels], 1).unique(
        dim=0, return_counts=True
    )
    return {tuple(pair): n for pair, n in zip(pairs.tolist(), each.tolist())}


@pytest.mark.parametrize("scenario", ["task", "domain", "class", "transfer"])
@pytest.mark.parametrize("each", [1, 4, 24])
def test_every_class_seen_has_the_same_share_of_the_room(scenario, each):
    experiment = Experiment(config("gdumb", scenario, settings={"per_class": each}))
    for learned, known in ((1, 4), (2, 7), (3, 10)):
        list(experiment.events(until=learned))
        share = min(24, each * 10 // known)
        assert counts(experiment.strategy.buffer.examples) == {
            (t, label): share for t in range(learned) for label in experiment.plan.outputs_of(t)
        }


def test_an_image_once_given_up_does_not_come_back():
    experiment = Experiment(config("gdumb", settings={"per_class": 4}))
    before: set[bytes] | None = None
    for learned in (1, 2, 3):
        list(experiment.events(until=learned))
        first = {
            image.numpy().tobytes()
            for image in experiment.strategy.buffer.examples.images[
                experiment.strategy.buffer.examples.tasks == 0
            ]
        }
        assert before is None or first < before
        before = first


def test_it_trains_on_the_memory_alone_for_as_many_steps_as_the_task_would_take():
    experiment = Experiment(config("gdumb", settings={"per_class": 2}, steps=None))
    list(experiment.events(until=1))
    strategy, task = experiment.strategy, experiment.tasks[1]
    drawn = [steps for _, steps, _ in strategy.learn(task)]
    assert torch.equal(strategy.examples(task).images, strategy.buffer.examples.images)
    assert len(drawn) == Experiment(config(steps=None)).strategy.steps(task, task.train)


def test_the_network_depends_on_the_memory_and_on_no_earlier_training():
    plain = Experiment(config("gdumb"))
    list(plain.events())
    idle = Experiment(config("gdumb"))
    strategy = idle.strategy
    for task in idle.tasks[:2]:
        strategy.generator = seeds.generator(strategy.seed, "strategy", task.index)
        strategy.start_task(task)
        strategy.network.flat.add_(1.0)
    for _ in strategy.learn(idle.tasks[2]):
        pass
    assert torch.equal(strategy.buffer.examples.images, plain.strategy.buffer.examples.images)
    assert torch.equal(strategy.network.flat, plain.strategy.network.flat)


def test_images_that_are_not_in_the_memory_in_the_end_change_nothing(toy):
    run_config = config("gdumb", settings={"per_class": 3})
    one, _ = run_all(run_config, toy)
    stored = {image.numpy().tobytes() for image in one.strategy.buffer.examples.images}
    blank = torch.stack([image * (image.numpy().tobytes() in stored) for image in toy.train_images])
    other, _ = run_all(run_config, replace(toy, train_images=blank))
    assert (blank.flatten(1).amax(1) == 0).sum() == 240 - 30
    assert torch.equal(one.strategy.network.flat, other.strategy.network.flat)
