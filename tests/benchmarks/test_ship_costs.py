"""Laws of the costs that are added to shipped runs."""

import pytest

from benchmarks import ship_costs
from lifelong.runs import store as run_store
from lifelong.runs.folders import SHIPPED
from tests.helpers import config, learned_run

RESCUE = sorted((SHIPPED / "rescue").iterdir())


@pytest.mark.parametrize("strategy", ["finetune", "replay", "ewc", "cumulative", "joint", "lwf"])
def test_operations_from_the_first_steps_are_those_of_the_whole_run(strategy, monkeypatch):
    monkeypatch.setattr(ship_costs, "STEPS", 3)
    history = run_store.history(learned_run(config(strategy, precision="fp32")))
    assert all(step.steps > 3 for step in history.steps)
    for row, found in zip(history.learned, ship_costs.with_costs(history), strict=True):
        assert found.model_copy(update={"peak_memory": row.peak_memory}) == row


def test_a_strategy_that_sees_every_image_once_is_learned_as_a_whole(monkeypatch):
    monkeypatch.setattr(ship_costs, "STEPS", 1)
    history = run_store.history(learned_run(config("analytic", precision="fp32")))
    found = [row.operations for row in ship_costs.with_costs(history)]
    assert found == [row.operations for row in history.learned]


def test_a_run_of_other_images_is_refused():
    history = run_store.history(learned_run(config()))
    other = history.events[0].model_copy(update={"source": "somewhere else"})
    history = type(history)(history.config, [other, *history.events[1:]])
    with pytest.raises(SystemExit, match="The run learned somewhere else"):
        list(ship_costs.with_costs(history))


@pytest.mark.parametrize(
    "folder", [*run_store.RUNS.shipped(), *RESCUE], ids=lambda folder: folder.name
)
def test_every_shipped_run_has_its_costs(folder):
    learned = run_store.history(folder).learned
    operations = [row.operations for row in learned]
    assert all(operations) and operations == sorted(set(operations)), "more with every task"
    assert all(1e8 < row.peak_memory < 4e9 for row in learned)


@pytest.mark.parametrize("kind", ["mnist-class", "cifar10-class"])
def test_operations_of_shipped_runs_relate_as_their_steps_do(kind):
    def operations(strategy):
        return run_store.history(SHIPPED / f"{kind}-{strategy}").operations

    plain = operations("finetune")
    assert operations("joint") == plain, "as many steps, on all images"
    assert operations("cumulative") == 3 * plain, "1 + 2 + 3 + 4 + 5 times those of a task"
    assert operations("replay") == 1.8 * plain, "twice the images in all tasks but the first"
