"""Laws of learning without forgetting: the teacher, the distilled outputs and the loss."""

import pytest
import torch

from tests import helpers


def in_task(index: int, scenario: str, **given):
    return helpers.in_task("lwf", index, scenario, **given)


def test_the_teacher_logits_are_those_of_the_model_at_the_start_of_the_task():
    strategy, _task, batch = in_task(1, "class")
    before = strategy.network(batch.images).detach()
    strategy.network.flat.add_(0.1)
    torch.testing.assert_close(strategy.teacher_logits[batch.indices], before)
    assert not torch.allclose(strategy.network(batch.images), before)


@pytest.mark.parametrize(
    "scenario, terms, counts", [("task", 2, 2), ("domain", 1, 2), ("class", 1, 1)]
)
def test_the_loss_is_cross_entropy_and_distillation_by_hand(scenario, terms, counts):
    strategy, task, batch = in_task(2, scenario)
    strategy.network.flat.mul_(1.5)
    logits = strategy.network(batch.images)
    taught = strategy.teacher_logits[batch.indices]
    groups = {
        "task": [list(task.plan.outputs_of(0)), list(task.plan.outputs_of(1))],
        "domain": [list(range(task.plan.outputs))],
        "class": [list(range(task.plan.outputs_of(1).stop))],
    }[scenario]
    assert len(groups) == terms
    past = [
        -((taught[:, g] / 2).softmax(1) * (logits[:, g] / 2).log_softmax(1)).sum(1).mean()
        for g in groups
    ]
    expected = strategy.cross_entropy(task, batch, logits) + counts * sum(past) / terms
    torch.testing.assert_close(strategy.loss(task, batch, logits), expected)


def test_with_the_paper_recipe_all_outputs_are_distilled_in_the_class_scenario():
    strategy, task, batch = in_task(1, "class", recipe="paper")
    logits = strategy.network(batch.images)
    taught = strategy.teacher_logits[batch.indices]
    past = -((taught / 2).softmax(1) * (logits / 2).log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(
        strategy.loss(task, batch, logits), strategy.cross_entropy(task, batch, logits) + past
    )


def test_a_model_with_the_teacher_logits_has_no_distillation_gradient():
    strategy, _task, batch = in_task(1, "class")
    logits = strategy.network(batch.images)
    taught = strategy.teacher_logits[batch.indices]
    every = torch.ones(1, logits.shape[1], dtype=torch.bool)
    loss = strategy.distillation(logits, taught, every).mean()
    pull = torch.autograd.grad(loss, logits)[0]
    torch.testing.assert_close(pull, torch.zeros_like(pull), atol=1e-7, rtol=0)


def test_the_first_task_has_no_teacher():
    strategy, task, batch = in_task(0, "class")
    logits = strategy.network(batch.images)
    assert torch.equal(
        strategy.loss(task, batch, logits), strategy.cross_entropy(task, batch, logits)
    )
    assert len(strategy.teacher_logits) == 0


@pytest.mark.parametrize("sizes", [(2, 2, 2), (3, 1, 3, 1), (5,), (10,) * 30])
def test_sets_of_outputs_that_are_distilled_at_once_give_the_bits_of_one_after_the_other(sizes):
    strategy, _task, _batch = in_task(1, "task")
    logits, taught = torch.randn(2, 24, sum(sizes))
    logits.requires_grad_()
    of_output = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    active = of_output == torch.arange(len(sizes)).unsqueeze(1)
    alone = [
        -((taught[:, own] / 2).softmax(1) * (logits[:, own] / 2).log_softmax(1)).sum(1).mean()
        for own in active
    ]
    losses = strategy.distillation(logits, taught, active)
    assert torch.equal(losses, torch.stack(alone))
    gradients = [
        torch.autograd.grad(loss, logits)[0] for loss in (losses.mean(), torch.stack(alone).mean())
    ]
    assert torch.equal(*gradients)
