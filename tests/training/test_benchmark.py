"""Laws of the benchmark of a training step."""

import pytest

from lifelong.numerics import hardware
from lifelong.training import benchmark


class Stopwatch:
    """Clock whose n-th measurement, from one reading to the next, takes n seconds."""

    def __init__(self) -> None:
        self.readings = 0

    def perf_counter(self) -> float:
        """Returns 0 at the start of a measurement and its number at the end."""
        self.readings += 1
        return 0.0 if self.readings % 2 else self.readings / 2


@pytest.fixture
def quick(monkeypatch) -> None:
    """Reduces the benchmark to one round of two steps on few images."""
    monkeypatch.setattr(benchmark, "ROUNDS", 1)
    monkeypatch.setattr(benchmark, "STEPS", 2)
    monkeypatch.setattr(benchmark, "IMAGES_PER_CLASS", 64)


@pytest.mark.usefixtures("quick")
def test_a_step_is_compared_with_its_matrix_products_and_with_fine_tuning(monkeypatch):
    monkeypatch.setattr(benchmark, "time", Stopwatch())
    report = benchmark.measure("task", ["ewc", "replay"])
    # measured one after the other: ewc 1 s, finetune 2 s, replay 3 s, matrix products 4 s, Fisher 5
    # s
    assert report["floor_ms"] == 2000 and report["fisher_seconds"] == 5
    assert report["steps"] == {
        "ewc": {"ms": 500, "to_floor": 0.25, "to_finetune": 0.5},
        "finetune": {"ms": 1000, "to_floor": 0.5, "to_finetune": 1},
        "replay": {"ms": 1500, "to_floor": 0.75, "to_finetune": 1.5},
    }
    assert report["threads"] == 1
    assert (report["bf16"] is None) == (hardware.precision("auto") == "fp32")


@pytest.mark.usefixtures("quick")
def test_a_strategy_without_steps_is_left_out():
    assert set(benchmark.measure("class", ["analytic"])["steps"]) == {"finetune"}
