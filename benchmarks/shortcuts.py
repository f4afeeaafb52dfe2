"""Measures what this library computes in a way of its own against plain torch, one by one.

    python -m benchmarks.shortcuts [--rounds 7] [--only NAME ...]

Each case does the same work twice, once by plain torch, in turns on one machine where nothing else
runs; the ratio of each round is plain by own, so above 1 the shortcut gains. What gains less than
5 % has no reason to be there. Writes benchmarks/results/shortcuts.json and prints the table.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import click
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.pages import page_section
from lifelong.config import RunConfig
from lifelong.models.base import Network
from lifelong.models.mlp import MLP
from lifelong.models.parts.convolutions import use_matmul
from lifelong.models.parts.optimizer import Adam
from lifelong.numerics import cores, matmul
from lifelong.numerics.torchvision_import import models
from lifelong.strategies.parts.importance import exact_fisher
from lifelong.training import benchmark

FILE = Path(__file__).parent / "results" / "shortcuts.json"
SHAPE, BATCH, CLASSES = (1, 28, 28), 128, 10
Action = Callable[[], object]
CASES: dict[str, Callable[[], tuple[str, int, Action, Action]]] = {}


def case(make: Callable[[], tuple[str, int, Action, Action]]) -> Callable:
    """Registers a case: a function that returns what it does, how often a round does it, plain
    torch and the own way.
    """
    CASES[make.__name__.replace("_", "-")] = make
    return make


def _images(count: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, *SHAPE), dtype=torch.uint8, generator=generator)


def _network() -> Network:
    network = MLP().network(SHAPE, CLASSES, "fp32")
    network.initialise(torch.Generator().manual_seed(0))
    return network


def _plain_network() -> nn.Module:
    return nn.Sequential(
        nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 400), nn.ReLU(), nn.Linear(400, CLASSES)
    )


@case
def linear_stack() -> tuple[str, int, Action, Action]:
    images, labels, network = _images(BATCH), torch.arange(BATCH) % CLASSES, _network()

    def plain() -> None:
        network.flat_gradient.zero_()
        x = network.body(images)
        for layer in network.layers[:-1]:
            x = F.relu(F.linear(x, layer.weight, layer.bias))
        F.cross_entropy(network.head(x), labels).backward()

    def own() -> None:
        network.backward(F.cross_entropy(network(images), labels))

    return "forward and backward pass of the 784-400-400 network, batch 128", 60, plain, own


@case
def flat_adam() -> tuple[str, int, Action, Action]:
    own, plain = _network(), _plain_network()
    for parameter in plain.parameters():
        parameter.grad = torch.randn_like(parameter)
    own.flat_gradient.normal_()
    optimizer = torch.optim.Adam(plain.parameters(), fused=True)
    return "a step of Adam over its 478,410 parameters", 200, optimizer.step, Adam(own, 1e-3).step


@case
def second_core_of_products() -> tuple[str, int, Action, Action]:
    network, images = _network(), _images(1000)

    def infer(busy: bool) -> None:
        with torch.no_grad(), cores.kept_busy(busy):
            network(images)

    what = "logits of 1,000 images, with the second core"
    return what, 30, lambda: infer(True), lambda: infer(False)


@case
def second_core_of_sums() -> tuple[str, int, Action, Action]:
    features = torch.randint(0, 128, (BATCH * 8, 2000)).to(torch.int8)
    total = torch.zeros(2000, 2000, dtype=torch.float64)

    def add(busy: bool) -> None:
        with cores.kept_busy(busy):
            matmul.add_symmetric(total, features, features)

    what = "sum of products of 1,024 x 2,000 features, with the second core"
    return what, 5, lambda: add(True), lambda: add(False)


def _steps(strategy: str, busy: bool) -> Action:
    """Returns an action that takes benchmark.STEPS steps; busy: without the second core."""
    config = RunConfig(strategy=strategy, recipe="paper", precision="fp32")
    once = benchmark.stepper(config, benchmark.toy_dataset())

    def steps() -> None:
        with cores.kept_busy(busy):
            once()

    return steps


@case
def second_core_of_finetune() -> tuple[str, int, Action, Action]:
    what = f"{benchmark.STEPS} steps of `finetune` in fp32, with the second core"
    return what, 1, _steps("finetune", True), _steps("finetune", False)


@case
def second_core_of_si() -> tuple[str, int, Action, Action]:
    what = f"{benchmark.STEPS} steps of `si` in fp32, with the second core"
    return what, 1, _steps("si", True), _steps("si", False)


@case
def second_core_of_dgr() -> tuple[str, int, Action, Action]:
    what = f"{benchmark.STEPS} steps of `dgr`, the generator's pass on the second core"
    return what, 1, _steps("dgr", True), _steps("dgr", False)


@case
def second_core_of_agem() -> tuple[str, int, Action, Action]:
    what = f"{benchmark.STEPS} steps of `agem`, the gradient of replayed images on the second core"
    return what, 1, _steps("agem", True), _steps("agem", False)


@case
def byte_products() -> tuple[str, int, Action, Action]:
    features = torch.randint(0, 128, (BATCH * 8, 2000)).to(torch.int8)
    total = torch.zeros(2000, 2000, dtype=torch.float64)
    own = lambda: matmul.add_symmetric(total, features, features)  # noqa: E731
    plain = lambda: total.addmm_(features.double().T, features.double())  # noqa: E731
    return "sum of products of features in bytes, exact, instead of doubles", 2, plain, own


@case
def closed_form_fisher() -> tuple[str, int, Action, Action]:
    own, plain = _network(), _plain_network()
    images, candidates = _images(64), torch.ones(64, CLASSES, dtype=torch.bool)

    def image_by_image() -> None:
        for image in images.flatten(1).float().mul_(1 / 255):
            log = F.log_softmax(plain(image[None]), 1)[0]
            for output in range(CLASSES):
                gradients = torch.autograd.grad(
                    log[output], list(plain.parameters()), retain_graph=True
                )
                for gradient in gradients:
                    gradient.square_().mul_(log[output].exp().detach())

    what = "exact Fisher information of 64 images"
    return what, 1, image_by_image, lambda: exact_fisher(own, images, candidates)


def _resnet_step(side: int, by_products: bool) -> Action:
    network = models.resnet50(num_classes=CLASSES).to(memory_format=torch.channels_last)
    if by_products:
        use_matmul(network)
    images = torch.rand(32, 3, side, side).to(memory_format=torch.channels_last)

    def step() -> None:
        torch.set_num_threads(2)
        with torch.autocast("cpu", torch.bfloat16):
            loss = network(images).sum()
        loss.backward()
        network.zero_grad()
        torch.set_num_threads(1)

    return step


@case
def convolutions_as_products() -> tuple[str, int, Action, Action]:
    what = "forward and backward pass of ResNet-50, 32 images of 32 x 32, bf16, two threads"
    return what, 1, _resnet_step(32, False), _resnet_step(32, True)


@contextmanager
def one_thread() -> Iterator[None]:
    """Within it torch has one thread, as in a run of a small network."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def seconds(action: Action, times: int) -> float:
    """Returns the mean seconds of an action."""
    began = time.perf_counter()
    for _ in range(times):
        action()
    return (time.perf_counter() - began) / times


def measure(name: str, rounds: int) -> dict[str, object]:
    """Returns the medians of a case in milliseconds and the ratios of its rounds."""
    what, times, plain, own = CASES[name]()
    with one_thread():
        for action in (plain, own):
            action()
        pairs = [(seconds(plain, times), seconds(own, times)) for _ in range(rounds)]
    return {
        "what": what,
        "plain_ms": round(1000 * median(plain for plain, _ in pairs), 3),
        "own_ms": round(1000 * median(own for _, own in pairs), 3),
        "ratios": [round(plain / own, 3) for plain, own in pairs],
    }


def table(found: dict[str, dict]) -> str:
    """Returns the cases as a Markdown table."""
    lines = ["| what | plain torch, ms | here, ms | ratio |", "|---|---|---|---|"]
    for each in found.values():
        low, middle, high = min(each["ratios"]), median(each["ratios"]), max(each["ratios"])
        lines.append(
            f"| {each['what']} | {each['plain_ms']:.2f} | {each['own_ms']:.2f} |"
            f" {middle:.2f} ({low:.2f} to {high:.2f}) |"
        )
    return "\n".join(lines)


def section() -> str:
    """Returns the section of docs/benchmarks.md."""
    text = (
        "`python -m benchmarks.shortcuts`: each thing that this library computes in a way of its"
        " own, and the same by plain torch, in turns. The ratio is the median of the rounds"
        " (lowest to highest); what gains less than 5 % has no reason to be there."
    )
    return page_section("What differs from plain torch", text, table(json.loads(FILE.read_text())))


@click.command(help=__doc__)
@click.option("--rounds", default=7, show_default=True)
@click.option("--only", multiple=True, type=click.Choice(list(CASES)))
def main(rounds: int, only: tuple[str, ...]) -> None:
    found = json.loads(FILE.read_text()) if FILE.exists() else {}
    for name in only or CASES:
        found[name] = measure(name, rounds)
    FILE.write_text(json.dumps(found, indent=1) + "\n")
    click.echo(table(found))


if __name__ == "__main__":
    main()
