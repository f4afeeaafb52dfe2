"""Measures what it costs to save a state within a task and to check a checkpoint when it is read.

    python -m benchmarks.state_costs [--times 10] [--out FILE]

For MNIST's network under three strategies and for a whole ResNet-50: bytes of the state, median
seconds to save it (copied, hashed, written and flushed to disk), and the share of training that
this takes at the default of 30 seconds, where saving is put off once it takes more than a
tenth. For a checkpoint: seconds to hash it the first time, and to find that it has not changed.
"""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import click

from lifelong import config as configs
from lifelong.runs import checkpoints, resume
from lifelong.runs import store as run_store
from lifelong.runs.folders import home
from lifelong.storage import checksums, tensor_files
from lifelong.training.experiment import Experiment

WHOLE = {"model": "resnet50", "network": {"weights": "none", "tune": "whole"}}
CASES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("MNIST finetune", {"strategy": "finetune"}),
    ("MNIST ewc", {"strategy": "ewc"}),
    ("MNIST replay", {"strategy": "replay"}),
    ("whole ResNet-50", {"strategy": "finetune", **WHOLE}),
)


def seconds(action: Callable[[], object]) -> float:
    """Returns the seconds that an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def measure(name: str, given: dict[str, Any], folder: Path, times: int) -> dict[str, Any]:
    """Returns the figures of one case."""
    config = configs.make(dataset="mnist-sample", tasks=2, steps=2, precision="fp32", **given)
    run_store.create(config, folder)
    experiment = Experiment(config, stop=lambda: experiment.step == 1)
    list(experiment.events())
    saving = [seconds(lambda: resume.save_within(folder, experiment)) for _ in range(times)]
    file = checkpoints.inference_file(folder, 0)
    tensor_files.write(file, experiment.strategy.inference_state_dict())
    first = seconds(lambda: checksums.of_file(file))
    again = median(seconds(lambda: checksums.of_file(file)) for _ in range(100))
    took = median(saving)
    every = max(resume.SECONDS, took / resume.SHARE)
    return {
        "case": name,
        "state_bytes": checkpoints.interrupted_file(folder).stat().st_size,
        "save_seconds": round(took, 4),
        "saved_every_seconds": round(every, 1),
        "share_percent": round(100 * took / every, 3),
        "checkpoint_bytes": file.stat().st_size,
        "hash_ms": round(1000 * first, 2),
        "unchanged_ms": round(1000 * again, 4),
    }


@click.command()
@click.option("--times", default=10, help="States saved in each case.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Keeps the figures.")
def main(times: int, out: Path | None) -> None:
    """Prints the figures of each case."""
    figures = []
    with tempfile.TemporaryDirectory(dir=home()) as folder:
        for at, (name, given) in enumerate(CASES):
            figures.append(measure(name, given, Path(folder) / str(at), times))
            click.echo(json.dumps(figures[-1]))
    if out:
        out.write_text(json.dumps({"times": times, "cases": figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()
