"""Laws of hard attention: gates, their gradient, and weights that are frozen."""

from dataclasses import replace

import pytest
import torch

from lifelong.events import TaskLearned
from lifelong.strategies.hat import RATE, _Attention
from lifelong.training.experiment import Experiment
from tests.helpers import batch_of, config, run_all


def in_task(index: int, steps: int = 20, **given) -> Experiment:
    """Returns an experiment at the start of a task."""
    experiment = Experiment(config("hat", "task", steps=steps, **given))
    list(experiment.events(until=index))
    experiment.strategy.start_task(experiment.tasks[index])
    return experiment


def test_gates_are_the_sigmoid_of_s_e_and_their_gradient_is_that_of_the_paper():
    embedding = torch.tensor([-2.0, -0.3, 0.0, 0.01, 0.4], requires_grad=True)
    weights = torch.tensor([1.0, -2.0, 3.0, 0.5, 1.5])
    for s in (0.0025, 1.0, 20.0):
        gates = _Attention.apply(embedding, s, 400.0)
        torch.testing.assert_close(gates, torch.sigmoid(s * embedding))
        (ours,) = torch.autograd.grad((weights * gates).sum(), embedding)
        (plain,) = torch.autograd.grad((weights * torch.sigmoid(s * embedding)).sum(), embedding)
        by_hand = plain * 400 * (torch.cosh(s * embedding) + 1) / (s * (torch.cosh(embedding) + 1))
        torch.testing.assert_close(ours, by_hand.detach(), rtol=1e-4, atol=1e-5)


def test_the_gradient_of_gates_that_are_long_decided_is_finite():
    embedding = torch.tensor([-6.0, 6.0], requires_grad=True)
    _Attention.apply(embedding, 400.0, 400.0).sum().backward()
    assert embedding.grad.isfinite().all()


def test_gates_harden_from_the_first_to_the_last_step_of_a_task():
    experiment = Experiment(config("hat", "task", steps=5, settings={"hardness": 100.0}))
    steepness, plain = [], experiment.strategy.forward
    experiment.strategy.forward = lambda task, batch: (
        steepness.append(experiment.strategy.steepness(batch)),
        plain(task, batch),
    )[1]
    list(experiment.events(until=2))
    assert steepness == pytest.approx([0.01, 25.0075, 50.005, 75.0025, 100.0] * 2)


def test_the_loss_counts_the_units_that_no_earlier_task_uses():
    experiment = in_task(1, settings={"sparsity": 2.0})
    strategy, task = experiment.strategy, experiment.tasks[1]
    batch = replace(batch_of(task.train), step=8, steps=20)
    logits = strategy.forward(task, batch)
    gates = torch.sigmoid(strategy.steepness(batch) * strategy.embeddings[1])
    free = ~strategy.used(1)
    expected = strategy.cross_entropy(task, batch, logits) + 2 * gates[free].sum() / free.sum()
    torch.testing.assert_close(strategy.loss(task, batch, logits), expected)
    assert 0 < free.sum() < len(free)


def test_a_step_moves_the_embeddings_of_its_task_alone_and_by_plain_descent():
    experiment = in_task(1)
    strategy, task = experiment.strategy, experiment.tasks[1]
    before, batch = strategy.embeddings.clone(), batch_of(task.train)
    strategy.network.backward(strategy.loss(task, batch, strategy.forward(task, batch)))
    gradient = strategy.embeddings.grad.clone()
    strategy.after_step(task, batch, None)
    torch.testing.assert_close(strategy.embeddings, (before - RATE * gradient).clamp(-6, 6))
    assert (strategy.embeddings != before).any(1).tolist() == [False, True, False]
    assert not strategy.embeddings.requires_grad


def test_logits_of_earlier_tasks_do_not_change_by_a_bit(toy):
    experiment = Experiment(config("hat", "task", tasks=5, steps=20))
    first_scores: dict[int, torch.Tensor] = {}
    for task in range(5):
        list(experiment.events(until=task + 1))
        scores = experiment.strategy.scores(toy.test_images)
        first_scores[task] = scores[:, list(experiment.plan.outputs_of(task))]
        assert all(
            torch.equal(scores[:, list(experiment.plan.outputs_of(before))], answers)
            for before, answers in first_scores.items()
        )


def test_weights_between_used_units_do_not_change_and_others_do():
    experiment = in_task(2, settings={"sparsity": 0.0})
    strategy = experiment.strategy
    one, two, head = strategy.network.layers
    before = [p.detach().clone() for layer in (one, two, head) for p in (layer.weight, layer.bias)]
    first, second = (used[0] for used in strategy._by_layer(strategy.used(2)))
    list(experiment.events(until=3))
    moved = [
        p != old
        for p, old in zip(
            [p for layer in (one, two, head) for p in (layer.weight, layer.bias)], before
        )
    ]
    assert not moved[0][first].any() and not moved[1][first].any() and moved[0][~first].any()
    assert not moved[2][second][:, first].any() and not moved[3][second].any()
    assert moved[2][~second].any() or moved[2][:, ~first].any()
    own = list(experiment.plan.outputs_of(2))
    assert moved[4][own].any() and moved[4].any(1).sum() == len(own)


def test_each_task_is_predicted_with_its_own_gates(toy):
    experiment = run_all(config("hat", "task", steps=20, settings={"sparsity": 0.0}))[0]
    scores = experiment.strategy.scores(toy.test_images)
    for task in range(3):
        own = list(experiment.plan.outputs_of(task))
        for other in range(3):
            with_other = experiment.strategy.network(
                toy.test_images, experiment.strategy.gates(other)
            )[:, own]
            assert torch.equal(scores[:, own], with_other) == (task == other)


def test_a_higher_sparsity_leaves_fewer_units_on():
    def on(sparsity: float) -> int:
        return int(
            run_all(config("hat", "task", tasks=1, steps=60, settings={"sparsity": sparsity}))[0]
            .strategy.used(1)
            .sum()
        )

    assert on(0.0) > on(0.3) > on(3.0)


def test_nothing_is_forgotten_and_later_tasks_are_learned():
    network = {"widths": "64,64"}
    _, events = run_all(
        config("hat", "task", network=network, steps=60, settings={"sparsity": 0.1})
    )
    rows = [e.accuracy for e in events if isinstance(e, TaskLearned)]
    assert all(rows[-1][task] == rows[task][task] for task in range(3))
    assert sum(rows[-1]) / 3 > 0.9


def test_one_number_is_stored_for_each_hidden_unit_and_task():
    experiment = run_all(config("hat", "task"))[0]
    assert experiment.strategy.storage(experiment.tasks[-1]) == {"weights": 3 * 32 * 4}
