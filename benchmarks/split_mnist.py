"""Measures every strategy on Split MNIST and compares it with published accuracies.

    python -m benchmarks.split_mnist --seeds 0,1,2,3,4

Trains every strategy in every scenario with the paper recipe and default settings, one run on each
core. Every finished run is appended to results/split_mnist_runs.jsonl; a second call trains only
the missing ones. The summary is results/split_mnist.json: {strategy, scenario, n, mean, sem,
published, seconds}, accuracies in percent. Seconds are the median over runs of the CPU time of
training; a run has one thread, so this is its time on an idle machine.

    python -m benchmarks.split_mnist --orders published --scenarios domain --strategies
    finetune,ewc,si,lwf,agem

Uses the class orders of the published runs, seeds 2 to 21: the class order alone changes an
accuracy in the domain scenario by up to 20 points. Its files are
results/split_mnist_published_orders.json and _runs.jsonl.
"""

import click
import numpy as np

from benchmarks.tables import Table, names_for
from lifelong import config
from lifelong.datasets import load
from lifelong.errors import LifelongError

# van de Ven, Tuytelaars and Tolias, Nature Machine Intelligence 2022: average accuracy and its
# standard error, 20 seeds.
PUBLISHED = {
    # SI in the class scenario: published figures differ, from 21 to 24.
    "class": {
        "finetune": (19.89, 0.02),
        "joint": (98.17, 0.04),
        "ewc": (20.64, 0.52),
        "lwf": (21.89, 0.32),
        "replay": (88.79, 0.20),
        "agem": (65.10, 3.64),
        "icarl": (92.49, 0.12),
        "dgr": (90.35, 0.24),
        "bi-r": (94.41, 0.15),
        "generative-classifier": (93.82, 0.06),
    },
    "task": {
        "finetune": (84.32, 0.99),
        "joint": (99.67, 0.03),
        "separate": (99.57, 0.03),
        "xdg": (98.74, 0.29),
        "ewc": (99.06, 0.15),
        "si": (99.20, 0.11),
        "lwf": (99.60, 0.03),
        "replay": (98.98, 0.07),
        "agem": (98.56, 0.12),
        "dgr": (99.50, 0.03),
        "bi-r": (99.61, 0.03),
    },
    "domain": {
        "finetune": (60.13, 1.66),
        "joint": (98.59, 0.05),
        "ewc": (63.03, 1.58),
        "si": (66.94, 1.13),
        "lwf": (71.18, 1.42),
        "replay": (93.75, 0.24),
        "agem": (80.86, 1.40),
        "dgr": (95.57, 0.29),
        "bi-r": (97.26, 0.15),
    },
}
# Cumulative and joint training end with the same accuracy.
(
    PUBLISHED["task"]["cumulative"],
    PUBLISHED["domain"]["cumulative"],
    PUBLISHED["class"]["cumulative"],
) = (PUBLISHED[scenario]["joint"] for scenario in ("task", "domain", "class"))
TABLES = {
    "own": Table("split_mnist", PUBLISHED),
    "published": Table("split_mnist_published_orders", PUBLISHED),
}
# All five networks together are about as large as one of 400 units.
NETWORK = {"separate": {"units": 100}}
IN_README = ("finetune", "ewc", "lwf", "replay", "dgr", "joint")
SEEDS = {"own": "0,1,2,3,4", "published": ",".join(map(str, range(2, 22)))}


@click.command()
@click.option("--strategies", default="all", show_default=True)
@click.option("--scenarios", default="class,task,domain", show_default=True)
@click.option(
    "--orders",
    type=click.Choice(list(TABLES)),
    default="own",
    show_default=True,
    help="Class orders: of our seeds, or of the published runs.",
)
@click.option("--seeds", help="Separated by commas.  [default: 0 to 4; published orders: 2 to 21]")
@click.option(
    "--processes", type=int, help="Runs trained in parallel.  [default: the number of cores]"
)
def main(
    strategies: str, scenarios: str, orders: str, seeds: str | None, processes: int | None
) -> None:
    """Trains the missing runs and writes the summary."""
    if "sample" in load("mnist").source:
        raise LifelongError(
            "Split MNIST needs all of MNIST, but only the embedded sample was found; "
            "set LIFELONG_DATA."
        )
    table = TABLES[orders]
    table.make(
        [
            config.make(
                dataset="mnist",
                scenario=scenario,
                strategy=name,
                seed=seed,
                recipe="paper",
                network=NETWORK.get(name, {}),
                class_order=published_order(seed) if orders == "published" else None,
            )
            for seed in map(int, (seeds or SEEDS[orders]).split(","))
            for scenario in scenarios.split(",")
            for name in names_for(strategies, scenario)
        ],
        processes,
    )
    click.echo(table.markdown(table.write()))


def readme_table() -> str:
    """Returns the README's rows: our accuracy beside the published one, class-incremental."""
    rows = {r["strategy"]: r for r in TABLES["own"].summary() if r["scenario"] == "class"}
    lines = ["| strategy | here | published (20 seeds) |", "|---|---|---|"]
    for name in IN_README:
        (mean, sem), row = PUBLISHED["class"][name], rows[name]
        lines.append(
            f"| `{name}` | {row['mean']:.2f} ± {row['sem']:.2f} | {mean:.2f} ± {sem:.2f} |"
        )
    return "\n".join(lines)


def published_order(seed: int) -> tuple[int, ...]:
    """Returns the class order of a published run.

    The published program gives class c the label `permutation(10)[c]` of numpy's generator, with
    seed 0 unpermuted; classes are learned in the order of these labels.

    >>> published_order(2)
    (3, 1, 5, 6, 0, 2, 7, 4, 9, 8)
    """
    labels = np.arange(10) if seed == 0 else np.random.RandomState(seed).permutation(10)
    return tuple(np.argsort(labels).tolist())


if __name__ == "__main__":
    main()
