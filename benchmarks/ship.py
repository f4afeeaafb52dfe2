"""Makes the runs and studies that ship with the project, and checks their accuracy.

    LIFELONG_DATA=... python -m benchmarks.ship [RUN ...]

Runs the command of each run in `checkpoints/shipped.txt`, by default all, and removes the files
that are only needed to resume training. The checkpoints, in half precision, are evaluated on all
test images and must give the recorded accuracy to 0.1 point. Those of a whole deep network are made
compact instead, with a loss that is measured (`ship_compact.py`). Writes to `checkpoints/` and
prints one JSON object for each run.
"""

import json
import shlex
import shutil
import subprocess
import sys

import click

from benchmarks import ship_compact
from lifelong.inference import predict
from lifelong.runs import checkpoints
from lifelong.runs import store as run_store
from lifelong.runs.folders import SHIPPED
from lifelong.training import experiment
from lifelong.transfer import store as study_store


@click.command()
@click.argument("names", nargs=-1)
def main(names: tuple[str, ...]) -> None:
    """Makes the named runs, or all."""
    for line in (SHIPPED / "shipped.txt").read_text().splitlines():
        name, command = line.split("\t")
        if names and name not in names:
            continue
        shutil.rmtree(SHIPPED / name, ignore_errors=True)
        _python, *arguments = shlex.split(command)
        subprocess.run(
            [sys.executable, *arguments], cwd=SHIPPED.parent, check=True, stdout=subprocess.DEVNULL
        )
        click.echo(json.dumps({"run": name, **_checked(name)}))


def _checked(name: str) -> dict:
    if study_store.is_study(SHIPPED / name):
        return check_study(name)
    network = run_store.history(SHIPPED / name).config.network
    return ship_compact.record(SHIPPED / name) if network.get("tune") == "whole" else check(name)


def check_study(name: str) -> dict:
    """Returns the forward transfer of a study, in points, and its seconds."""
    result = study_store.result(SHIPPED / name)
    if not result.finished or "sample" in result.began.data:
        raise SystemExit(f"{name} did not finish on the whole data set; set LIFELONG_DATA.")
    (SHIPPED / name / ".lock").unlink(missing_ok=True)
    return {
        "forward_transfer": result.report(name)["forward_transfer"]["images"],
        "seconds": result.seconds,
    }


def check(name: str) -> dict:
    """Compares a run's recorded accuracy with that of its checkpoints.

    Returns the average accuracy, the seconds of training, the largest difference in points and the
    size of the checkpoints.
    """
    folder = SHIPPED / name
    history = ship_compact.finished(folder)
    ship_compact.remove_training_files(folder)
    tasks = experiment.Experiment(history.config).tasks
    worst = 0.0
    for after, row in enumerate(history.accuracy):
        found = ship_compact.accuracies(predict.load(folder, after), tasks, after)
        worst = max(worst, *(100 * abs(share - row[on]) for on, share in enumerate(found)))
    if worst > 0.1:
        raise SystemExit(
            f"{name}: half precision changed an accuracy by {worst:.2f} points; at most 0.1 "
            "is allowed."
        )
    size = sum(checkpoints.inference_file(folder, k).stat().st_size for k in range(len(tasks)))
    return {
        "average_accuracy": round(100 * history.measures()["average_accuracy"], 2),
        "seconds": history.seconds,
        "largest_difference_points": round(worst, 3),
        "megabytes": round(size / 1e6, 2),
    }


if __name__ == "__main__":
    main()
