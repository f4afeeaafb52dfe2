"""Laws of the configuration of a run."""

import dataclasses

import pytest

from lifelong import config as configs
from lifelong.errors import LifelongError
from lifelong.recipes import RECIPES
from lifelong.runs import store as run_store
from tests.helpers import config, learned_run
from tests.runs.helpers import sentence

WRONG = [
    ({"scenario": "klass"}, "scenario was given as 'klass'"),
    ({"recipe": "slow"}, "recipe was given as 'slow'"),
    ({"tasks": 0}, "tasks was given as '0'"),
    ({"tasks": "many"}, "tasks was given as 'many'"),
    ({"seed": -1}, "seed was given as '-1'"),
    ({"seed": 2**31}, "seed was given as"),
    ({"steps": 0}, "steps was given as '0'"),
    ({"class_order": "abc"}, "class_order was given as 'abc'"),
    ({"class_order": ("a",)}, "class_order.0 was given as 'a'"),
    ({"settings": {"strength": None}}, "settings.strength"),
    ({"settings": 3}, "settings was given as '3'"),
    ({"surprise": 1}, "surprise was given as '1'"),
    ({"dataset": 5}, "dataset was given as '5'"),
    ({"dataset": "x" * 10_000}, None),
]


@pytest.mark.parametrize(("given", "says"), WRONG, ids=str)
def test_a_value_that_does_not_fit_is_one_sentence(given, says):
    if says is None:
        assert len(configs.make(**given).dataset) == 10_000
        return
    with pytest.raises(LifelongError) as error:
        configs.make(**given)
    assert sentence(error).startswith(says)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"\xff\xfe", b"null", b'{"tasks": "x"}', b'{"tasks": 5, "more": 1}']
)
def test_a_config_file_that_is_damaged_is_one_sentence(text):
    folder = learned_run(config(tasks=1))
    (folder / "config.json").write_bytes(text)
    with pytest.raises(LifelongError) as error:
        run_store.history(folder)
    sentence(error)


def test_a_changed_configuration_is_validated():
    assert config(seed=3).with_changes(steps=2) == config(seed=3, steps=2)
    for change, says in (({"steps": 0}, "steps was given as '0'"), ({"surprise": 1}, "surprise")):
        with pytest.raises(LifelongError, match=says):
            config().with_changes(**change)


def test_a_configuration_comes_back_equal_from_its_file():
    original = config("ewc", class_order=range(10), settings={"strength": 5.5}, half=True)
    assert configs.read(original.model_dump_json()) == original
    with pytest.raises(ValueError):
        original.seed = 3


@pytest.mark.parametrize(
    ("given", "tasks"),
    [
        ({}, 5),
        ({"scenario": "transfer"}, 2),
        ({"scenario": "transfer", "tasks": 4}, 4),
        ({"tasks": None}, 5),
    ],
)
def test_the_number_of_tasks_depends_on_the_scenario(given, tasks):
    assert configs.make(**given).tasks == tasks


def test_a_runs_own_steps_take_the_place_of_the_recipes():
    assert (
        configs.make().training_recipe.steps is None
        and configs.make(recipe="paper").training_recipe.steps == 2000
    )
    paper = configs.make(recipe="paper", steps=3).training_recipe
    assert paper == dataclasses.replace(RECIPES["paper"], steps=3)


def test_the_configuration_of_a_task_has_the_strategy_of_its_taught_class_and_none_later():
    def taught(name: str, strategy: str) -> dict:
        counts = {"pictures": 5, "test_pictures": 1, "variants": 9, "earlier_images": 9}
        return {"name": name, "strategy": strategy, "steps": 7, **counts}

    plain = configs.make(strategy="ewc", tasks=2, task_sizes=(6, 4), class_order=range(10))
    config = plain.with_changes(
        tasks=4,
        task_sizes=(6, 4, 1, 1),
        class_order=range(12),
        taught=(taught("heart", "replay"), taught("star", "finetune")),
        original="a-run",
    )
    assert plain.of_task(1) is plain
    assert [config.of_task(task).strategy for task in range(4)] == [
        *("ewc", "ewc"),
        *("replay", "finetune"),
    ]
    assert config.of_task(0) == config.of_task(1) == plain.with_changes(original="a-run")
    first = config.of_task(2)
    assert first.tasks == 3 and first.task_sizes == (6, 4, 1) and len(first.class_order) == 11
    assert [each.name for each in first.taught] == ["heart"] and first.steps == 7
