"""Comparison of strategies: runs side by side, and their means over seeds."""

import os

import pytest

from lifelong.errors import LifelongError
from lifelong.events import ExtractingFeatures
from lifelong.runs import comparison
from lifelong.training import setup
from tests.helpers import config


def without_time(reports: list[dict]) -> list[dict]:
    """Returns reports by strategy and seed, without their clocks and the process's memory."""
    of_process = ("seconds", "peak_memory")
    ordered = sorted(reports, key=lambda report: (report["strategy"], report["seed"]))
    return [{name: value for name, value in r.items() if name not in of_process} for r in ordered]


def test_runs_side_by_side_give_the_numbers_of_one_at_a_time():
    configurations = [
        setup.resolve(config(name, tasks=2, steps=2, seed=seed))
        for name in ("replay", "ewc")
        for seed in (0, 1)
    ]
    serial = list(comparison.race(configurations, processes=1))
    parallel = list(comparison.race(configurations, processes=2))
    assert without_time(parallel) == without_time(serial)
    assert without_time(serial) == without_time([comparison.report(c) for c in configurations])
    replay, ewc = comparison.rows(parallel, configurations)
    assert [replay["strategy"], ewc["strategy"]] == ["replay", "ewc"]
    assert [report["seed"] for report in replay["runs"]] == [0, 1]
    assert replay["stored"]["images"] > 0 and ewc["stored"]["weights"] > 0


def test_beside_cumulative_training_a_loss_has_its_parts():
    configurations = [
        config(name, tasks=2, steps=20, seed=seed)
        for name in ("finetune", "cumulative")
        for seed in (0, 1)
    ]
    reports = list(comparison.race(configurations, processes=1))
    finetune, cumulative = comparison.rows(reports, configurations)
    parts = finetune["mean"]["harder"] + finetune["mean"]["forgotten"]
    assert parts == pytest.approx(-finetune["mean"]["backward_transfer"])
    assert finetune["sem"]["forgotten"] is not None
    assert finetune["runs"][1]["intransigence"] is not None
    assert cumulative["mean"]["forgotten"] is cumulative["mean"]["harder"] is None
    assert 0 < finetune["mean"]["operations"] < cumulative["mean"]["operations"]
    (alone,) = comparison.rows(reports[:2], configurations[:2])
    assert alone["mean"]["forgotten"] is None, "there is nothing to compare with"


def test_an_error_in_a_run_beside_others_reaches_the_caller():
    wrong = [config("ewc", class_order=(0, 1)) for _ in range(2)]
    with pytest.raises(LifelongError, match="class order"):
        list(comparison.race(wrong, processes=2))


def test_runs_of_a_model_that_uses_all_cores_are_not_put_side_by_side(monkeypatch):
    monkeypatch.setenv("LIFELONG_PROCESSES", "8")
    whole = config(model="shufflenet_v2_x0_5", network={"tune": "whole"})
    assert comparison.default_processes([config()]) == 8
    assert comparison.default_processes([config(), whole]) == 1


def test_there_is_a_process_for_each_core_unless_a_number_is_given(monkeypatch):
    monkeypatch.delenv("LIFELONG_PROCESSES")
    assert comparison.default_processes([config()]) == os.cpu_count()
    monkeypatch.setenv("LIFELONG_PROCESSES", "3")
    assert comparison.default_processes([config()]) == 3


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5"])
def test_a_number_of_processes_that_is_none_is_refused(monkeypatch, given):
    monkeypatch.setenv("LIFELONG_PROCESSES", given)
    with pytest.raises(LifelongError, match=f"given as '{given}'; expected a whole number"):
        comparison.default_processes([config()])


def test_what_runs_need_is_prepared_once_before_the_first_of_them():
    frozen = config(
        dataset="toy-pictures",
        model="shufflenet_v2_x0_5",
        network={"weights": "none", "units": 8},
        tasks=2,
        steps=1,
    )
    events = list(comparison.prepare([frozen, config(), frozen]))
    assert {type(event) for event in events} == {ExtractingFeatures}
    assert [event.done for event in events] == sorted(event.done for event in events)
    assert list(comparison.prepare([frozen])) == []
