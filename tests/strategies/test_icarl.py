"""Laws of iCaRL: targets of the outputs, class means and the nearest mean."""

import pytest
import torch
import torch.nn.functional as F

from lifelong.data.examples import Batch, concat
from lifelong.strategies.parts import replay_buffer
from lifelong.training.experiment import Experiment
from tests.helpers import batch_of, config, run_all


def in_task(index: int, **given):
    """Returns the strategy at the start of a task, and the task."""
    experiment = Experiment(config("icarl", **given))
    list(experiment.events(until=index))
    experiment.strategy.start_task(experiment.tasks[index])
    return experiment.strategy, experiment.tasks[index]


@pytest.fixture
def learned() -> Experiment:
    """An experiment trained too briefly for the outputs to agree with the means."""
    return run_all(config("icarl", settings={"per_class": 6}))[0]


def test_the_buffer_has_a_herd_of_every_class_and_is_learned_with_the_task():
    experiment = Experiment(config("icarl", settings={"per_class": 5}))
    list(experiment.events(until=1))
    task, strategy = experiment.tasks[0], experiment.strategy
    assert strategy.buffer.examples.labels.bincount().tolist() == [5] * 4
    assert torch.equal(
        strategy.buffer.examples.images,
        replay_buffer.herded_subset(task.train, 5, strategy.network).images,
    )
    later = strategy.examples(experiment.tasks[1])
    assert torch.equal(
        later.images, concat(experiment.tasks[1].train, strategy.buffer.examples).images
    )


@pytest.mark.parametrize("recipe", ["quick", "paper"])
def test_old_outputs_learn_the_old_logits_and_the_others_the_label(recipe):
    strategy, task = in_task(1, recipe=recipe)
    examples = strategy.examples(task)
    # New images, and images from the replay buffer.
    indices = torch.cat([torch.arange(8), torch.arange(len(examples) - 8, len(examples))])
    batch = Batch(*examples.take(indices).tensors().values(), indices)
    old = strategy.network(batch.images).detach()[:, :4]
    strategy.network.flat.mul_(1.5)
    logits = strategy.network(batch.images)
    total = 0.0
    for i in range(16):
        for o in range(7):
            target = (
                torch.sigmoid(old[i, o] / 2) if o < 4 else torch.tensor(float(batch.labels[i] == o))
            )
            p = logits[i, o].sigmoid()
            total -= (target * p.log() + (1 - target) * (1 - p).log()).item()
    assert strategy.loss(task, batch, logits).item() == pytest.approx(total / 16, rel=1e-4)


def test_outputs_of_future_classes_learn_nothing():
    strategy, task = in_task(1, recipe="paper")
    batch = batch_of(strategy.examples(task))
    strategy.network.backward(strategy.loss(task, batch, strategy.network(batch.images)))
    bias = strategy.network.head.bias.grad
    assert (bias[:7] != 0).all() and (bias[7:] == 0).all()


def test_the_first_task_has_no_distillation():
    strategy, task = in_task(0)
    batch = batch_of(task.train)
    logits = strategy.network(batch.images)
    expected = (
        F.binary_cross_entropy_with_logits(logits[:, :4], F.one_hot(batch.labels, 4).float()) * 4
    )
    torch.testing.assert_close(strategy.loss(task, batch, logits), expected)
    assert len(strategy.teacher_outputs) == 0


def test_the_means_are_those_of_the_stored_images_normalised_features(learned):
    strategy = learned.strategy
    assert strategy.means.shape == (10, 16)
    for label in range(10):
        points = [
            strategy.network.embed(image.unsqueeze(0)).detach()[0]
            for image in strategy.buffer.examples.images[strategy.buffer.examples.labels == label]
        ]
        mean = torch.stack([p / p.norm() for p in points]).mean(0)
        torch.testing.assert_close(strategy.means[label], mean / mean.norm())


def test_an_image_belongs_to_the_class_whose_mean_is_nearest(learned, toy):
    strategy = learned.strategy
    with torch.no_grad():
        points = F.normalize(strategy.network.embed(toy.test_images))
        nearest = torch.stack([(points - mean).norm(dim=1) for mean in strategy.means], 1).argmin(1)
        answers = strategy.scores(toy.test_images)
    assert torch.equal(answers.argmax(1), nearest)
    assert (nearest != strategy.network(toy.test_images).argmax(1)).any(), (
        "not what the outputs say"
    )


def test_the_scores_are_distances_in_units_of_those_that_images_have_to_their_own_mean(
    learned, toy
):
    strategy, train = learned.strategy, learned.tasks[-1].train
    with torch.no_grad():
        own = (
            (F.normalize(strategy.network.embed(train.images)) - strategy.means[train.labels])
            .square()
            .sum(1)
            .mean()
        )
        points = F.normalize(strategy.network.embed(toy.test_images))
        scores = strategy.scores(toy.test_images)
    torch.testing.assert_close(
        -scores * own, (points.unsqueeze(1) - strategy.means).square().sum(2), rtol=1e-3, atol=1e-5
    )
    assert 0.3 < scores.softmax(1).amax(1).mean() < 1.0


def test_a_class_may_have_a_single_image():
    experiment, _ = run_all(config("icarl", settings={"per_class": 1}))
    assert experiment.strategy.scores(experiment.tasks[0].test.images).isfinite().all()


def test_during_a_task_the_outputs_predict_and_future_classes_never_win(toy):
    strategy, _task = in_task(1, recipe="paper")
    with torch.no_grad():
        during, outputs = strategy.scores(toy.test_images), strategy.network(toy.test_images)
    assert torch.equal(during[:, :7], outputs[:, :7])
    assert (during[:, 7:].amax(1) < during[:, :7].amin(1) - 50).all()
    experiment = Experiment(config("icarl", recipe="paper"))
    list(experiment.events(until=1))
    after = experiment.strategy.scores(toy.test_images).detach()
    assert (after[:, 4:].amax(1) < after[:, :4].amin(1) - 50).all() and not torch.equal(
        after[:, :4], outputs[:, :4]
    )


def test_logits_of_the_old_model_are_discarded_after_the_task(learned):
    assert len(learned.strategy.teacher_outputs) == 0 and "logits" not in learned.strategy.storage(
        learned.tasks[-1]
    )
