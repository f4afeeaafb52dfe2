"""Measures a training step beside competing processes.

    python -m benchmarks.contention [--steps 6] [--only NAME ...]

For the small network, which has one thread, and for a whole ResNet-50, which has as many as there
are cores: the mean and the longest step, alone and beside one and two processes that only multiply
matrices, each with one thread. The app trains with a niceness of 5: --nice 5. GOMP_SPINCOUNT=300000
in the environment is libgomp's own behaviour, see `lifelong/__init__.py`. Writes
benchmarks/results/contention.json and prints the table.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean
from typing import Any

import click

from benchmarks.pages import page_section

FILE = Path(__file__).parent / "results" / "contention.json"
CASES: dict[str, dict[str, Any]] = {
    "784-400-400": {"dataset": "mnist-sample", "recipe": "paper"},
    "whole ResNet-50": {
        "dataset": "mnist-sample",
        "model": "resnet50",
        "network": {"weights": "none", "tune": "whole"},
    },
}
COMPETITORS = (0, 1, 2)
COMPETE = "import torch; torch.set_num_threads(1); a = torch.rand(500, 500)\nwhile True: a @ a"


@contextmanager
def competing(count: int) -> Iterator[None]:
    """Within it so many other processes compute."""
    processes = [subprocess.Popen([sys.executable, "-c", COMPETE]) for _ in range(count)]
    try:
        if count:
            time.sleep(4)  # until they compute
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def step_seconds(given: dict[str, Any], steps: int) -> list[float]:
    """Returns the seconds of each step of a run after the first three."""
    from lifelong import config as configs
    from lifelong.training.experiment import Experiment

    experiment = Experiment(configs.make(tasks=2, steps=steps + 3, **given))
    ends = []
    for _step in experiment.train(experiment.tasks[0]):
        ends.append(time.perf_counter())
    return [after - before for before, after in zip(ends[2:], ends[3:])]


def measure(name: str, steps: int) -> list[dict[str, float]]:
    """Returns mean and longest step, in seconds, beside each number of competitors."""
    found = []
    for count in COMPETITORS:
        with competing(count):
            seconds = step_seconds(CASES[name], steps if "model" in CASES[name] else 25 * steps)
        found.append({"beside": count, "mean": mean(seconds), "longest": max(seconds)})
    return found


def table(found: dict[str, list[dict[str, float]]]) -> str:
    """Returns the figures as a Markdown table."""
    lines = ["| network | beside | a step, ms | longest, ms | x alone |", "|---|---|---|---|---|"]
    for name, rows in found.items():
        alone = rows[0]["mean"]
        lines += [
            f"| {name} | {row['beside']:.0f} | {1000 * row['mean']:.1f} |"
            f" {1000 * row['longest']:.1f} | {row['mean'] / alone:.2f} |"
            for row in rows
        ]
    return "\n".join(lines)


def section() -> str:
    """Returns the section of docs/benchmarks.md."""
    text = (
        "`python -m benchmarks.contention`: a step of training, alone and beside processes that"
        " only multiply matrices. Threads of a whole network wait for each other many times a step."
        " By libgomp's default they spin 300,000 times before they sleep, and keep the cores from"
        " each other; `import lifelong` sets 10,000 (`GOMP_SPINCOUNT`). In turns, beside one"
        " process: 4.01 and 5.84 s a step by default, 2.03 and 2.13 s with 10,000 (n = 5 each);"
        " beside two 3.34 and 2.01 s (n = 5); alone 0.88 and 0.89 s (three rounds of 8 steps)."
    )
    return page_section("Beside other processes", text, table(json.loads(FILE.read_text())))


@click.command(help=__doc__)
@click.option("--steps", default=20, show_default=True, help="25 times of the small one.")
@click.option("--nice", default=0, show_default=True, help="Niceness of the run.")
@click.option("--only", multiple=True, type=click.Choice(list(CASES)))
def main(steps: int, nice: int, only: tuple[str, ...]) -> None:
    os.nice(nice)
    found = json.loads(FILE.read_text()) if FILE.exists() else {}
    for name in only or CASES:
        found[f"{name}, niceness {nice}" if nice else name] = measure(name, steps)
    FILE.write_text(json.dumps(found, indent=1) + "\n")
    click.echo(table(found))


if __name__ == "__main__":
    main()
