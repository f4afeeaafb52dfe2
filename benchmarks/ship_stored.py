"""Adds to shipped runs the bytes that their strategy stores, which older records lack.

    LIFELONG_DATA=... python -m benchmarks.ship_stored RUN ...

What a strategy stores does not depend on the number of steps: each task is learned for one. Writes
`stored.json` into the folder of each run; its other files stay as they are.
"""

import json

import click

from lifelong.events import TaskLearned
from lifelong.runs import store as run_store
from lifelong.runs import stored
from lifelong.runs.folders import SHIPPED
from lifelong.storage import atomic
from lifelong.training.experiment import Experiment


@click.command()
@click.argument("names", nargs=-1, required=True)
def main(names: tuple[str, ...]) -> None:
    """Writes the file of each named run."""
    for name in names:
        folder = SHIPPED / name
        experiment = Experiment(run_store.history(folder).config.with_changes(steps=1))
        rows = [event for event in experiment.events() if isinstance(event, TaskLearned)]
        content = json.dumps(rows[-1].stored)
        atomic.write_atomically(folder / stored.STORED_FILE, content.encode() + b"\n")
        click.echo(f"{name}\t{content}")


if __name__ == "__main__":
    main()
