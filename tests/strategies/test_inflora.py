"""Laws of InfLoRA: Liang and Li (CVPR 2024)."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from lifelong.data.examples import Dataset
from lifelong.strategies.parts import adapters
from lifelong.strategies.parts.subspaces import Subspaces
from lifelong.training.experiment import Experiment
from tests.helpers import batch_of, config, same, toy_dataset

WIDE = {"network": {"widths": "64,64"}, "precision": "fp32"}
DEEP = {
    "dataset": "toy-pictures",
    "model": "shufflenet_v2_x0_5",
    "network": {"tune": "whole", "weights": "none", "units": 8},
    "tasks": 2,
    "steps": 2,
    "precision": "fp32",
}
PICTURES = 12  # of a task


def without_noise() -> Dataset:
    """One image a class: the inputs of a task span as many dimensions as it has classes."""
    dataset = toy_dataset()
    first = [int((dataset.train_labels == label).nonzero()[0]) for label in range(10)]
    images = dataset.train_images[first]
    return replace(
        dataset, train_images=images[dataset.train_labels], test_images=images[dataset.test_labels]
    )


def after_each_task(scenario: str, **given) -> tuple[Experiment, list[Tensor]]:
    """The experiment, and the scores of all test images after each task."""
    dataset = without_noise()
    experiment = Experiment(config("inflora", scenario, steps=40, **WIDE, **given), dataset)
    found = []
    for learned in range(1, 4):
        list(experiment.events(until=learned))
        with torch.no_grad():
            found.append(experiment.strategy.scores(dataset.test_images))
    return experiment, found


def largest_change(experiment: Experiment, found: list[Tensor]) -> float:
    """Of scores of a task's outputs for its images, from then on to the end."""
    labels, changes = without_noise().test_labels, []
    for task, before in enumerate(found[:-1]):
        members = torch.isin(labels, torch.tensor(experiment.plan.classes[task]))
        own = list(experiment.plan.outputs_of(task))
        changes.append((found[-1] - before)[members][:, own].abs().max())
    return float(torch.stack(changes).max())


@pytest.mark.parametrize("scenario", ["task", "class", "transfer"])
def test_what_earlier_tasks_are_answered_stays_if_all_their_inputs_are_protected(
    scenario, monkeypatch
):
    experiment, found = after_each_task(scenario, settings={"threshold": 1.0})
    assert largest_change(experiment, found) < 1e-4
    assert all((after - before).abs().max() > 0.1 for before, after in zip(found, found[1:]))
    labels = without_noise().test_labels
    order = torch.tensor([label for task in experiment.plan.classes for label in task])
    last = torch.isin(labels, torch.tensor(experiment.plan.classes[2]))
    own = list(experiment.plan.outputs_of(2))
    answers = order[own][found[-1][last][:, own].argmax(1)]
    assert (answers == labels[last]).float().mean() > 0.9, "the last task is learned"
    # Without the subspaces of earlier inputs they change.
    monkeypatch.setattr(Subspaces, "add", lambda *given: None)
    assert largest_change(*after_each_task(scenario)) > 0.05


def in_task(index: int, scenario: str, **given):
    """Returns the strategy at the start of a task, the task and a batch of it."""
    experiment = Experiment(config("inflora", scenario, **given))
    list(experiment.events(until=index))
    task = experiment.tasks[index]
    experiment.strategy.start_task(task)
    return experiment.strategy, task, batch_of(task.train, PICTURES)


def weights_of(strategy) -> list[Tensor]:
    return [layer.weight.detach().flatten(1).clone() for layer in strategy.layers]


@pytest.mark.parametrize("given", [{}, DEEP], ids=["linear", "convolutions"])
def test_a_task_changes_adapted_weights_by_a_b_and_its_own_outputs_and_nothing_else(given):
    strategy, task, batch = in_task(1, "task", settings={"rank": 3}, **given)
    before, start = strategy.network.weights(), weights_of(strategy)
    for _ in range(3):
        strategy.network.body.begin_step(0, 1, 1)
        strategy.step(task, batch)
    products = strategy.adapters.products(strategy.directions())
    for old, new, product in zip(start, weights_of(strategy), products):
        assert torch.equal(new, old + product)
        assert torch.linalg.matrix_rank(product) <= 3
    assert any(product.any() for product in products)
    adapted = {id(layer.weight) for layer in strategy.layers}
    names = {n for n, p in strategy.network.named_parameters() if id(p) in adapted}
    own = slice(task.outputs.start, task.outputs.stop)
    after = strategy.network.weights()
    for weights in (before, after):
        for name in ("head.weight", "head.bias"):
            weights[name][own] = 0
    others = before.keys() - names
    assert same({n: before[n] for n in others}, {n: after[n] for n in others})


def test_the_gradient_is_that_of_a_network_with_a_branch_for_each_adapter():
    strategy, task, batch = in_task(1, "task", **WIDE)
    strategy.step(task, batch)
    matrices = [m.detach().clone().requires_grad_() for m in strategy.adapters.matrices]
    x = batch.images.flatten(1) / 255
    starts = strategy.start.split([layer.weight.numel() for layer in strategy.layers])
    for layer, start, a, b in zip(strategy.layers, starts, matrices, strategy.directions()):
        x = F.relu(F.linear(x, start.view_as(layer.weight), layer.bias) + x @ b.T @ a.T)
    logits = strategy.network.head(x)
    torch.testing.assert_close(strategy.network(batch.images), logits, rtol=1e-4, atol=1e-5)
    own = slice(task.outputs.start, task.outputs.stop)
    F.cross_entropy(logits[:, own], batch.labels - task.outputs.start).backward()
    strategy.step(task, batch)
    for _layer, ours, matrix in zip(strategy.layers, strategy.adapters.matrices, matrices):
        torch.testing.assert_close(ours.grad, matrix.grad, rtol=1e-3, atol=1e-6)
        assert matrix.grad.abs().max() > 1e-5


def test_directions_are_orthogonal_to_the_inputs_of_earlier_tasks():
    strategy, _task, _batch = in_task(2, "class", **WIDE)
    for k, rows in enumerate(strategy.directions()):
        assert rows.any() and (rows @ strategy.past.basis(k)).abs().max() < 1e-5


def test_a_network_of_a_head_alone_learns_its_own_outputs():
    experiment = Experiment(config("inflora", "task", model="toy-linear", steps=60))
    *_, learned, _finished = experiment.events()
    assert learned.accuracy[-1] > 0.9 and learned.stored == {}


@pytest.mark.parametrize("threshold", [0.6, 0.99])
def test_bytes_are_those_of_the_smaller_of_each_subspace_and_its_complement(threshold):
    experiment = Experiment(config("inflora", settings={"threshold": threshold}))
    *_, learned, _finished = experiment.events()
    widths, past = (36, 16), experiment.strategy.past
    counts = [past.basis(k).shape[1] for k in range(2)]
    assert learned.stored == {
        "statistics": 4 * sum(w * min(c, w - c) for w, c in zip(widths, counts))
    }
    assert all(counts)


def test_moments_are_means_over_all_positions_that_a_convolution_looks_at():
    strategy, task, _batch = in_task(0, "task", **DEEP)
    images = task.train.images[:5]
    found = adapters.input_moments(strategy.network, images)
    inputs: dict[object, Tensor] = {}
    for layer in strategy.layers[:-1]:
        layer.register_forward_hook(lambda layer, given, _out: inputs.update({layer: given[0]}))
    strategy.network.embed(images)
    assert len(inputs) == len(strategy.layers) - 1 > 30
    for layer, moment in zip(strategy.layers, found):
        rows = inputs[layer].flatten(2).transpose(1, 2).flatten(0, 1) if layer in inputs else None
        if rows is not None:
            expected = (rows.T @ rows / len(rows)).double()
            torch.testing.assert_close(moment, expected, rtol=1e-4, atol=1e-6)
    features = strategy.network.body(images)
    torch.testing.assert_close(
        found[-1], (features.T @ features / 5).double().detach(), rtol=1e-4, atol=1e-6
    )


def test_a_convolution_with_a_stride_looks_at_some_positions_only():
    layer = torch.nn.Conv2d(2, 3, 1, stride=2, bias=False)
    x = torch.randn(4, 2, 5, 5)
    rows = adapters._rows(layer, x)
    expected = layer(x).permute(0, 2, 3, 1).reshape(-1, 3)
    torch.testing.assert_close(rows @ layer.weight.flatten(1).T, expected)
