"""Makes the runs and the study that ship with the project, each by its own command in
`checkpoints/shipped.txt`, and checks them.

    python -m benchmarks.ship [RUN ...]

Each command is run as written; what learning on would need is then removed. The weights on disk, in
half precision, are evaluated on all test images and must give the recorded accuracy to 0.1 point.
Prints one JSON object a run.
"""

import json
import shlex
import shutil
import subprocess
import sys

import click

from lifelong.inference import predict
from lifelong.runs import checkpoints
from lifelong.runs import store as run_store
from lifelong.runs.folders import SHIPPED
from lifelong.strategies import base
from lifelong.training import evaluation, experiment
from lifelong.transfer import store as study_store


@click.command()
@click.argument("names", nargs=-1)
def main(names: tuple[str, ...]) -> None:
    """Makes the runs named, or all of them."""
    for line in (SHIPPED / "shipped.txt").read_text().splitlines():
        name, command = line.split("\t")
        if names and name not in names:
            continue
        shutil.rmtree(SHIPPED / name, ignore_errors=True)
        _python, *arguments = shlex.split(command)
        subprocess.run(
            [sys.executable, *arguments], cwd=SHIPPED.parent, check=True, stdout=subprocess.DEVNULL
        )
        told = check_study(name) if study_store.is_study(SHIPPED / name) else check(name)
        click.echo(json.dumps({"run": name, **told}))


def check_study(name: str) -> dict:
    """What a study found of forward transfer, in points."""
    found = study_store.result(SHIPPED / name)
    if not found.finished or "sample" in found.began.data:
        raise SystemExit(
            f"{name} was not learned to its end from the whole data set; set LIFELONG_DATA."
        )
    (SHIPPED / name / ".lock").unlink(missing_ok=True)
    return {
        "forward_transfer": found.report(name)["forward_transfer"]["images"],
        "seconds": found.seconds,
    }


def check(name: str) -> dict:
    """The largest difference, in points, between the recorded accuracy and that of the weights on
    disk.
    """
    at = SHIPPED / name
    story = run_store.history(at)
    if "sample" in story.started.source or not story.finished:
        raise SystemExit(
            f"{name} was not learned to its end from the whole data set; set LIFELONG_DATA."
        )
    for extra in [*at.glob("resume*"), at / ".lock"]:
        extra.unlink(missing_ok=True)
    tasks = experiment.Experiment(story.config).tasks
    worst = 0.0
    for after, row in enumerate(story.accuracy):
        model = predict.load(at, after)
        for on in range(after + 1):
            test = tasks[on].test
            share = evaluation.accuracy(tasks[0].plan, after, test, base.scores(model, test.images))
            worst = max(worst, 100 * abs(share - row[on]))
    if worst > 0.1:
        raise SystemExit(
            f"{name}: half precision changed an accuracy by {worst:.2f} points; at most 0.1 "
            "is allowed."
        )
    size = sum(checkpoints.inference_file(at, k).stat().st_size for k in range(len(tasks)))
    return {
        "average_accuracy": round(100 * story.measures()["average_accuracy"], 2),
        "seconds": story.seconds,
        "largest_difference_points": round(worst, 3),
        "megabytes": round(size / 1e6, 2),
    }


if __name__ == "__main__":
    main()
