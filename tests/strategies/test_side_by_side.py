"""Laws of two passes at the same time: the bits of one after the other."""

import threading

import pytest
import torch
from torch import nn

from lifelong.models.base import Body, Network, Pixels
from lifelong.numerics import cores, hardware, seeds
from lifelong.strategies.parts.side_by_side import SecondGradient, side_by_side
from tests.helpers import in_task


class Learning(Body):
    """Linear layer and batch norm."""

    width = 6

    def __init__(self) -> None:
        super().__init__()
        self.linear, self.norm = nn.Linear(9, 6), nn.BatchNorm1d(6)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.norm(self.linear(images.flatten(1).float() / 255))


def network(body: Body) -> Network:
    made = Network(body, (5,), 3)
    made.initialise(seeds.generator(0, "weights"))
    return made


IMAGES = torch.randint(0, 256, (7, 1, 3, 3), generator=torch.Generator().manual_seed(0)).byte()


@pytest.mark.parametrize("body", [Learning, lambda: Pixels((1, 3, 3))])
def test_a_second_gradient_is_that_of_its_loss_and_leaves_the_first_alone(body):
    trained, loss = network(body()), lambda logits: logits.square().mean()
    trained.body.train()
    trained.backward(loss(trained(IMAGES[:4])))
    own = trained.flat_gradient.clone()
    trained.backward(loss(trained(IMAGES[4:])))
    expected = trained.flat_gradient.clone()
    trained.flat_gradient.copy_(own)
    second = SecondGradient(trained)
    for _ in range(2):  # replaced, not added up
        second.replace(IMAGES[4:], loss)
        assert torch.equal(second.flat, expected)
    assert torch.equal(trained.flat_gradient, own)


@pytest.mark.parametrize(("body", "count"), [(Learning(), 1), (Pixels((1, 3, 3)), 2)])
def test_only_a_body_without_parameters_has_two_threads(body, count):
    both, found = threading.Barrier(count, timeout=10), []

    def job() -> int:
        both.wait()  # with two threads each waits until the other is here
        found.append((threading.current_thread().name, torch.is_grad_enabled()))
        return 1

    with hardware.threads(1):
        assert side_by_side(network(body), job, lambda: 1 + job()) == 1
    assert len(found) == 2
    assert len({name for name, _ in found}) == count and all(grads for _, grads in found)


@pytest.mark.parametrize("strategy", ["agem", "dgr"])
def test_steps_have_the_same_bits_with_one_thread_and_with_two(strategy):
    found = []
    for busy in (True, False):
        learner, task, batch = in_task(strategy, 1, "class")
        with cores.kept_busy(busy), hardware.threads(1):
            losses = [learner.step(task, batch) for _ in range(3)]
        found.append((losses, learner.network.flat, learner.generator.get_state()))
    (losses, flat, random), (others, other, same) = found
    assert losses == others and torch.equal(flat, other) and torch.equal(random, same)
