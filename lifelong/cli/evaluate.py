"""Command `evaluate`: the checkpoints of runs evaluated anew, for records that lack the answers."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import rich_click as click

from ..runs import store as run_store
from . import progress
from .options import json_option


@click.command()
@click.argument("runs", nargs=-1, required=True)
@click.option(
    "--replace",
    is_flag=True,
    help="Replace accuracies that differ by up to 0.25 points, as those of checkpoints saved in "
    "half precision can.",
)
@json_option("list")
def evaluate(runs: Sequence[str], replace: bool, as_json: bool) -> int:
    """Evaluate the checkpoints of RUNS, and add to their records which class was taken for which.

    RUNS are ids from `runs`, or folders. A record whose accuracies are not those of the
    checkpoints, to the image, stays as it is, and the status is 2. What is compared beside them,
    the accuracies with the task label and before a task is learned, is never changed alone.
    """
    from ..inference import evaluation  # loads torch

    reports = []
    for name in runs:
        folder = run_store.named(name)
        differences = progress.result_with_bars(evaluation.reevaluate(folder, replace))
        agrees = evaluation.agrees(differences)
        replaced = not agrees and replace and evaluation.is_half_precision(differences)
        reports.append(
            {
                "run": folder.name,
                "written": agrees or replaced,
                "replaced": replaced,
                "differences": [asdict(d) for d in differences],
            }
        )
    if as_json:
        print(json.dumps(reports))
    else:
        print("\n".join(map(_line, reports)))
    return 0 if all(report["written"] for report in reports) else 2


def _line(report: dict) -> str:
    differing = [
        f"{d['measure'].replace('_', ' ')} after task {d['after'] + 1} on task {d['on'] + 1} by "
        f"{100 * d['share']:+.2f} points"
        for d in report["differences"]
    ]
    ending = "its answers are in the record" if report["written"] else "the record stays as it is"
    if report["replaced"]:
        ending += ", with the accuracies of its checkpoints"
    found = ", ".join(differing) or "all accuracies are the recorded ones"
    return f"{report['run']}: {found}; {ending}"
