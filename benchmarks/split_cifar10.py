"""Measures every strategy on Split CIFAR-10 with the features of a frozen backbone.

    python -m benchmarks.split_cifar10 --seeds 0,1,2,3,4

Trains every strategy in the class and task scenarios. Every finished run is appended to
results/split_cifar10_runs.jsonl; a second call trains only the missing ones. The summary is
results/split_cifar10.json: {strategy, scenario, n, mean, sem, published, seconds, backbone,
ceiling}, accuracies in percent. Seconds are the median CPU time of training; the features are
computed once before and not counted.

A task has STEPS steps of 128 images, about three epochs, and otherwise the quick recipe. Strategies
with a replay buffer store 50 images of each class. The ceiling is the test accuracy of a joint
linear probe: a ridge classifier on the features of all training images, its λ chosen on held-out
training images. There are no published figures for this backbone; the published column is of a
ResNet-18 trained from scratch with 50 epochs a task (DER++, Buzzega et al., NeurIPS 2020).

    python -m benchmarks.split_cifar10 --from-scratch --passes 10 --seeds 0

Trains all weights of a randomly initialised ResNet-50. It needs a GPU: on two cores one epoch of a
task takes over a minute. Its files are results/split_cifar10_from_scratch.json and _runs.jsonl.

    python -m benchmarks.split_cifar10 --whole

Trains all weights of a pretrained ResNet-50: see whole_networks.py.

    python -m benchmarks.split_cifar10 --weights imagenet --side 224

Takes torchvision's ResNet-50 with ImageNet weights, which are downloaded, in place of the backbone
that ships. Its files are results/split_cifar10_imagenet.json and _runs.jsonl.
"""

from collections.abc import Sequence

import click
import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks import whole_networks
from benchmarks.tables import SPLIT_CIFAR10, Table, names_for
from lifelong import config
from lifelong.config import RunConfig
from lifelong.models.base import QuantizedFeatures
from lifelong.models.parts.feature_cache import FeatureSet
from lifelong.storage.progress import result_of
from lifelong.training import setup

TABLE = Table("split_cifar10", SPLIT_CIFAR10)
SCRATCH = Table("split_cifar10_from_scratch", SPLIT_CIFAR10)
NOTHING_PUBLISHED: dict[str, dict] = {"class": {}, "task": {}}
IMAGENET = Table("split_cifar10_imagenet", NOTHING_PUBLISHED)
STRATEGIES_FROM_SCRATCH = "finetune,joint,ewc,lwf,replay,derpp"
STEPS = 250  # of each task
STEPS_PER_EPOCH = 78  # of one task
HELD_OUT = 0.2  # of the training images, to choose λ
RIDGES = (0.01, 0.1, 1.0, 10.0, 100.0)  # λ, in mean squares of a feature


@click.command()
@click.option("--strategies", default="all", show_default=True)
@click.option("--seeds", default="0,1,2,3,4", show_default=True)
@click.option(
    "--processes", type=int, help="Runs trained in parallel.  [default: the number of cores]"
)
@click.option(
    "--from-scratch",
    is_flag=True,
    help="Train all of a ResNet-50 from random weights, by default with six strategies.",
)
@click.option(
    "--passes", default=10, show_default=True, help="Epochs of each task, with --from-scratch."
)
@click.option("--whole", is_flag=True, help="Train all of a pretrained ResNet-50.")
@click.option(
    "--weights",
    type=click.Choice(["default", "imagenet"]),
    default="default",
    help="Of the frozen backbone.  [default: those that ship]",
)
@click.option("--side", default=0, help="Side in pixels of the backbone's images.  [default: 32]")
@click.option("--scenarios", default="class,task", show_default=True)
def main(
    strategies: str,
    seeds: str,
    processes: int | None,
    from_scratch: bool,
    passes: int,
    whole: bool,
    weights: str,
    side: int,
    scenarios: str,
) -> None:
    """Trains the missing runs and writes the summary."""
    if whole:
        click.echo(whole_networks.make_table(strategies, scenarios, processes))
        return
    if from_scratch:
        strategies = STRATEGIES_FROM_SCRATCH if strategies == "all" else strategies
        network = {"tune": "whole", "weights": "none", "layers": 0}
        configs = configs_of(strategies, scenarios, seeds, passes * STEPS_PER_EPOCH, network)
        SCRATCH.make(configs, processes)
        click.echo(SCRATCH.markdown(SCRATCH.write({"passes": passes})))
        return
    network = {"weights": weights, "side": side}
    configs = configs_of(strategies, scenarios, seeds, STEPS, network)
    click.echo(_frozen(TABLE if weights == "default" else IMAGENET, configs, processes))


def _frozen(table: Table, configs: list[RunConfig], processes: int | None) -> str:
    """Trains what is missing of a table on a frozen backbone; returns the ceiling and the table."""
    features = result_of(setup.prepare(configs[0])).features
    description = setup.backbone_info_of(configs[0]).description
    table.make(configs, processes)
    ceiling = round(100 * probe_accuracy(features), 2)
    summary = table.write({"backbone": description, "ceiling": ceiling})
    return f"Linear ceiling: {ceiling:.2f} %, {description}\n\n{table.markdown(summary)}"


def configs_of(
    strategies: str, scenarios: str, seeds: str, steps: int, network: dict
) -> list[RunConfig]:
    """Returns the configurations of a table; names and seeds are separated by commas."""
    return [
        config.make(
            dataset="cifar10",
            scenario=scenario,
            strategy=name,
            settings=whole_networks.buffer_size(name),
            seed=int(seed),
            model="resnet50",
            steps=steps,
            network=network,
        )
        for seed in seeds.split(",")
        for scenario in scenarios.split(",")
        for name in names_for(strategies, scenario)
    ]


def probe_accuracy(features: FeatureSet) -> float:
    """Returns the test accuracy of the joint linear probe, a share in [0, 1]."""
    data, body = features.dataset, QuantizedFeatures(features.low.numel())
    return ridge_accuracy(
        body(data.train_images), data.train_labels, body(data.test_images), data.test_labels
    )


def ridge_accuracy(x: Tensor, y: Tensor, test_x: Tensor, test_y: Tensor) -> float:
    """Returns the test accuracy, a share in [0, 1], of a ridge classifier on features (n, width).

    Its λ is the best on training images held out.
    """
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    count = round(HELD_OUT * len(y))
    validation, train = order[:count], order[count:]
    candidates = _ridge_weights(x[train], y[train], RIDGES)
    accuracies = [_accuracy(weights, x[validation], y[validation]) for weights in candidates]
    best = RIDGES[accuracies.index(max(accuracies))]
    return _accuracy(_ridge_weights(x, y, (best,))[0], test_x, test_y)


def _ridge_weights(x: Tensor, y: Tensor, ridges: Sequence[float]) -> list[Tensor]:
    """Returns the weights (width + 1, classes) for each λ; the products are the same for all."""
    x = F.pad(x, (0, 1), value=1.0).double()
    gram, targets = x.T @ x, x.T @ F.one_hot(y).double()
    diagonal = gram.diagonal().clone()
    weights = []
    for ridge in ridges:
        gram.diagonal().copy_(diagonal + ridge * diagonal.mean() / len(x))
        weights.append(torch.cholesky_solve(targets, torch.linalg.cholesky(gram)))
    return weights


def _accuracy(weights: Tensor, x: Tensor, y: Tensor) -> float:
    return ((F.pad(x, (0, 1), value=1.0).double() @ weights).argmax(1) == y).double().mean().item()


if __name__ == "__main__":
    main()
