"""Split CIFAR-10 behind a frozen backbone, every strategy, beside the joint linear probe on the
same features: the ceiling.

    python -m benchmarks.split_cifar10 --seeds 0,1,2,3,4

Runs are kept in results/split_cifar10_runs.jsonl, so that the script goes on where it stopped. The
summary goes to results/split_cifar10.json: {strategy, scenario, n, mean, sem, published, seconds,
backbone, ceiling}, accuracies in percent, seconds the median of the processor's time in training;
the backbone's features are computed once before and not counted. Every task takes STEPS steps of
128 images, some three passes, with the quick recipe's other choices. The ceiling is the best
accuracy of a ridge classifier on the features of all training images at once, its λ chosen on
training images held out. What keeps images keeps 500, 50 a class. There are no published figures
for this backbone; those told are of a ResNet-18 learned from scratch, 50 passes a task, as
published with DER++ (Buzzega et al., NeurIPS 2020).

    python -m benchmarks.split_cifar10 --from-scratch --passes 10 --seeds 0

This trains a whole ResNet-50 from random weights, which wants a graphics card: a pass over one
task's images takes over a minute of two cores. Its files are
results/split_cifar10_from_scratch.json and _runs.jsonl.
"""

import click
import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.tables import Table, chosen
from lifelong import config, registry
from lifelong.datasets import load
from lifelong.models.base import QuantizedFeatures
from lifelong.models.parts import feature_cache
from lifelong.training import experiment

FROM_SCRATCH = {
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
        for scenario, rows in FROM_SCRATCH.items()
    },
)
SCRATCH = Table("split_cifar10_from_scratch", TABLE.published)
LEARNED_FROM_SCRATCH = "finetune,joint,ewc,lwf,replay,derpp"
STEPS = 250  # of each task
A_PASS = 78  # steps over the images of one task
PER_CLASS = 50
HELD_OUT = 10_000
RIDGES = (0.01, 0.1, 1.0, 10.0, 100.0)  # λ, in mean squares of a feature


@click.command()
@click.option("--strategies", default="all", show_default=True)
@click.option("--seeds", default="0,1,2,3,4", show_default=True)
@click.option(
    "--processes", type=int, help="Runs at a time.  [default: as many as there are cores]"
)
@click.option(
    "--from-scratch",
    is_flag=True,
    help="Train a whole ResNet-50 from random weights, by default with six strategies.",
)
@click.option(
    "--passes", default=10, show_default=True, help="Of a whole network over each task's images."
)
def main(
    strategies: str, seeds: str, processes: int | None, from_scratch: bool, passes: int
) -> None:
    """Runs what is not there yet, then writes the summary."""
    how = {"steps": STEPS}
    if from_scratch:
        strategies = LEARNED_FROM_SCRATCH if strategies == "all" else strategies
        how = {
            "steps": passes * A_PASS,
            "network": {"tune": "whole", "weights": "none", "layers": 0},
        }
    wanted = [
        config.make(
            dataset="cifar10",
            scenario=scenario,
            strategy=name,
            settings=_memory(name),
            seed=int(seed),
            model="resnet50",
            **how,
        )
        for seed in seeds.split(",")
        for scenario in ("class", "task")
        for name in chosen(strategies, scenario)
    ]
    if from_scratch:
        SCRATCH.make(wanted, processes)
        click.echo(SCRATCH.markdown(SCRATCH.write({"passes": passes})))
        return
    front = experiment.frozen_backbone_of(wanted[0])
    coded = feature_cache.load_features(front, load("cifar10"))
    TABLE.make(wanted, processes)
    summary = TABLE.write({"backbone": front.description, "ceiling": round(100 * probe(coded), 2)})
    click.echo(
        f"Ceiling: {summary[0]['ceiling']:.2f} %, {front.description}\n\n{TABLE.markdown(summary)}"
    )


def _memory(strategy: str) -> dict:
    own = {setting.name for setting in registry.strategy(strategy).settings("class")}
    return {"per_class": PER_CLASS} if "per_class" in own else {}


def probe(coded: feature_cache.FeatureSet) -> float:
    """Accuracy of the joint linear probe on the test images, a share in [0, 1]."""
    data, body = coded.dataset, QuantizedFeatures(coded.low.numel())
    x, y = body(data.train_images), data.train_labels
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    held, rest = order[:HELD_OUT], order[HELD_OUT:]
    best = max(RIDGES, key=lambda ridge: _right(_ridge(x[rest], y[rest], ridge), x[held], y[held]))
    return _right(_ridge(x, y, best), body(data.test_images), data.test_labels)


def _ridge(x: Tensor, y: Tensor, ridge: float) -> Tensor:
    x = F.pad(x, (0, 1), value=1.0).double()
    gram = x.T @ x
    gram.diagonal().add_(ridge * gram.diagonal().mean() / len(x))
    return torch.cholesky_solve(x.T @ F.one_hot(y).double(), torch.linalg.cholesky(gram))


def _right(weights: Tensor, x: Tensor, y: Tensor) -> float:
    return ((F.pad(x, (0, 1), value=1.0).double() @ weights).argmax(1) == y).double().mean().item()


if __name__ == "__main__":
    main()
