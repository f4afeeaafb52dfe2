"""Laws of the checks of training: too little memory and a loss that diverges stop a run in time."""

import pytest
import torch

from lifelong.errors import LifelongError
from lifelong.events import Failed, Started, Step, TaskLearned
from lifelong.runs import store as run_store
from lifelong.strategies.replay import Replay
from lifelong.training import checks
from lifelong.training.experiment import Experiment
from tests.helpers import config, learn
from tests.runs.helpers import sentence


def test_a_strategy_that_would_not_fit_says_so_before_the_first_step(monkeypatch):
    monkeypatch.setattr(checks, "free_memory", lambda _device: 5_000)
    folder = run_store.create(config("replay", settings={"per_class": 5000}))
    with pytest.raises(LifelongError) as error:
        learn(folder)
    assert sentence(error).startswith("replay would store up to ")
    assert "per_class below 5000" in sentence(error)
    (failed,) = run_store.history(folder).events
    assert isinstance(failed, Failed) and not failed.diverged


def test_a_strategy_that_fits_and_a_machine_that_does_not_say_go_on(monkeypatch):
    for free in (None, 10**9):
        monkeypatch.setattr(checks, "free_memory", lambda _device, free=free: free)
        assert any(isinstance(e, TaskLearned) for e in Experiment(config("replay")).events())


def test_the_free_memory_of_this_machine_is_known_or_not():
    free = checks.free_memory("cpu")
    assert free is None or 0 <= free < 10**15


@pytest.mark.parametrize("limit", ["max", "1000000"])
def test_the_limit_of_a_container_counts(monkeypatch, tmp_path, limit):
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:   5000 kB\n")
    (tmp_path / "memory.max").write_text(limit)
    (tmp_path / "memory.current").write_text("400000\n")
    monkeypatch.setattr(checks, "_MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(checks, "_LIMIT", tmp_path)
    assert checks.free_memory("cpu") == (600_000 if limit != "max" else 5000 * 1024)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (float("nan"), "not a finite number"),
        (float("inf"), "not a finite number"),
        (2e13, r"\d\.\de\+13"),
    ],
)
def test_a_loss_that_is_no_number_stops_the_run_with_the_step_and_what_to_lower(
    monkeypatch, value, found
):
    loss, calls = Replay.loss, iter(range(1, 1000))

    def diverging(self, task, batch, logits):
        usual = loss(self, task, batch, logits)
        return usual * value if next(calls) == 7 + 4 else usual

    monkeypatch.setattr(Replay, "loss", diverging)
    folder = run_store.create(config("replay", learning_rate=0.5))
    with pytest.raises(LifelongError, match=f"the loss is {found}") as error:
        learn(folder)
    assert sentence(error).startswith("replay diverged in task 2 at step 4 of 7")
    assert "a learning rate below 0.5" in sentence(error)
    events = run_store.history(folder).events
    assert isinstance(events[0], Started) and isinstance(events[-1], Failed)
    assert events[-1].diverged, "with the same settings it would diverge again"
    assert all(e.loss is not None for e in events if isinstance(e, Step))


def test_a_loss_on_a_gpu_is_looked_at_with_the_probes_only(monkeypatch):
    looked = []
    monkeypatch.setattr(
        "lifelong.training.experiment.require_finite", lambda *given: looked.append(given[2])
    )
    experiment = Experiment(config())
    experiment.config = experiment.config.with_changes(device="cuda")
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    monkeypatch.setattr("lifelong.training.experiment.require_memory", lambda *_given: None)
    list(experiment.events(until=1))
    assert looked == [1, 2, 5, 7]
