"""Laws of a sweep on this machine and on a Ray cluster: the same bits, and nothing twice."""

import os
import signal
from pathlib import Path

import pytest

from lifelong import datasets
from lifelong.runs import store
from lifelong.storage import tensor_files
from lifelong.storage.progress import result_of
from lifelong.sweeps import cluster, results, work
from lifelong.sweeps import grid as grids
from lifelong.sweeps import sweep as sweeps

GRID = {
    "dataset": "toy", "model": "toy-mlp", "tasks": 3, "steps": 5, "seeds": 2,
    "strategies": ["finetune", "replay"],
}  # fmt: skip


def planned(folder):
    runs, _ = grids.plan(grids.make(GRID))
    return runs, sweeps.create(runs, folder)


def bits(run):
    """Returns the tensors of all checkpoints of a run as bytes, and its accuracies."""
    files = sorted(run.glob("*.safetensors"))
    tensors = {
        (file.name, name): tensor.numpy().tobytes()
        for file in files
        for name, tensor in tensor_files.read(file)[0].items()
    }
    return tensors, [row.accuracy for row in store.history(run).learned]


def learned(folder):
    runs, folders = planned(folder)
    updates = list(sweeps.learn(folders, width=1))
    return runs, folders, updates


def test_a_sweep_learns_each_run_to_its_end_and_none_twice(tmp_path):
    runs, folders, updates = learned(tmp_path)
    assert all(map(sweeps.is_finished, folders)) and len(folders) == 4
    shares = [update.share for update in updates if update.run == folders[0].name]
    assert shares == sorted(shares) and shares[-1] == 1
    before = [file.stat().st_mtime_ns for file in sorted(tmp_path.rglob("*.jsonl"))]
    assert planned(tmp_path)[1] == folders
    assert [update.share for update in sweeps.learn(folders, width=1)] == [1, 1, 1, 1]
    assert [file.stat().st_mtime_ns for file in sorted(tmp_path.rglob("*.jsonl"))] == before


def test_a_row_is_the_mean_over_seeds_of_complete_runs(tmp_path):
    runs, folders, _ = learned(tmp_path)
    rows = results.rows(runs, folders)
    assert [(row["strategy"], row["n"]) for row in rows] == [("finetune", 2), ("replay", 2)]
    reports = [store.history(run).report(run.name) for run in folders[:2]]
    mean = sum(report["average_accuracy"] for report in reports) / 2
    assert rows[0]["mean"]["average_accuracy"] == pytest.approx(mean)
    (folders[1] / "record.jsonl").unlink()
    assert results.rows(runs, folders)[0]["n"] == 1


def test_an_error_ends_one_run_and_not_the_sweep(tmp_path):
    _, folders = planned(tmp_path)
    (folders[0] / "record.jsonl").write_text("no event\n")
    errors = {update.run: update.error for update in sweeps.learn(folders, width=1) if update.error}
    assert list(errors) == [folders[0].name] and "Line 1" in errors[folders[0].name]
    assert all(map(sweeps.is_finished, folders[1:]))


def test_what_a_machine_sends_makes_the_folder_that_it_has(tmp_path):
    _, (run, *_rest) = planned(tmp_path / "here")
    dataset = cluster._as_arrays(datasets.load("toy"))
    prepared = cluster.get_prepared((dataset, None, None))
    updates = work.learn_elsewhere(work.files_of(run), tmp_path / "there" / run.name, prepared)
    for update in updates:
        work.receive(update, run)
    there = {file.name: file.read_bytes() for file in (tmp_path / "there" / run.name).iterdir()}
    here = {file.name: file.read_bytes() for file in run.iterdir()}
    assert {n: c for n, c in there.items() if n[0] != "."} == here


complete_work = sweeps._work


def dying_work(content, run, files):
    """Does the work of a sweep; the first worker of the first run dies after its first task."""
    marker = Path(run).parent / "died"
    for update in complete_work(content, run, files):
        yield update
        if update.files and update.share < 1 and not marker.exists():
            marker.write_text(run)
            os.kill(os.getpid(), signal.SIGKILL)
    if marker.exists() and marker.read_text() == run:
        (Path(run).parent / "went-on-with").write_text(" ".join(sorted(files)))


def test_on_ray_a_killed_run_goes_on_and_the_bits_are_the_same(tmp_path, monkeypatch):
    pytest.importorskip("ray", reason="Ray is not installed")
    _, expected, _ = learned(tmp_path / "here")
    monkeypatch.setattr(sweeps, "_work", dying_work)
    _, runs = planned(tmp_path / "ray")
    with cluster.connected(cpus=1):
        updates = list(result_of(sweeps.learn_on_cluster(runs, cluster.Resources())))
    assert not any(update.error for update in updates)
    assert (tmp_path / "ray" / "died").exists()
    assert "resume-0.safetensors" in (tmp_path / "ray" / "went-on-with").read_text()
    assert list(map(bits, runs)) == list(map(bits, expected))
