"""Worker process, which trains one run at a time beside the process that serves pages.

`python -m lifelong.service.worker` reads one JSON object a line from standard input:
{"learn": folder, "until": task or null, "job": id} learns the run, study or challenge of a
folder,
{"stop": id} stops that job, {"load": data set} reads a data set before it is needed,
{"prepare": folder} all that a run learns from, unless that takes minutes.
It answers {"began": id} and {"ended": id} on standard output, with an "error" where there was one;
all else is in the run's record.
A job that was stopped before its turn is answered by "ended" alone. When its standard input closes,
the worker saves what was learned and exits.
"""

import contextlib
import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from .. import datasets
from ..config import RunConfig
from ..data.examples import Dataset
from ..errors import LifelongError
from ..runs import store as run_store
from ..transfer import store as study_store
from . import challenges, limits

Message = dict[str, Any]


class JobQueue:
    """Messages to the worker in order of arrival, filled by the thread that reads standard input.

    Jobs are identified by the id of their order, not by their folder: a run that was stopped while
    it waited and was ordered anew is two jobs.
    """

    def __init__(self) -> None:
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._stopped: set[int] = set()
        self._closed = threading.Event()

    def read(self, lines: Iterable[str]) -> None:
        """Reads messages, one JSON object a line, until the lines end; then closes the queue."""
        for line in lines:
            message = json.loads(line)
            if "stop" in message:
                self._stopped.add(message["stop"])
            else:
                self._messages.put(message)
        self._closed.set()
        self._messages.put(None)

    def __iter__(self) -> Iterator[Message]:
        """Yields the messages; waits for the next one and ends when the queue closes."""
        while (message := self._messages.get()) is not None and not self._closed.is_set():
            yield message

    def has_message(self) -> bool:
        """Returns whether there is a message to be worked on, or the queue is closed."""
        return not self._messages.empty()

    def is_stopped(self, job: int) -> bool:
        """Returns whether this job, or every job, is to stop."""
        return self._closed.is_set() or job in self._stopped


def main() -> None:
    """Processes the jobs one after the other."""
    with contextlib.suppress(AttributeError, OSError):
        os.nice(5)  # a drawing is answered first
    answers, sys.stdout = sys.stdout, sys.stderr  # what others print is no answer
    _warm_up()
    jobs = JobQueue()
    threading.Thread(target=jobs.read, args=(sys.stdin,), daemon=True).start()
    for message in jobs:
        if "load" in message:
            # The run that learns from this data set reports the error.
            with contextlib.suppress(LifelongError):
                load_beforehand(message["load"], jobs)
        elif "prepare" in message:
            with contextlib.suppress(LifelongError):
                prepare_beforehand(Path(message["prepare"]), jobs)
        else:
            _work(message, jobs, answers)


def load_beforehand(dataset: str, jobs: JobQueue) -> None:
    """Loads a data set into memory, until a job comes: the job's record shows the progress."""
    for _event in datasets.load_with_progress(dataset):
        if jobs.has_message():
            return


def prepare_beforehand(folder: Path, jobs: JobQueue) -> None:
    """Loads images, features and backbone of a run, until a job comes; extracts no features."""
    from ..events import ExtractingFeatures
    from ..training import setup

    config = run_store.history(folder).config
    for event in setup.prepare(config):
        if jobs.has_message() or isinstance(event, ExtractingFeatures):
            return
    backbone = setup.frozen_backbone_of(config)
    if backbone is not None:
        import torch

        with torch.no_grad():
            backbone(torch.zeros(1, 3, 32, 32, dtype=torch.uint8))


def _work(message: Message, jobs: JobQueue, answers: TextIO) -> None:
    job, error = message["job"], None
    if not jobs.is_stopped(job):
        _answer(answers, began=job)
        stop = limits.until_limit(lambda: jobs.is_stopped(job))
        error = _learn(Path(message["learn"]), message["until"], stop)
    _answer(answers, ended=job, **({"error": error} if error else {}))


def _learn(folder: Path, until: int | None, stop: Callable[[], bool]) -> str | None:
    """Learns a run, study or challenge; returns the sentence of an error."""
    try:
        if challenges.is_challenge(folder):
            challenges.learn(folder)
            return None
        for _event in (
            study_store.learn(folder, stop)
            if study_store.is_study(folder)
            else run_store.learn(folder, until, stop)
        ):
            pass
    except LifelongError as error:  # it is in the record, too, if that can be written to
        print(error, file=sys.stderr)
        return str(error)
    return None


def _answer(to: TextIO, **message: int | str) -> None:
    print(json.dumps(message), file=to, flush=True)


def _warm_up() -> None:
    """Loads all that a first step loads, so that a click is answered by training, not imports."""
    import torch

    from ..training.experiment import Experiment

    images, labels = torch.zeros(4, 1, 28, 28, dtype=torch.uint8), torch.tensor([0, 1, 0, 1])
    blank = Dataset("mnist", "", "", ("0", "1"), images, labels, images, labels)
    for _event in Experiment(RunConfig(tasks=1, steps=1), blank).events():
        pass


if __name__ == "__main__":
    main()
