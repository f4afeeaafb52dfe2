"""Laws of deep generative replay: generated images, their labels and their weight."""

import pytest
import torch
import torch.nn.functional as F

from lifelong.training.experiment import Experiment
from tests import helpers
from tests.helpers import config, run_all, toy_dataset


def in_task(index: int, scenario: str = "class", **given):
    return helpers.in_task("dgr", index, scenario, **given)


def nearest(images: torch.Tensor, means: torch.Tensor) -> torch.Tensor:
    """Returns the index of the nearest of k mean images for each image, int64 (n,)."""
    return torch.cdist(images.flatten(1).float(), means.flatten(1).float()).argmin(1)


def means_by_class(experiment: Experiment) -> torch.Tensor:
    """Returns the mean training image of each class, in order of arrival."""
    return torch.stack(
        [
            t.train.images[t.train.labels == o].float().mean(0)
            for t in experiment.tasks
            for o in t.outputs
        ]
    )


def test_the_generator_generates_images_of_all_learned_tasks_and_of_no_other():
    experiment = Experiment(config("dgr", tasks=5, steps=300), toy_dataset(train=60))
    means, strategy = means_by_class(experiment), experiment.strategy
    for learned in (1, 2):
        for _step in strategy.learn(experiment.tasks[learned - 1]):
            pass
        strategy.start_task(experiment.tasks[learned])
        images = strategy.replay(means[:1])
        assert images.dtype == torch.uint8 and len(images) == 128
        by_task = (nearest(images, means) // 2).bincount(minlength=5)
        assert by_task[:learned].sum() > 115 and (by_task[:learned] > 15).all()
        noise = torch.randint(0, 256, images.shape, generator=torch.Generator().manual_seed(0))
        apart = [
            torch.cdist(i.flatten(1).float(), means.flatten(1)).min(1).values.mean()
            for i in (images, noise)
        ]
        assert apart[0] < 0.75 * apart[1]
    assert strategy.vae_optimizer.steps == strategy.optimizer.steps == 600


def test_teacher_and_old_generator_are_copies_from_the_start_of_the_task():
    strategy, task, batch = in_task(1)
    assert torch.equal(strategy.teacher, strategy.network.flat) and torch.equal(
        strategy.old_generator, strategy.vae.flat
    )
    before = strategy.teacher.clone(), strategy.old_generator.clone()
    strategy.step(task, batch)
    assert torch.equal(strategy.teacher, before[0]) and torch.equal(
        strategy.old_generator, before[1]
    )
    assert not torch.equal(strategy.network.flat, before[0]) and not torch.equal(
        strategy.vae.flat, before[1]
    )
    strategy.end_task(task)
    assert len(strategy.teacher) == len(strategy.old_generator) == 0


def test_replayed_images_come_from_the_copied_generator():
    strategy, _task, batch = in_task(1)
    random = strategy.generator.get_state()
    before = strategy.replay(batch.images)
    strategy.vae.flat.add_(0.5)
    strategy.generator.set_state(random)
    assert torch.equal(strategy.replay(batch.images), before)
    strategy.old_generator.add_(0.5)
    strategy.generator.set_state(random)
    assert not torch.equal(strategy.replay(batch.images), before)


GROUPS = {"task": [range(4), range(4, 7)], "domain": [range(4)], "class": [range(10)]}


@pytest.mark.parametrize("scenario", GROUPS)
def test_replayed_images_have_the_hard_labels_of_the_copied_classifier(scenario):
    strategy, task, batch = in_task(2, scenario, recipe="paper")
    teacher_logits = strategy.network(batch.images).detach()
    strategy.network.flat.mul_(1.5)
    logits = strategy.network(batch.images)
    losses = [
        F.cross_entropy(logits[:, list(g)], teacher_logits[:, list(g)].argmax(1))
        for g in GROUPS[scenario]
    ]
    torch.testing.assert_close(
        strategy.replay_loss(task, batch.images, logits), sum(losses) / len(losses)
    )


def test_with_active_classes_an_old_label_competes_with_new_classes():
    strategy, task, batch = in_task(1, "class", recipe="quick")
    # The head's bias: without the rule every label would be 9.
    strategy.teacher[-10:] = torch.arange(10.0) * 100
    logits = strategy.network(batch.images)
    expected = F.cross_entropy(logits[:, :7], torch.full((16,), 3))
    torch.testing.assert_close(strategy.replay_loss(task, batch.images, logits), expected)


@pytest.mark.parametrize("index", [0, 2])
def test_a_step_weights_new_and_replayed_images_by_the_number_of_tasks(index):
    strategy, task, batch = in_task(index, precision="fp32")
    random, share = strategy.generator.get_state(), 1 / (index + 1)
    network, vae = strategy.network, strategy.vae
    classifying = strategy.cross_entropy(task, batch, network(batch.images))
    images = batch.images
    if index:
        past = strategy.replay(batch.images)
        classifying = share * classifying + (1 - share) * strategy.replay_loss(
            task, past, network(past)
        )
        images = torch.cat([batch.images, past])
    weights = torch.tensor([share / 16] * 16 + [(1 - share) / 128] * (len(images) - 16))
    generating = vae.loss(network.body(images), weights, strategy.generator)
    network.backward(classifying)
    vae.backward(generating)
    ours = network.flat_gradient.clone(), vae.flat_gradient.clone()
    strategy.generator.set_state(random)
    torch.testing.assert_close(strategy.step(task, batch).detach(), classifying.detach())
    torch.testing.assert_close(network.flat_gradient, ours[0])
    torch.testing.assert_close(vae.flat_gradient, ours[1])


def test_only_the_weights_of_the_generator_are_stored():
    experiment, events = run_all(config("dgr"))
    assert events[-2].stored == {"weights": experiment.strategy.vae.flat.nbytes}


def test_the_generator_of_the_paper_mirrors_the_classifier():
    vae = Experiment(
        config("dgr", network={"widths": "400,400"}), toy_dataset(side=28, train=1, test=1)
    ).strategy.vae
    assert [layer.out_features for layer in (*vae.encoder, *vae.decoder)] == [
        400,
        400,
        200,
        400,
        400,
        784,
    ]
