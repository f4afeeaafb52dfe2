"""The accuracy on the worst task."""

from lifelong.metrics import Accuracy, learned_rows, metric


@metric(
    title="Worst accuracy (toy)",
    meaning="Accuracy on the task that is answered worst at the end.",
    lower_is_better=False,
)
def toy_worst_accuracy(accuracy: Accuracy) -> float | None:
    """Returns the smallest accuracy after the last task: A = min_j a[T][j].

    >>> toy_worst_accuracy([[1.0, None], [0.25, 0.9]])
    0.25
    """
    rows = learned_rows(accuracy)
    return min(rows[-1]) if rows else None
