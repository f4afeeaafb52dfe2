"""The process that trains: kept warm beside the one that serves pages, one run at a time.

`python -m lifelong.service.worker` reads one JSON object a line: {"learn": folder, "until": task or null},
{"stop": folder} or {"load": data set}, which has a data set in memory before it is needed. The folder is a run's or a
study's. It answers {"began": folder} and {"ended": folder} on standard output; all else that happens is in its record.
When its standard input closes, it keeps what was learned and ends.
"""

import contextlib
import json
import os
import queue
import sys
import threading
from pathlib import Path
from typing import TextIO

from .. import datasets
from ..config import RunConfig
from ..data.examples import Dataset
from ..errors import LifelongError
from ..runs import store as run_store
from ..transfer import store as study_store


class Jobs:
    """What is to be learned and what is to be stopped, filled by the thread that reads standard input."""

    def __init__(self) -> None:
        self.waiting: queue.Queue[dict | None] = queue.Queue()
        self.stopped: set[str] = set()
        self.closing = threading.Event()

    def read(self, lines) -> None:
        """Takes in one line after the other, until there are no more."""
        for line in lines:
            said = json.loads(line)
            if "stop" in said:
                self.stopped.add(said["stop"])
            else:
                self.stopped.discard(said.get("learn"))
                self.waiting.put(said)
        self.closing.set()
        self.waiting.put(None)


def main() -> None:
    """Works through the jobs, one after the other."""
    with contextlib.suppress(AttributeError, OSError):
        os.nice(5)  # a drawing is answered first
    answers, sys.stdout = sys.stdout, sys.stderr  # what others print is no answer
    _warm_up()
    jobs = Jobs()
    threading.Thread(target=jobs.read, args=(sys.stdin,), daemon=True).start()
    while (job := jobs.waiting.get()) is not None and not jobs.closing.is_set():
        if "load" in job:
            with contextlib.suppress(LifelongError):  # told to whoever learns from it
                datasets.load(job["load"])
            continue
        _say(answers, began=job["learn"])
        _learn(
            Path(job["learn"]),
            job["until"],
            lambda: jobs.closing.is_set() or job["learn"] in jobs.stopped,
        )
        _say(answers, ended=job["learn"])


def _learn(at: Path, until: int | None, stop) -> None:
    if stop():
        return
    try:
        for _event in (
            study_store.learn(at, stop)
            if study_store.is_study(at)
            else run_store.learn(at, until, stop)
        ):
            pass
    except LifelongError as error:  # the record tells it too
        print(error, file=sys.stderr)


def _say(to: TextIO, **message: str) -> None:
    print(json.dumps(message), file=to, flush=True)


def _warm_up() -> None:
    """Loads all that a first step loads, so that a click is answered by training and not by imports."""
    import torch

    from ..training.experiment import Experiment

    images, labels = torch.zeros(4, 1, 28, 28, dtype=torch.uint8), torch.tensor([0, 1, 0, 1])
    blank = Dataset("mnist", "", "", ("0", "1"), images, labels, images, labels)
    for _event in Experiment(RunConfig(tasks=1, steps=1), blank).events():
        pass


if __name__ == "__main__":
    main()
