"""Makes the compact checkpoints of a run that trained a whole network, and measures their loss.

    LIFELONG_DATA=... python -m benchmarks.ship_compact FOLDER [--out DIRECTORY]

FOLDER has the run with its whole checkpoints; OUT, by default FOLDER itself, gets `config.json`,
the record of the training with the checksums of the compact files, and these files, see
`lifelong/runs/compact.py`. Their metadata has the accuracy on each task so far over all test
images, with which `lifelong verify` compares. Adds a row to results/ship_compact.json and prints
it: accuracies in percent by task and on average, after every task, of the whole checkpoints (from
the record) and of the compact ones.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from benchmarks.tables import RESULTS
from lifelong.data.scenarios import Task
from lifelong.events import TaskLearned
from lifelong.inference import predict
from lifelong.runs import checkpoints, compact, integrity, journal
from lifelong.runs import store as run_store
from lifelong.runs.history import History
from lifelong.storage import atomic, checksums
from lifelong.strategies.base import Strategy, scores
from lifelong.training import evaluation, experiment

FILE = RESULTS / "ship_compact.json"
PREFIX = "network.features.0.network."  # of the backbone's tensors in a state for inference
CHANGES = 2_500_000  # bytes of the changes of its matrices, of each checkpoint
MOST_POINTS = 1.0  # that the average accuracy after a task may differ from the whole checkpoint's


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False))
def main(folder: Path, out: Path | None) -> None:
    """Makes them for one run."""
    click.echo(json.dumps(record(folder, out)))


def record(full: Path, out: Path | None = None) -> dict:
    """Writes the compact run, adds what was measured to FILE and returns it; see `make`."""
    row = make(full, out or full)
    rows = json.loads(FILE.read_text()) if FILE.exists() else {}
    rows[(out or full).name] = row
    FILE.write_text(json.dumps(dict(sorted(rows.items())), indent=1) + "\n")
    return row


def make(full: Path, out: Path) -> dict:
    """Writes the compact run and returns what was measured.

    Ends the program for a run that did not finish on the whole data set, and for a loss of more
    than MOST_POINTS.
    """
    history = finished(full)
    files = [checkpoints.inference_file(full, after) for after in range(len(history.learned))]
    whole_bytes = [file.stat().st_size for file in files]
    packed = dict(_packed(full, history, experiment.Experiment(history.config).tasks))
    write(full, out, {after: content for after, (content, _row) in packed.items()})
    whole = [_percent(row.accuracy) for row in history.learned]
    found = [_percent(row) for _content, row in packed.values()]
    losses = [_mean(a) - _mean(b) for a, b in zip(whole, found)]
    if max(map(abs, losses)) > MOST_POINTS:
        raise SystemExit(f"{full.name}: the compact form changed an average by {losses} points.")
    return {
        "test_images": history.started.images[1],
        "bytes": [len(content) for content, _row in packed.values()],
        "whole_bytes": whole_bytes,
        "whole": whole,
        "compact": found,
        "loss_of_average": [round(loss, 3) for loss in losses],
    }


def finished(folder: Path) -> History:
    """Returns what a run learned. Ends the program unless it finished on the whole data set."""
    history = run_store.history(folder)
    if "sample" in history.started.source or not history.finished:
        raise SystemExit(f"{folder.name} did not finish on the whole data set; set LIFELONG_DATA.")
    return history


def remove_training_files(folder: Path) -> None:
    """Removes the files that are only needed to resume training."""
    for extra in [*folder.glob("resume*"), folder / ".lock", folder / ".progress"]:
        extra.unlink(missing_ok=True)


def write(full: Path, out: Path, packed: dict[int, bytes]) -> None:
    """Writes the config, the record and the compact checkpoints of a run, by task."""
    history = run_store.history(full)
    events = [
        event.model_copy(update={"checksums": _checksums(event, packed)})
        if isinstance(event, TaskLearned)
        else event
        for event in history.events
        if event.event != "saved"
    ]
    out.mkdir(parents=True, exist_ok=True)
    config = (full / "config.json").read_bytes()
    remove_training_files(out)
    atomic.write_atomically(out / "config.json", config)
    for after, content in packed.items():
        atomic.write_atomically(checkpoints.inference_file(out, after), content)
    journal.rewrite(out / journal.RECORD_FILE, events)


def _checksums(event: TaskLearned, packed: dict[int, bytes]) -> dict[str, str]:
    name = checkpoints.inference_file(Path(), event.task).name
    return {name: checksums.of_bytes(packed[event.task])}


def _packed(
    full: Path, history: History, tasks: list[Task]
) -> Iterator[tuple[int, tuple[bytes, list[float]]]]:
    """Yields each task, the content of its compact file and the accuracies of that, by task."""
    backbone = str(history.config.network["weights"])
    for after in range(len(history.learned)):
        file = checkpoints.inference_file(full, after)
        state = integrity.read(file, history)[0]
        encoded = compact.encode(state, backbone, PREFIX, CHANGES)
        model = predict.untrained(history, after)
        model.load_inference_state_dict(compact.decode(encoded, backbone, PREFIX))
        row = accuracies(model, tasks, after)
        yield after, (compact.pack(encoded, backbone, PREFIX, row), row)


def accuracies(model: Strategy, tasks: list[Task], after: int) -> list[float]:
    """Returns the accuracy on the test images of each task so far, shares."""
    plan, tests = tasks[0].plan, [task.test for task in tasks[: after + 1]]
    return [evaluation.accuracy(plan, after, test, scores(model, test.images)) for test in tests]


def table() -> str:
    """Returns the table of docs/results.md, from FILE."""
    head = ["| run | after | whole | compact | loss, points | bytes |", "|---|---|---|---|---|---|"]
    rows = [
        f"| `{run}` | {after + 1} | {_mean(whole):.2f} | {_mean(found):.2f} |"
        f" {_mean(whole) - _mean(found):.2f} | {nbytes:,} |"
        for run, row in json.loads(FILE.read_text()).items()
        for after, (whole, found, nbytes) in enumerate(
            zip(row["whole"], row["compact"], row["bytes"])
        )
    ]
    return "\n".join([*head, *rows])


def _percent(row: tuple[float, ...] | list[float]) -> list[float]:
    return [round(100 * share, 2) for share in row]


def _mean(row: list[float]) -> float:
    return sum(row) / len(row)


if __name__ == "__main__":
    main()
