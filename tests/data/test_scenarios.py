"""Laws of scenarios: the classes of each task and the active outputs of each image."""

import ast
from pathlib import Path

import pytest
import torch

from lifelong.config import SCENARIOS
from lifelong.data.examples import Dataset
from lifelong.data.scenarios import Plan, make_plan, split
from lifelong.errors import LifelongError
from tests.helpers import config, toy_dataset

CLASSES = ((7, 2), (0, 5), (3,))  # label numbers by task; the last task is smaller
PLAN = {
    (s, c): Plan(s, CLASSES, c)
    for s in ("task", "domain", "class", "transfer")
    for c in ("seen", "all")
}


def table(text: str) -> list[list[bool]]:
    """Returns '11... ..11.' as rows of booleans."""
    return [[mark == "1" for mark in row] for row in text.split()]


COMPETING = [
    # scenario, recipe, after, one row for each task: which outputs compete for its images
    ("task", "seen", 0, "11... ..11. ....1"),
    ("task", "all", 2, "11... ..11. ....1"),
    ("transfer", "seen", 1, "11... ..11. ....1"),
    ("domain", "seen", 0, "11 11 11"),
    ("domain", "all", 2, "11 11 11"),
    ("class", "seen", 0, "11... 11... 11..."),
    ("class", "seen", 1, "1111. 1111. 1111."),
    ("class", "seen", 2, "11111 11111 11111"),
    ("class", "all", 0, "11111 11111 11111"),
]


@pytest.mark.parametrize(("scenario", "compete", "after", "rows"), COMPETING)
def test_which_outputs_are_active(scenario, compete, after, rows):
    assert PLAN[scenario, compete].active_outputs(after).tolist() == table(rows)


@pytest.mark.parametrize("compete", ["seen", "all"])
@pytest.mark.parametrize(("scenario", "rows"), [
    ("task", "11... ..11. ....1"), ("class", "11... ..11. ....1"),
    ("transfer", "11... ..11. ....1"), ("domain", "11 11 1."),
])  # fmt: skip
@pytest.mark.parametrize("after", [0, 1, 2])
def test_with_the_task_label_given_only_the_tasks_own_outputs_compete(
    scenario, rows, compete, after
):
    assert PLAN[scenario, compete].active_outputs(after, task_given=True).tolist() == table(rows)


@pytest.mark.parametrize(("scenario", "compete", "after", "task", "outputs"), [
    ("class", "seen", 0, None, "11..."), ("class", "seen", 1, None, "1111."),
    ("class", "all", 0, None, "11111"),
    ("class", "seen", 2, 1, "..11."), ("class", "all", 0, 2, "....1"),
    ("task", "seen", 0, None, "11..."), ("task", "seen", 1, None, "1111."),
    ("task", "all", 2, None, "11111"), ("task", "seen", 2, 0, "11..."),
    ("transfer", "seen", 1, None, "1111."), ("domain", "seen", 0, None, "11"),
    ("domain", "all", 2, None, "11"), ("domain", "seen", 2, 2, "1."),
])  # fmt: skip
def test_which_outputs_are_active_for_an_image_that_a_person_brings(
    scenario, compete, after, task, outputs
):
    assert PLAN[scenario, compete].candidates_for_query(after, task).tolist() == table(outputs)[0]


@pytest.mark.parametrize(("scenario", "output", "after", "task", "classes"), [
    ("class", 0, 2, None, (7,)), ("class", 3, 2, None, (5,)), ("task", 4, 2, None, (3,)),
    ("transfer", 2, 1, 1, (0,)),
    ("domain", 0, 0, None, (7,)), ("domain", 0, 2, None, (7, 0, 3)), ("domain", 1, 2, None, (2, 5)),
    ("domain", 1, 2, 1, (5,)),
])  # fmt: skip
def test_the_classes_of_each_output(scenario, output, after, task, classes):
    assert PLAN[scenario, "seen"].classes_of(output, after, task) == classes


@pytest.mark.parametrize(
    ("scenario", "outputs"), [("task", 5), ("domain", 2), ("class", 5), ("transfer", 5)]
)
def test_the_number_of_outputs(scenario, outputs):
    assert PLAN[scenario, "seen"].outputs == outputs


@pytest.mark.parametrize(
    ("tasks", "sizes"),
    [
        (1, [10]),
        (2, [5, 5]),
        (3, [4, 3, 3]),
        (4, [3, 3, 2, 2]),
        (5, [2] * 5),
        (7, [2, 2, 2, 1, 1, 1, 1]),
        (10, [1] * 10),
    ],
)
def test_classes_are_dealt_out_evenly_and_the_larger_tasks_come_first(tasks, sizes):
    dealt = make_plan(config(tasks=tasks), 10).classes
    assert [len(task) for task in dealt] == sizes
    assert [label for task in dealt for label in task] == list(range(10))


def test_the_class_order_is_natural_for_seed_0_and_a_permutation_drawn_from_the_seed_otherwise():
    orders = {
        seed: [label for task in make_plan(config(seed=seed), 10).classes for label in task]
        for seed in range(8)
    }
    assert orders[0] == list(range(10))
    assert all(sorted(order) == list(range(10)) for order in orders.values())
    assert len({tuple(order) for order in orders.values()}) == 8
    assert orders[3] == [
        label for task in make_plan(config("ewc", "task", seed=3), 10).classes for label in task
    ]


def test_a_given_class_order_does_not_depend_on_the_seed():
    given = (9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
    assert make_plan(config(seed=4, class_order=given, tasks=5), 10).classes == (
        (9, 8),
        (7, 6),
        (5, 4),
        (3, 2),
        (1, 0),
    )


@pytest.mark.parametrize(
    "order", [(1, 2), (0, 1, 2, 3, 4, 5, 6, 7, 8, 8), tuple(range(1, 11)), tuple(range(11)), ()]
)
def test_a_class_order_that_is_no_permutation_is_refused(order):
    with pytest.raises(
        LifelongError, match=r"class order was given as .*expected each of 0 to 9 once\.$"
    ):
        make_plan(config(class_order=order), 10)


def test_more_tasks_than_classes_and_a_transfer_without_target_are_refused():
    with pytest.raises(LifelongError, match=r"11 tasks were asked for.*at most 10\.$"):
        make_plan(config(tasks=11), 10)
    with pytest.raises(
        LifelongError, match=r"transfer scenario was given 1 task; .*source and a target\.$"
    ):
        make_plan(config(scenario="transfer", tasks=1), 10)


@pytest.mark.parametrize("scenario", ["task", "class", "transfer", "domain"])
def test_every_image_goes_into_the_task_of_its_class_with_the_label_of_its_output(scenario):
    dataset, run_config = toy_dataset(), config(scenario=scenario, tasks=3, seed=5)
    tasks = split(run_config, dataset)
    plan = make_plan(run_config, 10)
    for part, images, labels in (
        ("train", dataset.train_images, dataset.train_labels),
        ("test", dataset.test_images, dataset.test_labels),
    ):
        assert sum(len(getattr(t, part)) for t in tasks) == len(labels)
        original = {image.numpy().tobytes(): int(label) for image, label in zip(images, labels)}
        for task in tasks:
            examples = getattr(task, part)
            assert (examples.tasks == task.index).all()
            for image, output in zip(examples.images, examples.labels.tolist()):
                assert plan.classes_of(output, task.index, task.index) == (
                    original[image.numpy().tobytes()],
                )


def test_in_the_domain_scenario_a_label_is_the_position_within_the_task():
    for task in split(config(scenario="domain", tasks=5), toy_dataset()):
        assert set(task.train.labels.tolist()) == set(task.test.labels.tolist()) == {0, 1}


def test_a_task_knows_the_active_outputs_for_images_of_any_task():
    task = split(config(scenario="task", tasks=3), toy_dataset())[1]
    rows = task.candidates(torch.tensor([2, 0, 1]))
    assert [row.nonzero().flatten().tolist() for row in rows] == [
        [7, 8, 9],
        [0, 1, 2, 3],
        [4, 5, 6],
    ]
    assert list(task.outputs) == [4, 5, 6]


def test_a_task_without_images_is_refused_by_its_number_and_classes():
    full = toy_dataset()
    without = full.train_labels != 3
    dataset = Dataset(
        "holed",
        "",
        "",
        full.classes,
        full.train_images[without],
        full.train_labels[without],
        full.test_images,
        full.test_labels,
    )
    with pytest.raises(
        LifelongError, match=r"^Task 4 \(3\) has no images in holed; give each class some\.$"
    ):
        split(config(tasks=10), dataset)


def test_a_data_set_whose_largest_label_is_missing_still_splits():
    full = toy_dataset()
    without = full.train_labels != 9
    dataset = Dataset(
        "holed",
        "",
        "",
        full.classes,
        full.train_images[without],
        full.train_labels[without],
        full.test_images,
        full.test_labels,
    )
    assert [len(t.train) for t in split(config(tasks=2), dataset)] == [120, 96]


ROOT = Path(__file__).parent.parent.parent
SOURCES = [p for folder in ("lifelong", "app") for p in sorted((ROOT / folder).rglob("*.py"))]


def names_of_scenarios_compared(source: str) -> list[str]:
    """Returns the comparisons and look-ups that use the name of a scenario."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare)
        and "scenario" in ast.unparse(node)
        and any(isinstance(n, ast.Constant) and n.value in SCENARIOS for n in ast.walk(node))
    ]


def test_a_comparison_with_a_scenarios_name_is_found():
    assert names_of_scenarios_compared("a = config.scenario in ('task', 'x')") != []
    assert names_of_scenarios_compared("a = config.rules.task_given") == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_module_compares_the_name_of_a_scenario(path):
    assert names_of_scenarios_compared(path.read_text("utf-8")) == []


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_chance_is_one_over_the_outputs_active_after_the_last_task(scenario):
    plan = PLAN[scenario.name, "seen"]
    active = plan.active_outputs(after=len(CLASSES) - 1)
    for task in range(len(CLASSES)):
        assert scenario.chance([len(c) for c in CLASSES], task) == 1 / int(active[task].sum())


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_tasks_have_different_names_and_the_default_number_is_allowed(scenario):
    for tasks in range(scenario.min_tasks, 7):
        assert len(set(scenario.task_names(tasks))) == tasks
    assert scenario.default_tasks >= scenario.min_tasks
    assert make_plan(config(scenario=scenario.name, tasks=scenario.min_tasks), 10)
