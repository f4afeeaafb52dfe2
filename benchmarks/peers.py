"""Runs the authors' program and this library in turns and compares their seconds of training.

    LIFELONG_DATA=... python -m benchmarks.peers --peer FOLDER [--only NAME ...] [--rounds 3]

FOLDER is a checkout of github.com/GMvandeVen/continual-learning; its program is started unchanged,
beside torch it needs numpy, scipy, pandas, scikit-learn, matplotlib and tqdm (`--path` names a
folder that has them). Class scenario, five tasks of two digits, the paper's recipe with --steps
steps a task; each round runs the program, then this library in fp32, then as the app computes. Both
count training alone, with what a strategy does at the end of a task, without tests. Results are
added to benchmarks/results/peers.json; rounds that are there are not run again. Run it alone on the
machine.

joint is compared by the step: the program learns all classes once, this library at each of the
tasks.
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import mean
from typing import Any

import click

from benchmarks.pages import page_section

FILE = Path(__file__).parent / "results" / "peers.json"
TASKS = 5
# The program's arguments for each strategy.
STRATEGIES: dict[str, tuple[str, ...]] = {
    "finetune": (),
    "joint": ("--joint",),
    "ewc": ("--ewc",),
    "si": ("--si",),
    "lwf": ("--lwf",),
    "replay": ("--replay=buffer",),
    "agem": ("--agem",),
    "icarl": ("--icarl", "--active-classes=all-so-far"),
    "dgr": ("--replay=generative",),
    "bi-r": ("--brain-inspired",),
}
PRECISIONS = {"fp32": "fp32", "app": "auto"}
# torchvision's operators load beside few builds of torch; the program calls none of them.
START = (
    "import runpy, sys; from lifelong.numerics import torchvision_import;"
    " sys.path.insert(0, '.'); runpy.run_path('main.py', run_name='__main__')"
)


def peer(checkout: Path, packages: Path | None, strategy: str, steps: int) -> dict[str, float]:
    """Runs the program once; returns its seconds of training and its final average accuracy."""
    with tempfile.TemporaryDirectory() as folder:
        _unpack_mnist(Path(folder) / "MNIST" / "MNIST" / "raw")
        given = ["--experiment=splitMNIST", "--scenario=class", f"--iters={steps}", "--seed=0"]
        given += ["--time", "--no-save", f"--data-dir={folder}", f"--results-dir={folder}"]
        here = Path(__file__).parent.parent
        paths = [str(here), *([str(packages)] if packages else [])]
        subprocess.run(
            [sys.executable, "-c", START, *given, *STRATEGIES[strategy]],
            cwd=checkout,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        return {
            "seconds": float(next(Path(folder).glob("time-*.txt")).read_text()),
            "accuracy": float(next(Path(folder).glob("acc-*.txt")).read_text()),
        }


def _unpack_mnist(folder: Path) -> None:
    """Writes MNIST's files, unpacked, to where the program's torchvision looks for them."""
    folder.mkdir(parents=True)
    for file in (Path(os.environ["LIFELONG_DATA"]) / "MNIST" / "raw").glob("*.gz"):
        (folder / file.stem).write_bytes(gzip.decompress(file.read_bytes()))


def own(strategy: str, steps: int, precision: str) -> dict[str, float]:
    """Trains once by the command line; returns the same figures."""
    with tempfile.TemporaryDirectory() as folder:
        given = ["--scenario", "class", "--recipe", "paper", "--steps", str(steps)]
        given += ["--precision", precision, "--out", str(Path(folder) / "run"), "--json"]
        command = [sys.executable, "-m", "lifelong", "train", "--strategy", strategy, *given]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    result = json.loads(done.stdout.splitlines()[-1])
    return {"seconds": result["seconds"], "accuracy": result["average_accuracy"]}


def measure(
    checkout: Path, packages: Path | None, strategy: str, steps: int
) -> dict[str, dict[str, float]]:
    """Returns the figures of one round by who computed."""
    found = {"peer": peer(checkout, packages, strategy, steps)}
    return found | {who: own(strategy, steps, PRECISIONS[who]) for who in PRECISIONS}


def ratios(rounds: list[dict[str, Any]], strategy: str, who: str) -> list[float]:
    """Returns for each round the program's seconds by this library's, of a step for joint."""
    more = TASKS if strategy == "joint" else 1
    return [more * each["peer"]["seconds"] / each[who]["seconds"] for each in rounds]


def table(results: dict[str, Any]) -> str:
    """Returns the ratios as a Markdown table: means, with the lowest and the highest."""
    lines = [
        "| strategy | steps | rounds | program, s | fp32, s | as the app, s | fp32 | as the app |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for strategy in STRATEGIES:
        for steps, rounds in sorted(results.get(strategy, {}).items(), key=lambda x: int(x[0])):
            seconds = [
                f"{mean(each[who]['seconds'] for each in rounds):.1f}"
                for who in ("peer", *PRECISIONS)
            ]
            found = [ratios(rounds, strategy, who) for who in PRECISIONS]
            times = [f"{mean(r):.1f} ({min(r):.1f} to {max(r):.1f})" for r in found]
            cells = [f"`{strategy}`", str(TASKS * int(steps)), str(len(rounds)), *seconds, *times]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def section() -> str:
    """Returns the section of docs/benchmarks.md."""
    text = (
        "`python -m benchmarks.peers --peer FOLDER`: the program of van de Ven et al. (2022),"
        " unchanged, and this library in turns, alone on the machine; seconds of training, class"
        " scenario, the paper's recipe. Steps are those of all five tasks: with fewer than the"
        " paper's 10,000, what a strategy does once a task weighs more. The last two columns are"
        " the program's seconds by this library's, mean (lowest to highest) of the rounds; `joint`"
        " by the step, because the program learns all classes once. The program uses both cores."
    )
    return page_section("Beside the authors' program", text, table(json.loads(FILE.read_text())))


@click.command(help=__doc__)
@click.option("--peer", "checkout", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--path", "packages", type=click.Path(exists=True, path_type=Path))
@click.option("--only", multiple=True, type=click.Choice(list(STRATEGIES)))
@click.option("--rounds", default=3, show_default=True)
@click.option("--steps", default=2000, show_default=True, help="A task.")
def main(
    checkout: Path, packages: Path | None, only: tuple[str, ...], rounds: int, steps: int
) -> None:
    results = json.loads(FILE.read_text()) if FILE.exists() else {}
    for number in range(rounds):
        for strategy in only or STRATEGIES:
            done = results.setdefault(strategy, {}).setdefault(str(steps), [])
            if len(done) <= number:
                done.append(measure(checkout, packages, strategy, steps))
                FILE.write_text(json.dumps(results, indent=1) + "\n")
                click.echo(f"{strategy}: {done[-1]}")
    click.echo(table(results))


if __name__ == "__main__":
    main()
