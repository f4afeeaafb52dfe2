"""Measures a sweep on a Ray cluster: what a run costs beside its training, and a node that dies.

    LIFELONG_DATA=... python -m benchmarks.cluster [--runs 200] [--cores 2]

Alone on the machine. A grid of quick runs (fine-tuning, seeds 0, 1, ...) is learned in this
process, on a Ray cluster of one core, and on one of several. Then a cluster of three nodes learns a
grid, and one node is killed in the middle; its checkpoints must be those of the first grid to the
bit. Writes benchmarks/results/cluster.json and the figures in docs/cluster.md; with --no-measure
only the document, from that file. A `remark` on the circumstances may be added to it by hand.
"""

import hashlib
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import click

from lifelong.formatting import plural
from lifelong.runs import store
from lifelong.storage.progress import result_of
from lifelong.sweeps import cluster, results
from lifelong.sweeps import grid as grids
from lifelong.sweeps import sweep as sweeps

RESULTS = Path(__file__).parent / "results"
FILE, TABLE = RESULTS / "cluster.json", RESULTS / "split_mnist.json"
PAGE = Path(__file__).parent.parent / "docs" / "cluster.md"
HEAD = "## What it costs\n"
PUBLISHED_SEEDS, CORES = 20, 100
NODES = 3
KILL_AT = 0.4  # share of the grid that is learned when a node is killed


def planned(folder: Path, runs: int) -> tuple[list[grids.Planned], list[Path]]:
    """Returns a grid of quick runs of MNIST and their folders."""
    grid = grids.make({"strategies": ["finetune"], "seeds": runs, "dataset": "mnist"})
    found, _ = grids.plan(grid)
    return found, sweeps.create(found, folder)


def learned_here(folder: Path, runs: int) -> dict[str, Any]:
    """Learns a grid in this process alone; returns its seconds."""
    found, folders = planned(folder, runs)
    began = time.perf_counter()
    for update in sweeps.learn(folders, width=1):
        assert not update.error, update.error
    return _report("this process", found, folders, began)


def learned_on_ray(
    folder: Path, runs: int, cores: int, on_update: Callable[[float], None] = lambda share: None
) -> dict[str, Any]:
    """Learns a grid on the connected cluster; returns its seconds.

    on_update: is called with the share of the grid that is learned.
    """
    found, folders = planned(folder, runs)
    began = time.perf_counter()
    shares: dict[str, float] = {}
    for update in result_of(sweeps.learn_on_cluster(folders, cluster.Resources())):
        assert not update.error, update.error
        shares[update.run] = update.share
        on_update(sum(shares.values()) / runs)
    return _report(f"Ray, {plural(cores, 'core')}", found, folders, began)


def _report(
    name: str, found: list[grids.Planned], folders: list[Path], began: float
) -> dict[str, Any]:
    seconds = time.perf_counter() - began
    assert all(map(sweeps.is_finished, folders))
    training = sum(store.history(folder).seconds for folder in folders)
    (row,) = results.rows(found, folders)
    print(f"{name}: {len(folders)} runs in {seconds:.1f} s, {training:.1f} s of training")
    return {
        "name": name,
        "runs": len(folders),
        "seconds": round(seconds, 2),
        "training_seconds": round(training, 2),
        "average_accuracy": row["mean"]["average_accuracy"],
        "digest": _digest(folders),
    }


def _digest(folders: list[Path]) -> str:
    """Returns a hash of all checkpoints for inference."""
    digest = hashlib.blake2b(digest_size=8)
    for folder in folders:
        for file in sorted(folder.glob("task-*.safetensors")):
            digest.update(file.read_bytes())
    return digest.hexdigest()


@contextmanager
def nodes(count: int) -> Iterator[Any]:
    """Within it, this process is connected to a cluster of nodes of one core each."""
    import ray
    from ray.cluster_utils import Cluster

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    local = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    workers = [local.add_node(num_cpus=1) for _ in range(count)]
    ray.init(address=local.address, log_to_driver=False, logging_level="ERROR")
    try:
        yield local, workers
    finally:
        ray.shutdown()
        local.shutdown()


def with_a_node_killed(folder: Path, runs: int) -> dict[str, Any]:
    """Learns a grid on three nodes and kills one of them in the middle."""
    with nodes(NODES) as (local, workers):
        killed: list[float] = []

        def kill(share: float) -> None:
            if share > KILL_AT and not killed:
                killed.append(share)
                local.remove_node(workers[0], allow_graceful=False)

        report = learned_on_ray(folder, runs, NODES, kill)
    assert killed
    return {**report, "name": f"{NODES} nodes, one killed", "killed_at": round(killed[0], 3)}


def document(report: dict[str, Any]) -> str:
    """Returns the section of the document about the figures."""
    here, one, *several, killed = report["sweeps"]
    more = several[0]
    overhead = (one["seconds"] - here["seconds"]) / here["runs"]
    speedup = one["seconds"] / more["seconds"]
    runs = here["runs"]
    rows = [row for row in json.loads(TABLE.read_text()) if row.get("published") is not None]
    training = PUBLISHED_SEEDS * sum(row["seconds"] for row in rows)
    total = training + PUBLISHED_SEEDS * len(rows) * max(overhead, 0)
    rows_of_sweeps = [
        f"| {each['name']} | {each['seconds']:.0f} | {each['training_seconds']:.0f} |"
        for each in report["sweeps"]
    ]
    lines = [
        f"`python -m benchmarks.cluster`, alone on a machine of {report['cores']} cores,"
        f" {report['measured']}: {runs} quick runs of fine-tuning on MNIST, the same bits in all.",
        "",
        "| where | seconds | of training |",
        "|---|---|---|",
        *rows_of_sweeps,
        "",
        f"On one core of Ray a run takes {overhead:.2f} s more than in one process, where a second"
        f" core helps; {more['name'].removeprefix('Ray, ')} are {speedup:.2f} times as fast as one."
        f" The cluster starts in {more['start_seconds']:.0f} s. A node was killed when"
        f" {killed['killed_at']:.0%} was learned; the three share the cores of the machine."
        f" {report.get('remark', '')}".rstrip(),
        "",
        "On paper, from these figures and the seconds in [Results](results.md): the published"
        f" table, {len(rows)} rows of {PUBLISHED_SEEDS} seeds, is {training / 3600:.1f} hours of"
        f" training on one core, and {total / CORES / 60:.0f} minutes on {CORES} cores, if none"
        " waits at the end.",
        "",
    ]
    return HEAD + "\n" + "\n".join(lines)


def write_document() -> None:
    """Writes the figures into the document."""
    before = PAGE.read_text("utf-8").partition(HEAD)[0]
    PAGE.write_text(before + document(json.loads(FILE.read_text())), "utf-8")


@click.command()
@click.option("--runs", default=200, show_default=True)
@click.option("--cores", default=os.cpu_count(), show_default=True)
@click.option("--measure/--no-measure", default=True, show_default=True)
def main(runs: int, cores: int, measure: bool) -> None:
    """Measures, writes the file and the figures of the document."""
    if measure:
        _measure(runs, cores)
    write_document()


def _measure(runs: int, cores: int) -> None:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        found.append(learned_here(Path(folder) / "here", runs))
        for count in dict.fromkeys((1, cores)):
            began = time.perf_counter()
            with cluster.connected(cpus=count):
                start = time.perf_counter() - began
                found.append(learned_on_ray(Path(folder) / f"ray{count}", runs, count))
            found[-1]["start_seconds"] = round(start, 2)
        found.append(with_a_node_killed(Path(folder) / "nodes", runs))
    assert len({each["digest"] for each in found}) == 1, "the bits differ"
    today = date.today().isoformat()
    report = {"machine": platform.machine(), "cores": os.cpu_count(), "measured": today}
    FILE.write_text(json.dumps({**report, "sweeps": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
