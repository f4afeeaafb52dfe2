"""Laws of the costs of training: operations in closed form, whatever the stops; memory."""

import itertools

import pytest
import torch

from lifelong import api
from lifelong.events import Step, TaskLearned
from lifelong.numerics import peak_memory
from lifelong.training import costs
from tests.helpers import config, learn, learned_run, prepared, run_all, stop_after

# Per image of the toy network 36-16-16-10: forward, and the gradients of weights and of inputs.
FORWARD = 36 * 16 + 16 * 16 + 16 * 10
STEP = 2 * FORWARD + 16 * 16 + 16 * 10
STEPS = 7


def operations(strategy: str, scenario: str = "class", **given) -> list[int]:
    """Returns the operations of each task."""
    _, events = run_all(config(strategy, scenario, **given))
    totals = [0, *(e.operations for e in events if isinstance(e, TaskLearned))]
    return [after - before for before, after in zip(totals, totals[1:])]


def batches(strategy: str) -> list[int]:
    """Returns the images of a step of each task: fewer where a task has fewer than a batch."""
    experiment, _ = run_all(config(strategy))
    return [min(128, len(task.train)) for task in experiment.tasks]


def test_fine_tuning_costs_a_forward_and_a_backward_pass_of_every_image():
    assert operations("finetune") == [STEPS * STEP * batch for batch in batches("finetune")]


def test_replay_costs_the_replayed_images_too():
    first, *later = operations("replay")
    own, *others = operations("finetune")
    assert first == own
    assert later == [2 * plain for plain in others], "as many replayed images as new ones"


def test_a_strategy_pays_for_the_passes_at_the_end_of_a_task():
    ewc, plain = operations("ewc"), operations("finetune")
    assert all(found > expected for found, expected in zip(ewc, plain))
    assert operations("ewc", steps=14)[0] - ewc[0] == plain[0], "once a task, not once a step"


def test_cumulative_training_takes_as_many_steps_as_it_has_tasks():
    first, second, third = operations("cumulative")
    assert first == operations("finetune")[0] and first < second < third


@pytest.mark.parametrize("strategy", ["finetune", "replay", "ewc", "analytic", "icarl", "der"])
def test_every_step_costs_as_much_as_the_second(monkeypatch, strategy):
    """Counting all steps gives what counting the first two and the end does."""
    sampled = operations(strategy)

    class Everything(costs.Costs):
        def measured(self, learning, start):
            while True:
                with costs.OperationCounter() as counter:
                    step = next(learning, None)
                self.operations += counter.total
                if step is None:
                    return
                yield step

    monkeypatch.setattr("lifelong.training.experiment.Costs", Everything)
    # A single pass over 96 images has batches of 13 and of 14.
    assert operations(strategy) == pytest.approx(sampled, rel=0.06)


@pytest.mark.parametrize("strategy", ["replay", "dgr", "analytic", "packnet"])
def test_measuring_costs_changes_no_bit(monkeypatch, strategy):
    scenario = "task" if strategy == "packnet" else "class"
    measured, _ = run_all(config(strategy, scenario))
    monkeypatch.setattr(costs.Costs, "measured", lambda self, learning, start: learning)
    plain, _ = run_all(config(strategy, scenario))
    state, expected = measured.state_dict(), plain.state_dict()
    assert state.keys() == expected.keys()
    assert all(torch.equal(state[name], expected[name]) for name in state)


@pytest.mark.parametrize("strategy", ["replay", "analytic", "ewc"])
@pytest.mark.parametrize("stop", [1, 2, 3, STEPS, STEPS + 1, 2 * STEPS + 6])
def test_a_run_that_was_stopped_costs_as_much_as_one_that_was_not(strategy, stop):
    whole = api.history(learned_run(config(strategy)).name)
    folder = learned_run(config(strategy), stop=stop_after(stop))
    learn(folder)
    found = api.history(folder.name)
    assert [row.operations for row in found.learned] == [row.operations for row in whole.learned]
    assert found.report(folder.name)["operations"] == whole.operations > 0


def test_the_costs_of_a_run_that_goes_on_from_an_older_state_are_unknown(monkeypatch):
    monkeypatch.setattr(costs.Costs, "state", lambda self: {})
    folder = learned_run(config("replay"), stop=stop_after(STEPS + 2))
    learn(folder)
    rows = api.history(folder.name).learned
    assert rows[0].operations > 0 and rows[1].operations is rows[2].operations is None


def test_the_peak_of_memory_is_recorded_and_never_falls():
    folder = learned_run(config())
    rows = api.history(folder.name).learned
    if not peak_memory.reset("cpu"):
        assert {row.peak_memory for row in rows} == {None}
        return
    peaks = [row.peak_memory for row in rows]
    assert peaks == sorted(peaks) and 10e6 < peaks[0] < 100e9


def test_the_points_within_a_task_cost_nothing(monkeypatch):
    rare = operations("finetune", steps=20)
    monkeypatch.setattr("lifelong.strategies.base.Strategy.early_probes", tuple(range(1, 21)))
    _, events = run_all(config(steps=20))
    assert sum(isinstance(event, Step) for event in events) == 60
    assert operations("finetune", steps=20) == rare


def test_the_expected_seconds_are_a_step_times_all_steps_and_learn_nothing():
    experiment = prepared(config())
    ticks = itertools.count(step=0.5)
    before = experiment.strategy.network.flat.clone()
    found = costs.estimated_seconds(
        experiment.strategy,
        experiment.tasks,
        lambda: next(ticks),
        lambda began: next(ticks) - began,
    )
    assert found == 0.5 * len(experiment.tasks) * STEPS
    assert (experiment.strategy.network.flat == before).all()
