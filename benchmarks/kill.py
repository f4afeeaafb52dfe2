"""Kills training by SIGKILL at random moments and compares the end with that of one never killed.

    python -m benchmarks.kill [--kills 100] [--seed 0] [--out FILE]

Three kinds of cases, in turns: every strategy with one scenario each, MNIST's network on the
embedded sample; whole deep networks; and the app's worker process, which is killed while its client
waits for a run. A process learns, is killed after a random part of the time that the run takes, and
the next one goes on, LIVES times; then one learns to the end. Checkpoints must have the bytes of a
run that was never killed, and states to resume from its tensors. States within a task are saved
ten times a second. Prints one JSON object: kills by kind, runs that ended otherwise, what was
lost by each kill (seconds between the newest state and the kill), and where kills hit.
"""

import contextlib
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import click
import torch

from lifelong import config as configs
from lifelong import registry
from lifelong.config import RunConfig
from lifelong.errors import LifelongError
from lifelong.events import Saved
from lifelong.runs import checkpoints, resume
from lifelong.runs import store as run_store
from lifelong.service.worker_client import WorkerClient
from lifelong.storage import tensor_files

LIVES = 3  # kills of a run
EARLIEST = 0.02  # seconds
EVERY = 0.1  # seconds between two states within a task
DEEP = {"weights": "none", "units": 8, "tune": "whole"}
WHOLE = (("finetune", "class"), ("replay", "class"), ("hat", "task"), ("si", "domain"))
WORKER = (("ewc", "class"), ("replay", "task"))
fork = multiprocessing.get_context("fork")  # torch is imported once


@dataclass
class Figures:
    """Figures of all cases.

    kills: by kind of case. different: ids of runs that ended with other bytes. lost: seconds of
    training that each kill cost. hit: kills by what the record ended with.
    """

    kills: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    different: list[str] = field(default_factory=list)
    lost: list[float] = field(default_factory=list)
    hit: Counter[str] = field(default_factory=Counter)

    def report(self, seconds: float) -> dict[str, Any]:
        """Returns the figures as JSON values."""
        return {
            "kills": self.kills.total(),
            "by_kind": dict(self.kills),
            "runs": self.runs,
            "different": self.different,
            "lost_median_seconds": round(median(self.lost), 3),
            "lost_most_seconds": round(max(self.lost), 3),
            "states_within_a_task": self.hit["within"],
            "hit": dict(self.hit),
            "seconds": round(seconds, 1),
        }


def cases() -> Iterator[tuple[str, RunConfig]]:
    """Yields the kind and the configuration of each case."""
    small = {"dataset": "mnist-sample", "tasks": 3, "steps": 60, "precision": "fp32"}
    names = registry.names("strategies")
    for at, name in enumerate(names):
        scenarios = sorted(registry.strategy(name).scenarios)
        scenario = scenarios[at % len(scenarios)]
        yield "strategy", configs.make(strategy=name, scenario=scenario, **small)
    for name, scenario in WHOLE:
        deep = {"tasks": 2, "steps": 4, "model": "resnet18", "network": DEEP}
        yield "whole network", configs.make(strategy=name, scenario=scenario, **{**small, **deep})
    for name, scenario in WORKER:
        given = {**small, "steps": 400, "tasks": 2}
        yield "worker", configs.make(strategy=name, scenario=scenario, **given)


def learn(folder: Path) -> None:
    """Learns a run to its end, however long the saving of states takes."""
    torch.set_num_threads(1)
    resume.SHARE = float("inf")
    with contextlib.suppress(LifelongError):
        for _event in run_store.learn(folder):
            pass


def in_process(folder: Path, seconds: float | None = None) -> float:
    """Learns in another process, which is killed after so many seconds; returns the seconds."""
    began = time.perf_counter()
    process = fork.Process(target=learn, args=(folder,))
    process.start()
    process.join(seconds)
    if process.is_alive() and process.pid is not None:
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    return time.perf_counter() - began


def in_worker(folder: Path, seconds: float | None = None) -> float:
    """Learns in the app's worker, which is killed so many seconds after it began to learn."""
    worker = WorkerClient()
    worker.learn(folder)
    _until(lambda: worker.seconds_at_work(folder) is not None or not worker.queue())
    began = time.perf_counter()
    with contextlib.suppress(TimeoutError):
        _until(lambda: worker.queue_position(folder) is None, seconds or 600)
    if worker.process is not None and worker.queue_position(folder) is not None:
        os.kill(worker.process.pid, signal.SIGKILL)
        worker.process.wait()
    took = time.perf_counter() - began
    worker.close()
    return took


def _until(condition: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.005)


def kill_case(kind: str, config: RunConfig, dice: random.Random, figures: Figures) -> None:
    """Learns a run with kills and one without, and compares them."""
    run = in_worker if kind == "worker" else in_process
    whole, killed = run_store.create(config), run_store.create(config)
    takes = run(whole)
    for _ in range(LIVES):
        run(killed, max(EARLIEST, dice.uniform(0, 0.8) * takes))
        if run_store.history(killed).finished:
            break
        figures.kills[kind] += 1
        _note(killed, figures)
    run(killed)
    figures.runs += 1
    if not same(whole, killed):
        figures.different.append(f"{kind}: {config.strategy} {config.scenario}")


def _note(folder: Path, figures: Figures) -> None:
    """Adds what a kill hit and what it cost."""
    history, now = run_store.history(folder), time.time()
    position = resume.position(folder, history)
    figures.hit[history.events[-1].event if history.events else "nothing"] += 1
    figures.hit["within"] += position.step > 0
    states = [checkpoints.interrupted_file(folder), *folder.glob("resume-*")]
    files = [file for file in states if file.exists()]
    begun = (folder / "config.json").stat().st_mtime
    newest = max((file.stat().st_mtime for file in files), default=begun)
    if history.all_of(Saved) or files:
        figures.lost.append(max(0.0, now - newest))


def same(one: Path, other: Path) -> bool:
    """Returns whether two runs have the same checkpoints, and states with the same tensors."""
    names = [{file.name for file in folder.glob("*.safetensors")} for folder in (one, other)]
    if names[0] != names[1] or not names[0]:
        return False
    for name in names[0]:
        if name.startswith("task-"):
            if (one / name).read_bytes() != (other / name).read_bytes():
                return False
            continue
        a, b = (tensor_files.read(folder / name)[0] for folder in (one, other))
        if a.keys() != b.keys() or not all(torch.equal(a[key], b[key]) for key in a):
            return False
    return True


@click.command()
@click.option("--kills", default=100, help="At least so many kills, unless all cases had turns.")
@click.option("--seed", default=0, help="Of the moments.")
@click.option("--only", default="", help="Cases of this kind alone.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Keeps the figures.")
def main(kills: int, seed: int, only: str, out: Path | None) -> None:
    """Kills, and prints the figures."""
    began, dice, figures = time.perf_counter(), random.Random(seed), Figures()
    os.environ[resume.SECONDS_VARIABLE] = str(EVERY)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LIFELONG_RUNS"] = folder
        while figures.kills.total() < kills:
            for kind, config in cases():
                if only in kind:
                    kill_case(kind, config, dice, figures)
                    print(kind, config.strategy, figures.kills.total(), file=sys.stderr)
    report = {"seed": seed, **figures.report(time.perf_counter() - began)}
    click.echo(json.dumps(report))
    if out:
        out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
