"""Strategies side by side, and what a step costs."""

import gc
import weakref

import pytest

from lifelong.api import size
from lifelong.models.mlp import MLP
from lifelong.runs import comparison
from lifelong.training import benchmark, experiment
from tests.helpers import config, run_all


def told(report: dict) -> dict:
    """A report without its clock."""
    return {name: value for name, value in report.items() if name != "seconds"}


def test_runs_side_by_side_give_the_numbers_of_one_at_a_time():
    chosen = [
        experiment.resolve(config(name, tasks=2, steps=2, seed=seed))
        for name in ("replay", "ewc")
        for seed in (0, 1)
    ]
    alone = list(comparison.race(chosen, processes=1))
    beside = list(comparison.race(chosen, processes=2))
    assert [told(r) for r in alone] == [told(comparison.report(c)) for c in chosen]
    key = lambda report: (report["strategy"], report["seed"])  # noqa: E731
    assert [told(r) for r in sorted(beside, key=key)] == [told(r) for r in sorted(alone, key=key)]
    rows = comparison.rows(beside, chosen)
    assert [row["strategy"] for row in rows] == ["replay", "ewc"] and [
        r["seed"] for r in rows[0]["runs"]
    ] == [0, 1]
    assert rows[0]["stored"]["images"] > 0 and rows[1]["stored"]["weights"] > 0


def test_an_error_in_a_run_beside_others_reaches_the_caller():
    wrong = [config("ewc", dataset="mnist-sample", class_order=(0, 1)) for _ in range(2)]
    with pytest.raises(experiment.scenarios.LifelongError, match="class order"):
        list(comparison.race(wrong, processes=2))


def test_runs_of_a_model_that_uses_all_cores_are_not_put_side_by_side(monkeypatch):
    monkeypatch.setattr(comparison.os, "cpu_count", lambda: 8)
    assert comparison.at_once([config()]) == 8
    monkeypatch.setattr(MLP, "threads", None)
    assert comparison.at_once([config()]) == 1


def test_half_the_digits_learn_as_well(small):
    """On a processor with neither tiles nor instructions the two are equal."""
    rows = [
        run_all(config("replay", precision=p, steps=60))[1][-2].accuracy for p in ("fp32", "bf16")
    ]
    assert sum(rows[1]) / 3 == pytest.approx(sum(rows[0]) / 3, abs=0.1)


def test_the_benchmark_measures_what_it_says(monkeypatch, small):
    monkeypatch.setattr(benchmark, "ROUNDS", 1)
    monkeypatch.setattr(benchmark, "STEPS", 2)
    monkeypatch.setattr(benchmark, "IMAGES_PER_CLASS", 64)
    measured = benchmark.measure("task", ["ewc", "replay"])
    assert set(measured) == {"floor_ms", "steps", "fisher_seconds", "threads", "bf16"}
    assert (
        set(measured["steps"]) == {"finetune", "ewc", "replay"}
        and measured["steps"]["finetune"]["to_finetune"] == 1
    )
    for step in measured["steps"].values():
        assert set(step) == {"ms", "to_floor", "to_finetune"}
        assert step["to_floor"] == pytest.approx(step["ms"] / measured["floor_ms"], rel=0.05)
    assert measured["fisher_seconds"] > 0 and measured["threads"] == 1
    assert "analytic" not in benchmark._names("class", ())


def test_joint_and_cumulative_training_are_charged_for_the_images_they_keep(small):
    stored = {
        name: [e.stored for e in run_all(config(name))[1] if e.event == "task_learned"]
        for name in ("joint", "cumulative", "finetune", "replay")
    }
    all_images = 240 * (36 + 16)
    assert stored["joint"] == [{"images": all_images}] * 3
    assert [s["images"] for s in stored["cumulative"]] == [96 * 52, 168 * 52, all_images]
    assert stored["finetune"] == [{}] * 3
    assert [s["images"] for s in stored["replay"]] == [
        96 * 52,
        168 * 52,
        all_images,
    ]  # 24 of each class are all there are


def test_sizes_are_told_as_people_read_them():
    assert [size(n) for n in (12, 999, 1000, 784_000, 3_826_000)] == [
        "12 bytes",
        "999 bytes",
        "1 kB",
        "784 kB",
        "3.8 MB",
    ]


@pytest.mark.parametrize("strategy", ["finetune", "joint", "dgr", "augmented-replay"])
def test_a_run_that_is_over_leaves_its_memory_at_once(strategy, small):
    """Images held in a circle of references would stay until Python's collector comes by, tens of runs later."""
    gc.disable()
    try:
        told, _ = run_all(config(strategy))
        kept = [
            weakref.ref(told.tasks[0].train),
            weakref.ref(told.strategy),
            weakref.ref(told.strategy.network),
        ]
        del told
        assert [reference() for reference in kept] == [None] * 3
    finally:
        gc.enable()
