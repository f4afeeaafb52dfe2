"""The measures, on matrices whose answer can be read off, and laws that hold for every matrix."""

import random

import pytest

from lifelong import metrics

NONE = None
FORGOTTEN = [[1.0, NONE, NONE], [0.0, 1.0, NONE], [0.0, 0.0, 1.0]]
KEPT = [[0.9, NONE, NONE], [0.9, 0.8, NONE], [0.9, 0.8, 0.7]]
ONE = [[0.6, NONE], [NONE, NONE]]
NOT_BEGUN = [[NONE, NONE], [NONE, NONE]]
GEM = [[0.5, NONE, NONE], [0.75, 1.0, NONE], [0.25, 0.5, 0.75]]

HAND = [
    # measure, accuracy, value
    (metrics.learned, FORGOTTEN, 3), (metrics.learned, ONE, 1), (metrics.learned, NOT_BEGUN, 0),
    (metrics.average_accuracy, FORGOTTEN, 1 / 3), (metrics.average_accuracy, KEPT, 0.8), (metrics.average_accuracy, ONE, 0.6),
    (metrics.average_accuracy, GEM, 0.5), (metrics.average_accuracy, NOT_BEGUN, None),
    (metrics.average_incremental_accuracy, FORGOTTEN, (1 + 1 / 2 + 1 / 3) / 3), (metrics.average_incremental_accuracy, ONE, 0.6),
    (metrics.average_incremental_accuracy, NOT_BEGUN, None),
    (metrics.forgetting, FORGOTTEN, 1.0), (metrics.forgetting, KEPT, 0.0), (metrics.forgetting, ONE, None), (metrics.forgetting, NOT_BEGUN, None),
    (metrics.forgetting, GEM, (0.5 + 0.5) / 2),  # the first task was best after the second: 0.75 - 0.25
    (metrics.forgetting_by_task, GEM, [0.5, 0.5]), (metrics.forgetting_by_task, ONE, []), (metrics.forgetting_by_task, NOT_BEGUN, []),
    (metrics.forgetting, [[0.5, NONE], [0.75, 0.9]], -0.25),  # better than ever: the last row is no part of the largest
    (metrics.backward_transfer, FORGOTTEN, -1.0), (metrics.backward_transfer, KEPT, 0.0), (metrics.backward_transfer, ONE, None),
    (metrics.backward_transfer, GEM, ((0.25 - 0.5) + (0.5 - 1.0)) / 2),
    (metrics.learning_accuracy, FORGOTTEN, 1.0), (metrics.learning_accuracy, KEPT, 0.8), (metrics.learning_accuracy, NOT_BEGUN, None),
]  # fmt: skip


@pytest.mark.parametrize(("measure", "accuracy", "value"), HAND)
def test_the_measure_by_hand(measure, accuracy, value):
    assert measure(accuracy) == (value if value is None else pytest.approx(value))


@pytest.mark.parametrize(("ahead", "untrained", "value"), [
    ([0.75, 0.5, None], [0.9, 0.5, 0.25], 0.25), ([0.5], [0.1, 0.75, 0.75], -0.25), ([], [0.5, 0.5], None), ([None], [0.5], None),
])  # fmt: skip
def test_forward_transfer_by_hand(ahead, untrained, value):
    assert metrics.forward_transfer(ahead, untrained) == value


@pytest.mark.parametrize(
    ("joint", "value"),
    [(KEPT, 0.0), (FORGOTTEN, 0.2), (NOT_BEGUN, None), ([[1.0, NONE], [NONE, NONE]], 0.1)],
)
def test_intransigence_by_hand_compares_as_many_tasks_as_both_have_learned(joint, value):
    assert metrics.intransigence(KEPT, joint) == (value if value is None else pytest.approx(value))


@pytest.mark.parametrize(("values", "mean", "sem"), [
    ([], None, None), ([None], None, None), ([2.0], 2.0, None), ([2.0, None], 2.0, None), ([1.0, 3.0], 2.0, 1.0), ([1.0, 1.0, 1.0], 1.0, 0.0),
])  # fmt: skip
def test_mean_and_standard_error_by_hand(values, mean, sem):
    assert metrics.mean_and_sem(values) == (mean, sem)


def any_matrix(seed: int) -> list[list[float | None]]:
    """A matrix of up to 8 tasks, some of them not yet learned."""
    draw = random.Random(seed)
    tasks = draw.randint(1, 8)
    learned = draw.randint(0, tasks)
    return [
        [draw.random() if j <= i < learned else None for j in range(tasks)] for i in range(tasks)
    ]


every_matrix = pytest.mark.parametrize("accuracy", [any_matrix(seed) for seed in range(60)])


@every_matrix
def test_measures_stay_within_their_bounds(accuracy):
    for measure, low in (
        (metrics.average_accuracy, 0), (metrics.average_incremental_accuracy, 0), (metrics.learning_accuracy, 0),
        (metrics.forgetting, -1), (metrics.backward_transfer, -1),
    ):  # fmt: skip
        value = measure(accuracy)
        assert (value is None) == (metrics.learned(accuracy) < (2 if low else 1))
        assert value is None or low <= value <= 1


@every_matrix
def test_forgetting_is_at_least_minus_backward_transfer(accuracy):
    """The largest accuracy before the last task is at least that just after the task was learned."""
    if metrics.learned(accuracy) > 1:
        assert metrics.forgetting(accuracy) >= -metrics.backward_transfer(accuracy) - 1e-12


@every_matrix
def test_tasks_still_to_come_do_not_move_a_measure(accuracy):
    wider = [[*row, None, None] for row in accuracy] + [[None] * (len(accuracy) + 2)] * 2
    for measure in (
        metrics.average_accuracy,
        metrics.average_incremental_accuracy,
        metrics.forgetting,
        metrics.backward_transfer,
        metrics.learning_accuracy,
    ):
        assert measure(wider) == measure(accuracy)


@every_matrix
def test_a_run_has_no_intransigence_beside_itself(accuracy):
    assert metrics.intransigence(accuracy, accuracy) in (0, None)


@every_matrix
def test_average_accuracy_is_learning_accuracy_and_what_came_after(accuracy):
    learned = metrics.learned(accuracy)
    if learned > 1:
        later = metrics.backward_transfer(accuracy) * (learned - 1) / learned
        assert metrics.average_accuracy(accuracy) == pytest.approx(
            metrics.learning_accuracy(accuracy) + later
        )
