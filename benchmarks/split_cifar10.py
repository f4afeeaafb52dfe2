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
"""

import click
import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.tables import Table, names_for
from lifelong import config, registry
from lifelong.config import RunConfig
from lifelong.datasets import load
from lifelong.models.base import QuantizedFeatures
from lifelong.models.parts import feature_cache
from lifelong.training import experiment

PUBLISHED = {
    "class": {
        "joint": 92.20,
        "finetune": 19.62,
        "ewc-online": 19.49,
        "si": 19.48,
        "lwf": 19.61,
        "replay": 57.74,
        "agem": 22.67,
        "icarl": 47.55,
        "der": 70.51,
        "derpp": 72.70,
    },
    "task": {"finetune": 61.02, "joint": 98.31, "replay": 93.61, "derpp": 93.88},
}
TABLE = Table(
    "split_cifar10",
    {
        scenario: {name: (mean, None) for name, mean in rows.items()}
        for scenario, rows in PUBLISHED.items()
    },
)
SCRATCH = Table("split_cifar10_from_scratch", TABLE.published)
STRATEGIES_FROM_SCRATCH = "finetune,joint,ewc,lwf,replay,derpp"
STEPS = 250  # of each task
STEPS_PER_EPOCH = 78  # of one task
PER_CLASS = 50
HELD_OUT = 10_000
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
def main(
    strategies: str, seeds: str, processes: int | None, from_scratch: bool, passes: int
) -> None:
    """Trains the missing runs and writes the summary."""
    if from_scratch:
        strategies = STRATEGIES_FROM_SCRATCH if strategies == "all" else strategies
        network = {"tune": "whole", "weights": "none", "layers": 0}
        configs = _configs(strategies, seeds, passes * STEPS_PER_EPOCH, network)
        SCRATCH.make(configs, processes)
        click.echo(SCRATCH.markdown(SCRATCH.write({"passes": passes})))
        return
    configs = _configs(strategies, seeds, STEPS, {})
    backbone = experiment.frozen_backbone_of(configs[0])
    features = feature_cache.load_features(backbone, load("cifar10"))
    TABLE.make(configs, processes)
    ceiling = round(100 * probe_accuracy(features), 2)
    summary = TABLE.write({"backbone": backbone.description, "ceiling": ceiling})
    click.echo(f"Ceiling: {ceiling:.2f} %, {backbone.description}\n\n{TABLE.markdown(summary)}")


def _configs(strategies: str, seeds: str, steps: int, network: dict) -> list[RunConfig]:
    return [
        config.make(
            dataset="cifar10",
            scenario=scenario,
            strategy=name,
            settings=_buffer_size(name),
            seed=int(seed),
            model="resnet50",
            steps=steps,
            network=network,
        )
        for seed in seeds.split(",")
        for scenario in ("class", "task")
        for name in names_for(strategies, scenario)
    ]


def _buffer_size(strategy: str) -> dict:
    settings = {setting.name for setting in registry.strategy(strategy).settings("class")}
    return {"per_class": PER_CLASS} if "per_class" in settings else {}


def probe_accuracy(features: feature_cache.FeatureSet) -> float:
    """Returns the test accuracy of the joint linear probe, a share in [0, 1]."""
    data, body = features.dataset, QuantizedFeatures(features.low.numel())
    x, y = body(data.train_images), data.train_labels
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    validation, train = order[:HELD_OUT], order[HELD_OUT:]

    def validation_accuracy(ridge: float) -> float:
        return _accuracy(_ridge_weights(x[train], y[train], ridge), x[validation], y[validation])

    best = max(RIDGES, key=validation_accuracy)
    return _accuracy(_ridge_weights(x, y, best), body(data.test_images), data.test_labels)


def _ridge_weights(x: Tensor, y: Tensor, ridge: float) -> Tensor:
    x = F.pad(x, (0, 1), value=1.0).double()
    gram = x.T @ x
    gram.diagonal().add_(ridge * gram.diagonal().mean() / len(x))
    return torch.cholesky_solve(x.T @ F.one_hot(y).double(), torch.linalg.cholesky(gram))


def _accuracy(weights: Tensor, x: Tensor, y: Tensor) -> float:
    return ((F.pad(x, (0, 1), value=1.0).double() @ weights).argmax(1) == y).double().mean().item()


if __name__ == "__main__":
    main()
