"""Measures strategies on Split CIFAR-10 with features of a backbone that never saw CIFAR-10.

    python -m benchmarks.control --tenths 5 --seeds 0,1,2

The features are those of teacher_features.py; with fewer than ten --tenths, training and test
images are a fixed part. All else is as in split_cifar10.py. Its files are
results/split_cifar10_control.json and _runs.jsonl; the linear ceilings are of these images, on the
features of the control and on those of the backbone that ships.

    python -m benchmarks.control --tenths 5 --seeds 0,1,2 --scenarios class --first-task

Sets the ranges of the features, whose ends are the bytes 0 and 255, from the images of a run's
first task alone, in place of all training images. Its files are
results/split_cifar10_first_task.json and _runs.jsonl.
"""

from dataclasses import replace
from functools import partial

import click

from benchmarks import split_cifar10, teacher_features
from benchmarks.tables import Table, cell
from lifelong import config
from lifelong.data.examples import Dataset
from lifelong.datasets import load
from lifelong.models.parts.feature_cache import FeatureSet
from lifelong.storage.progress import result_of
from lifelong.training import setup

TABLE = Table("split_cifar10_control", split_cifar10.NOTHING_PUBLISHED)
FIRST_TASK = Table("split_cifar10_first_task", split_cifar10.NOTHING_PUBLISHED)
STRATEGIES = "ncm,slda,analytic,joint,replay,finetune,er-ace"


@click.command()
@click.option("--strategies", default=STRATEGIES, show_default=True)
@click.option("--seeds", default="0,1,2,3,4", show_default=True)
@click.option("--scenarios", default="class,task", show_default=True)
@click.option("--tenths", type=click.IntRange(1, 10), default=10, show_default=True)
@click.option("--first-task", is_flag=True, help="Ranges from the images of the first task alone.")
@click.option("--processes", type=int, default=1, show_default=True)
def main(
    strategies: str, seeds: str, scenarios: str, tenths: int, first_task: bool, processes: int
) -> None:
    """Extracts the features, trains the missing runs and writes the summary."""
    dataset = load("cifar10")
    for done, files in teacher_features.extract(dataset, tenths):
        click.echo(f"{done} of {files} files of features", err=True)
    # Of this model only the layers on top are used.
    network = {"weights": "none"}
    table = FIRST_TASK if first_task else TABLE
    table.make(
        split_cifar10.configs_of(strategies, scenarios, seeds, split_cifar10.STEPS, network),
        processes,
        race=partial(teacher_features.race, tenths=tenths, first_task=first_task),
    )
    table.write(_facts(dataset, tenths, not first_task))
    click.echo(ranges_markdown() if first_task else markdown())


def _facts(dataset: Dataset, tenths: int, with_ceilings: bool) -> dict:
    """Returns the fields of every row of a summary: backbone, images, linear ceilings."""
    features = teacher_features.load(dataset, tenths)
    facts = {
        "backbone": teacher_features.DESCRIPTION,
        "images": len(features.dataset.train_labels),
        "tested": len(features.dataset.test_labels),
    }
    if not with_ceilings:
        return facts
    return facts | {
        "ceiling": _ceiling(features),
        "shipped_ceiling": _ceiling(shipped(dataset, tenths)),
    }


def shipped(dataset: Dataset, tenths: int) -> FeatureSet:
    """Returns the features of the backbone that ships, of a part of the images."""
    run = config.make(dataset="cifar10", model="resnet50")
    features = result_of(setup.prepare(run, dataset)).features
    train, test = (teacher_features.positions(dataset, s, tenths) for s in ("train", "test"))
    every = features.dataset
    part = replace(
        every,
        train_images=every.train_images[train],
        train_labels=every.train_labels[train],
        test_images=every.test_images[test],
        test_labels=every.test_labels[test],
    )
    return replace(features, dataset=part)


def _ceiling(features: FeatureSet) -> float:
    """Returns the accuracy in percent of a ridge classifier, trained on all classes at once."""
    return round(100 * split_cifar10.probe_accuracy(features), 2)


def markdown() -> str:
    """Returns the control's accuracies as a Markdown table, beside those of the frozen table."""
    return _side_by_side((split_cifar10.TABLE, TABLE), ("shipped", "control"), ("class", "task"))


def ranges_markdown() -> str:
    """Returns the accuracies with both kinds of ranges as a Markdown table."""
    return _side_by_side((TABLE, FIRST_TASK), ("of all tasks", "of the first task"), ("class",))


def _side_by_side(
    tables: tuple[Table, Table], names: tuple[str, str], scenarios: tuple[str, ...]
) -> str:
    """Returns two tables as one, of the strategies of the second."""
    rows = [
        {(row["strategy"], row["scenario"]): row | {"published": None} for row in table.summary()}
        for table in tables
    ]
    columns = [f"{scenario}, {name}" for scenario in scenarios for name in names]
    lines = [f"| strategy | {' | '.join(columns)} | n |", "|---" * (len(columns) + 2) + "|"]
    for strategy in sorted({strategy for strategy, _scenario in rows[1]}):
        found = [each.get((strategy, scenario)) for scenario in scenarios for each in rows]
        n = ", ".join(dict.fromkeys(str(row["n"]) for row in found if row))
        lines.append(f"| `{strategy}` | {' | '.join(map(cell, found))} | {n} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
