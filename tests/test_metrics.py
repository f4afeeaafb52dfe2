"""Laws of metrics, on matrices of known values and on random ones."""

import doctest
import inspect
import random

import pytest

from lifelong import metrics
from lifelong.errors import LifelongError

NONE = None
FORGOTTEN = [[1.0, NONE, NONE], [0.0, 1.0, NONE], [0.0, 0.0, 1.0]]
KEPT = [[0.9, NONE, NONE], [0.9, 0.8, NONE], [0.9, 0.8, 0.7]]
ONE = [[0.6, NONE], [NONE, NONE]]
NOT_BEGUN = [[NONE, NONE], [NONE, NONE]]
GEM = [[0.5, NONE, NONE], [0.75, 1.0, NONE], [0.25, 0.5, 0.75]]

HAND = [
    # measure, accuracy, value
    (metrics.average_accuracy, FORGOTTEN, 1 / 3), (metrics.average_accuracy, KEPT, 0.8),
    (metrics.average_accuracy, ONE, 0.6),
    (metrics.average_accuracy, GEM, 0.5), (metrics.average_accuracy, NOT_BEGUN, None),
    (metrics.average_incremental_accuracy, FORGOTTEN, (1 + 1 / 2 + 1 / 3) / 3),
    (metrics.average_incremental_accuracy, ONE, 0.6),
    (metrics.average_incremental_accuracy, NOT_BEGUN, None),
    (metrics.forgetting, FORGOTTEN, 1.0), (metrics.forgetting, KEPT, 0.0),
    (metrics.forgetting, ONE, None), (metrics.forgetting, NOT_BEGUN, None),
    # The first task was best after the second: 0.75 - 0.25.
    (metrics.forgetting, GEM, (0.5 + 0.5) / 2),
    (metrics.forgetting_by_task, GEM, [0.5, 0.5]), (metrics.forgetting_by_task, ONE, []),
    (metrics.forgetting_by_task, NOT_BEGUN, []),
    # Better than ever: the last row is no part of the largest.
    (metrics.forgetting, [[0.5, NONE], [0.75, 0.9]], -0.25),
    (metrics.backward_transfer, FORGOTTEN, -1.0), (metrics.backward_transfer, KEPT, 0.0),
    (metrics.backward_transfer, ONE, None),
    (metrics.backward_transfer, GEM, ((0.25 - 0.5) + (0.5 - 1.0)) / 2),
    (metrics.learning_accuracy, FORGOTTEN, 1.0), (metrics.learning_accuracy, KEPT, 0.8),
    (metrics.learning_accuracy, NOT_BEGUN, None),
]  # fmt: skip


@pytest.mark.parametrize(("measure", "accuracy", "value"), HAND)
def test_the_measure_by_hand(measure, accuracy, value):
    assert measure(accuracy) == (value if value is None else pytest.approx(value))


@pytest.mark.parametrize(("next_task", "random_init", "value"), [
    ([0.75, 0.5, None], [0.9, 0.5, 0.25], 0.25), ([0.5], [0.1, 0.75, 0.75], -0.25),
    ([], [0.5, 0.5], None), ([None], [0.5], None),
])  # fmt: skip
def test_forward_transfer_by_hand(next_task, random_init, value):
    assert metrics.forward_transfer(next_task, random_init) == value


@pytest.mark.parametrize(
    ("reference", "value"),
    [(KEPT, 0.0), (FORGOTTEN, 0.2), (NOT_BEGUN, None), ([[1.0, NONE], [NONE, NONE]], 0.1)],
)
def test_intransigence_by_hand_compares_as_many_tasks_as_both_have_learned(reference, value):
    assert metrics.intransigence(KEPT, reference) == (
        value if value is None else pytest.approx(value)
    )


@pytest.mark.parametrize(("values", "mean", "sem"), [
    ([], None, None), ([None], None, None), ([2.0], 2.0, None), ([2.0, None], 2.0, None),
    ([1.0, 3.0], 2.0, 1.0), ([1.0, 1.0, 1.0], 1.0, 0.0),
])  # fmt: skip
def test_mean_and_standard_error_by_hand(values, mean, sem):
    assert metrics.mean_and_sem(values) == (mean, sem)


def any_matrix(seed: int) -> list[list[float | None]]:
    """Returns a random matrix of up to 8 tasks, some not yet learned."""
    draw = random.Random(seed)
    tasks = draw.randint(1, 8)
    learned = draw.randint(0, tasks)
    return [
        [draw.random() if j <= i < learned else None for j in range(tasks)] for i in range(tasks)
    ]


def n_learned(accuracy: list[list[float | None]]) -> int:
    """Returns the number of tasks learned."""
    return len(metrics.learned_rows(accuracy))


def any_quantities(seed: int) -> dict[str, list]:
    """Returns the quantities of a history with random accuracies."""
    draw, accuracy = random.Random(seed), any_matrix(seed)
    tasks, learned = len(accuracy), n_learned(accuracy)
    shares = [draw.random() for _ in range(tasks)]
    points = [sorted(row, key=lambda share: share is None) for row in accuracy for _ in range(3)]
    return {
        "accuracy": accuracy,
        "accuracy_within_task": any_matrix(seed),
        "task_identification": any_matrix(seed),
        "probe_accuracy": [[share and draw.random() for share in row] for row in points],
        "accuracy_given_task": any_matrix(seed),
        "next_task_accuracy": [draw.random() if i + 1 < tasks else None for i in range(learned)],
        "random_init_accuracy": shares,
        "reference_accuracy": [
            [draw.random() if j <= i else None for j in range(tasks)] for i in range(tasks)
        ],
    }


every_matrix = pytest.mark.parametrize("accuracy", [any_matrix(seed) for seed in range(60)])


every_metric = pytest.mark.parametrize("metric", metrics.all_metrics(), ids=lambda m: m.name)


@every_metric
def test_a_metric_is_declared_with_title_meaning_formula_and_doctest(metric):
    assert metric.title.strip() and metric.title[0].isupper()
    assert metric.meaning.strip().endswith(".")
    assert " = " in inspect.getdoc(metric), "the docstring states the formula"
    assert doctest.DocTestParser().get_examples(inspect.getdoc(metric))
    assert isinstance(metric.lower_is_better, bool)


def test_metrics_have_different_names_and_titles():
    found = metrics.all_metrics()
    assert len({m.name for m in found}) == len({m.title for m in found}) == len(found)


@every_metric
def test_a_metric_stays_within_its_bounds_and_is_defined_once_two_tasks_are_learned(metric):
    for seed in range(60):
        quantities = any_quantities(seed)
        value = metric.of(quantities)
        # A difference to cumulative training of differences over time: two steps at most.
        most = 2 if "reference_accuracy" in metric.needs else 1
        assert value is None or -most <= value <= most
        assert value is not None or n_learned(quantities["accuracy"]) < 2


@every_metric
def test_a_metric_is_none_if_nothing_is_learned_or_a_quantity_is_missing(metric):
    quantities = any_quantities(1)
    for name in metric.needs:
        assert metric.of({**quantities, name: None}) is None
        assert metric.of({k: v for k, v in quantities.items() if k != name}) is None
    nothing = {"next_task_accuracy": [], "random_init_accuracy": [0.5, 0.5]}
    matrices = {name: NOT_BEGUN for name in metrics.QUANTITIES if name not in nothing}
    assert metric.of({**matrices, **nothing}) is None


@every_metric
@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_of_a_constant_accuracy_every_metric_is_that_accuracy_or_a_difference_of_0(metric, share):
    constant = [[share, NONE, NONE], [share, share, NONE], [share] * 3]
    quantities = {name: constant for name in metrics.QUANTITIES}
    quantities |= {"next_task_accuracy": [share, share, NONE], "random_init_accuracy": [share] * 3}
    assert metric.of(quantities) in (share, 0)


@every_metric
def test_tasks_not_yet_learned_do_not_change_a_metric(metric):
    for seed in range(60):
        narrow = any_quantities(seed)
        wide = {
            name: [[*row, None, None] for row in value] + [[None] * (len(value) + 2)] * 2
            if isinstance(value[0], list)
            else value
            for name, value in narrow.items()
            if value
        }
        wide["random_init_accuracy"] = [*narrow["random_init_accuracy"], 0.5, 0.5]
        wide.setdefault("next_task_accuracy", [])
        assert metric.of(wide) == metric.of(narrow)


@every_metric
def test_the_direction_of_a_metric_is_the_declared_one(metric):
    """Lower accuracies after the last task never improve a metric."""
    for seed in range(60):
        quantities = any_quantities(seed)
        last = n_learned(quantities["accuracy"]) - 1
        worse = [
            [value and (value / 2 if i == last else value) for value in row]
            for i, row in enumerate(quantities["accuracy"])
        ]
        now, then = metric.of(quantities), metric.of({**quantities, "accuracy": worse})
        if now is not None:
            assert then >= now if metric.lower_is_better else then <= now


def test_a_metric_of_a_quantity_that_no_run_has_is_refused():
    wrong = metrics.metric(title="W", meaning="W.", lower_is_better=True)(lambda acuracy: None)
    with pytest.raises(LifelongError, match="did you mean 'accuracy'"):
        wrong.of({"acuracy": []})


@every_matrix
def test_forgetting_is_at_least_minus_backward_transfer(accuracy):
    """The best accuracy before the last task is at least that just after learning."""
    if n_learned(accuracy) > 1:
        assert metrics.forgetting(accuracy) >= -metrics.backward_transfer(accuracy) - 1e-12


@every_matrix
def test_a_run_has_no_intransigence_beside_itself(accuracy):
    assert metrics.intransigence(accuracy, accuracy) in (0, None)


@every_matrix
def test_average_accuracy_is_learning_accuracy_and_what_came_after(accuracy):
    learned = n_learned(accuracy)
    if learned > 1:
        later = metrics.backward_transfer(accuracy) * (learned - 1) / learned
        assert metrics.average_accuracy(accuracy) == pytest.approx(
            metrics.learning_accuracy(accuracy) + later
        )


@pytest.mark.parametrize(("accuracy", "reference", "drop"), [
    # Lost as much as cumulative training did: nothing forgotten.
    ([[1.0, NONE], [0.75, 1.0]], [[0.5, NONE], [0.25, 0.5]], (0.25, 0.25, 0.0)),
    # Cumulative training gained, and the run stayed where it was: that gain is forgotten.
    ([[0.5, NONE], [0.5, 1.0]], [[0.5, NONE], [0.75, 0.5]], (0.0, -0.25, 0.25)),
    # A run that learned nothing has nothing to lose, and no part is cut off.
    ([[0.0, NONE], [0.0, 1.0]], [[1.0, NONE], [0.75, 1.0]], (0.0, 0.25, -0.25)),
])  # fmt: skip
def test_a_drop_by_hand_keeps_the_signs_of_its_parts(accuracy, reference, drop):
    (found,) = metrics.drops_by_task(accuracy, reference)
    assert found == metrics.Drop(*drop) == metrics.drop_matrix(accuracy, reference)[1][0]


every_pair = pytest.mark.parametrize(
    "quantities", [any_quantities(seed) for seed in range(40)], ids=range(40)
)


@every_pair
def test_harder_and_forgotten_are_the_drop_in_every_cell_task_and_mean(quantities):
    own, reference = quantities["accuracy"], quantities["reference_accuracy"]
    for i, row in enumerate(metrics.drop_matrix(own, reference)):
        for j, cell in enumerate(row):
            assert (cell is None) == (own[i][j] is None)
            if cell is not None:
                assert cell.drop == own[j][j] - own[i][j]
                assert cell.harder == reference[j][j] - reference[i][j]
                assert cell.harder + cell.forgotten == pytest.approx(cell.drop, abs=1e-12)
    if n_learned(own) > 1:
        parts = metrics.harder(own, reference) + metrics.forgotten(own, reference)
        assert parts == pytest.approx(-metrics.backward_transfer(own))


@every_pair
def test_forgotten_is_how_much_the_deficit_to_cumulative_training_has_grown(quantities):
    own, reference = quantities["accuracy"], quantities["reference_accuracy"]
    for i, row in enumerate(metrics.drop_matrix(own, reference)):
        for j, cell in enumerate(row):
            if cell is not None:
                grown = (reference[i][j] - own[i][j]) - (reference[j][j] - own[j][j])
                assert cell.forgotten == pytest.approx(grown)


@every_matrix
def test_a_run_beside_itself_has_forgotten_nothing(accuracy):
    assert metrics.forgotten(accuracy, accuracy) in (0, None)


def test_there_is_no_split_of_a_task_that_the_reference_has_not_learned():
    shorter = [[1.0, NONE, NONE], [0.5, 1.0, NONE], [NONE, NONE, NONE]]
    assert metrics.harder(KEPT, shorter) is metrics.forgotten(KEPT, shorter) is None
    rows = metrics.drop_matrix(KEPT, shorter)
    assert rows[1][0] == metrics.Drop(0.0, 0.5, -0.5) and rows[2] == [None] * 3


VALLEY = [[1.0, NONE], [0.25, 0.5], [0.75, 1.0]]
FALL = [[1.0, NONE], [0.5, 0.5], [0.0, 1.0]]
RISE = [[0.25, NONE], [0.5, 0.5], [0.75, 1.0]]
DIP_THEN_RISE = [[0.5, NONE], [0.25, 0.5], [0.75, 1.0]]
TWO_TASKS = [[1.0, NONE, NONE], [0.5, 1.0, NONE], [0.25, 0.0, 0.5], [0.75, 0.5, 0.25]]


@pytest.mark.parametrize(("points", "least", "worst", "gap"), [
    (VALLEY, 0.25, (0.25 + 1) / 2, 0.5), (FALL, 0.0, 0.5, 0.0), (RISE, 0.5, 0.75, 0.0),
    (DIP_THEN_RISE, 0.25, (0.25 + 1) / 2, 0.25), ([[0.5, NONE]], None, 0.5, None),
    # Task 0: least 0.25, its valley in task 2 0.5 - 0.25; task 1: least 0, its valley 0.5 - 0.
    (TWO_TASKS, (0.25 + 0.0) / 2, (0.25 + 0.0 + 0.25) / 3, (0.0 + 0.25 + 0.5) / 3),
    ([], None, None, None),
])  # fmt: skip
def test_the_measures_of_points_within_tasks_by_hand(points, least, worst, gap):
    found = (metrics.min_accuracy, metrics.worst_case_accuracy, metrics.stability_gap)
    assert tuple(measure(points) for measure in found) == (least, worst, gap)


@every_pair
def test_the_worst_case_is_no_better_than_the_last_point(quantities):
    points = quantities["probe_accuracy"]
    rows = metrics.learned_rows(points)
    if rows:
        assert metrics.worst_case_accuracy(points) <= sum(rows[-1]) / len(rows[-1]) + 1e-12


def test_accuracy_before_a_task_was_learned_is_not_its_minimum():
    """The points of the task itself do not count for it."""
    assert metrics.min_accuracy([[0.0, NONE], [0.5, NONE], [0.75, 0.0]]) == 0.75
