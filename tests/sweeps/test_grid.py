"""Laws of the grid of a sweep."""

import pytest

from lifelong.errors import LifelongError
from lifelong.sweeps import grid as grids
from tests.image_helpers import is_one_sentence

TOY = {"dataset": "toy", "model": "toy-mlp", "tasks": 3, "steps": 2}


def planned(**fields):
    return grids.plan(grids.make({**TOY, **fields}))


def test_a_grid_is_the_product_of_its_parts():
    runs, left_out = planned(strategies="finetune,replay", scenarios=["class", "task"], seeds=3)
    assert len(runs) == 2 * 2 * 3 and left_out == []
    assert {(r.config.scenario, r.config.strategy, r.config.seed) for r in runs} == {
        (scenario, strategy, seed)
        for scenario in ("class", "task")
        for strategy in ("finetune", "replay")
        for seed in range(3)
    }
    assert all(r.config.dataset == "toy" and r.config.steps == 2 for r in runs)


def test_a_setting_varies_for_those_that_have_it_or_for_one():
    runs, _ = planned(strategies=["finetune", "ewc", "si"], settings={"strength": [1, 10]})
    assert [r.label for r in runs] == [
        "finetune", "ewc strength=1", "ewc strength=10", "si strength=1", "si strength=10",
    ]  # fmt: skip
    runs, _ = planned(strategies=["ewc", "si"], settings={"ewc.strength": [1, 10]})
    assert [r.label for r in runs] == ["ewc strength=1", "ewc strength=10", "si"]
    assert runs[0].config.settings["strength"] == 1


def test_a_run_has_the_same_name_each_time_and_another_one_for_another_configuration():
    first, _ = planned(strategies=["ewc"], seeds=2, settings={"strength": [1, 10]})
    again, _ = planned(strategies=["ewc"], seeds=2, settings={"strength": [1, 10]})
    names = [run.name for run in first]
    assert names == [run.name for run in again] and len(set(names)) == 4


def test_a_strategy_is_left_out_where_it_is_not_defined():
    runs, left_out = planned(strategies=["finetune", "xdg"], scenarios=["class", "task"])
    assert left_out == ["xdg in class"] and len(runs) == 3
    runs, left_out = planned(strategies=["all"], scenarios=["class"])
    assert left_out == [] and "xdg" not in {r.config.strategy for r in runs} and len(runs) > 15


def test_a_file_has_the_fields_of_a_grid_and_of_a_run(tmp_path):
    file = tmp_path / "sweep.yaml"
    file.write_text(
        "strategies: [finetune, ewc]\nseeds: [3, 5]\nsettings:\n  ewc.strength: [1.0e+3]\n"
        "dataset: toy\nmodel: toy-mlp\ntasks: 3\n"
    )
    runs, _ = grids.plan(grids.read(file))
    assert [(r.label, r.config.seed) for r in runs] == [
        ("finetune", 3), ("finetune", 5), ("ewc strength=1000", 3), ("ewc strength=1000", 5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("strategies: [finetune]\ndataste: mnist", "dataste"),
        ("- finetune", "no fields"),
        ("strategies: [", "not YAML"),
        ("strategies: !!python/object:os.system {}", "not YAML"),
        ("seeds: 3", "strategies"),
        ("strategies: [finetune]\nseeds: [-1]", "seed"),
        ("strategies: [finetune]\nscenarios: [clas]", "clas"),
        ("strategies: [finetunes]", "did you mean 'finetune'"),
        ("strategies: [finetune]\nsettings: {strength: [1]}", "none of the strategies"),
        ("strategies: [ewc]\nsettings: {strength: [-5]}", "strength"),
        ("strategies: [xdg]\nscenarios: [class]", "No run is left"),
        ("strategies: {a: " * 3000, "not YAML"),
    ],
)
def test_what_does_not_fit_gets_one_sentence(tmp_path, text, says):
    file = tmp_path / "sweep.yaml"
    file.write_text(text)
    with pytest.raises(LifelongError, match=says) as error:
        grids.plan(grids.read(file))
    assert is_one_sentence(str(error.value))


def test_the_tasks_are_those_that_train_would_learn():
    (run,), _ = grids.plan(grids.make({"strategies": ["finetune"], "dataset": "permuted-mnist"}))
    assert run.config.tasks == 10
    (run,), _ = grids.plan(grids.make({"strategies": ["finetune"], "dataset": "mnist"}))
    assert run.config.tasks == 5
