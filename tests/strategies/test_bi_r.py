"""Laws of brain-inspired replay: a classifier whose decoder generates images of a given class."""

import pytest
import torch
import torch.nn.functional as F
from torch import distributions

from lifelong.strategies.bi_r import SoftBatch
from lifelong.training.experiment import Experiment
from tests import helpers
from tests.helpers import config, toy_dataset


def in_task(index: int, scenario: str = "class", **given):
    return helpers.in_task("bi-r", index, scenario, **given)


def present(strategy, batch) -> SoftBatch:
    return SoftBatch(
        batch.images, batch.tasks, F.one_hot(batch.labels, strategy.plan.outputs).float()
    )


def test_images_of_a_given_class_are_generated():
    experiment = Experiment(config("bi-r", tasks=5, steps=300), toy_dataset(train=60))
    strategy = experiment.strategy
    for task in experiment.tasks[:2]:
        for _step in strategy.learn(task):
            pass
    means = torch.stack(
        [
            t.train.images[t.train.labels == o].float().mean(0)
            for t in experiment.tasks
            for o in t.outputs
        ]
    ).flatten(1)
    outputs = torch.arange(4).repeat_interleave(50)
    gates = strategy.gates(outputs // 2, F.one_hot(outputs, 10).float())
    with torch.no_grad():
        images = (
            strategy.vae(
                torch.randn(200, strategy.vae.latents, generator=torch.Generator().manual_seed(0)),
                outputs,
                gates,
            )
            * 255
        )
    assert float((torch.cdist(images, means).argmin(1) == outputs).float().mean()) > 0.9


def test_the_generative_loss_reaches_the_classifiers_hidden_layers_and_not_its_head():
    strategy, _task, batch = in_task(0)
    network = strategy.network
    hidden = network.embed(batch.images)
    network.backward(
        strategy.generative_loss(hidden, present(strategy, batch), torch.full((16,), 1 / 16))
    )
    for layer in network.layers[:-1]:
        assert layer.weight.grad.count_nonzero() > 0
    assert network.head.weight.grad.count_nonzero() == 0


def test_the_generative_loss_by_hand():
    strategy, _task, batch = in_task(1, precision="fp32")
    strategy.vae.flat.mul_(1.5)
    lesson, weights = present(strategy, batch), torch.linspace(0, 1, 16)
    random = strategy.generator.get_state()
    loss = strategy.generative_loss(strategy.network.embed(batch.images), lesson, weights)
    strategy.generator.set_state(random)
    vae, pixels = strategy.vae, strategy.network.body(batch.images)
    mean, log_variance = vae.encode(strategy.network.embed(batch.images))
    code = distributions.Normal(mean, (log_variance / 2).exp())
    latents = mean + torch.randn(mean.shape, generator=strategy.generator) * code.scale
    mode = distributions.Normal(
        vae.mode_mean[batch.labels], (vae.mode_log_variance[batch.labels] / 2).exp()
    )
    divergence = (code.log_prob(latents) - mode.log_prob(latents)).sum(1)
    x = latents
    for layer, open in zip(vae.decoder, strategy.gate_table[batch.labels].split((16, 16), 1)):
        x = F.linear(x, layer.weight, layer.bias).relu() * open
    made_up = F.linear(x, vae.decoder[-1].weight, vae.decoder[-1].bias).sigmoid()
    by_image = F.binary_cross_entropy(made_up, pixels, reduction="none").sum(1) + divergence
    torch.testing.assert_close(loss, weights @ by_image / pixels.shape[1])


def test_modes_of_classes_that_are_learned_move_and_the_others_do_not():
    strategy, task, batch = in_task(0)
    before = strategy.vae.mode_mean.detach().clone()
    strategy.step(task, batch)
    moved = (strategy.vae.mode_mean != before).all(1)
    assert moved.tolist() == [output in batch.labels for output in range(10)]


@pytest.mark.parametrize(("scenario", "contexts"), [("class", 10), ("domain", 3)])
def test_a_tenth_of_the_decoders_units_is_off_for_each_class_or_each_task_where_outputs_are_shared(
    scenario, contexts
):
    strategy, _task, _batch = in_task(0, scenario)
    assert strategy.gate_table.shape == (contexts, 32) and strategy.gated == 0.1
    assert 0.02 < float((strategy.gate_table == 0).float().mean()) < 0.25
    assert len({tuple(row.tolist()) for row in strategy.gate_table}) == contexts
    assert torch.equal(strategy.gate_table, in_task(0, scenario)[0].gate_table)
    tasks, targets = (
        torch.tensor([0, 1, 1]),
        F.one_hot(torch.tensor([0, 0, 1]), strategy.plan.outputs).float(),
    )
    rows = tasks if scenario == "domain" else torch.tensor([0, 0, 1])
    assert torch.equal(torch.cat(strategy.gates(tasks, targets), 1), strategy.gate_table[rows])


def test_soft_targets_mix_the_gates_of_their_classes():
    strategy, _task, _batch = in_task(0)
    targets = torch.zeros(1, 10)
    targets[0, 2], targets[0, 5] = 0.25, 0.75
    expected = strategy.gate_table[2] * 0.25 + strategy.gate_table[5] * 0.75
    torch.testing.assert_close(
        torch.cat(strategy.gates(torch.zeros(1, dtype=torch.int64), targets), 1)[0], expected
    )


@pytest.mark.parametrize("scenario", ["task", "transfer"])
def test_with_the_task_label_no_unit_is_off(scenario):
    strategy, _task, batch = in_task(0, scenario)
    assert (
        strategy.gated == 0 and strategy.gates(batch.tasks, present(strategy, batch).targets) == ()
    )


@pytest.mark.parametrize("scenario", ["task", "domain", "class"])
def test_replayed_images_are_of_past_tasks_with_soft_targets_of_the_copied_network(scenario):
    strategy, task, batch = in_task(2, scenario, recipe="quick", settings={"replayed": 300})
    strategy.network.flat.mul_(1.5)  # it has learned on: what it answers now plays no part
    lesson = strategy.replay(task, batch.images)
    assert lesson.images.dtype == torch.uint8 and lesson.images.shape[1:] == batch.images.shape[1:]
    assert set(lesson.tasks.tolist()) == {0, 1}
    strategy.network.flat.copy_(strategy.teacher)
    teacher_logits = strategy.network(lesson.images).detach()
    allowed = {"task": [range(4), range(4, 7)], "domain": [range(4)] * 2, "class": [range(7)] * 2}[
        scenario
    ]
    for image in range(300):
        own = list(allowed[lesson.tasks[image]])
        torch.testing.assert_close(
            lesson.targets[image, own],
            (teacher_logits[image, own] / 2).softmax(0),
            rtol=1e-3,
            atol=1e-4,
        )
        assert float(lesson.targets[image].sum()) == pytest.approx(1)


def test_all_past_classes_are_replayed_equally_often():
    strategy, task, batch = in_task(2, "task", settings={"replayed": 1000})
    share = float((strategy.replay(task, batch.images).tasks == 0).float().mean())
    assert share == pytest.approx(4 / 7, abs=0.06)


@pytest.mark.parametrize("scenario", ["task", "domain", "class"])
def test_a_step_weights_hard_labels_and_soft_targets_by_the_number_of_tasks(scenario):
    strategy, task, batch = in_task(2, scenario, precision="fp32")
    strategy.network.flat.mul_(1.5)
    random = strategy.generator.get_state()
    past = strategy.replay(task, batch.images)
    lesson, weights = (
        SoftBatch(*map(torch.cat, zip(present(strategy, batch), past))),
        torch.tensor([1 / 48] * 16 + [2 / 3 / 128] * 128),
    )
    generative = strategy.generative_loss(strategy.network.embed(lesson.images), lesson, weights)
    classifying = strategy.cross_entropy(task, batch, strategy.network(batch.images))
    soft = (
        (strategy.network(past.images) / 2)
        .masked_fill(~task.candidates(past.tasks), -1e9)
        .log_softmax(1)
    )
    expected = generative + classifying / 3 - 2 / 3 * (past.targets * soft).sum(1).mean()
    strategy.generator.set_state(random)
    torch.testing.assert_close(strategy.step(task, batch), expected)


def test_only_the_weights_of_the_decoder_are_stored():
    experiment = Experiment(config("bi-r"))
    events = list(experiment.events())
    assert events[-2].stored == {"weights": experiment.strategy.vae.flat.nbytes}
