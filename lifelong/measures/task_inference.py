"""Class-incremental accuracy as two questions: of which task is it, and which of its classes?

An answer is correct exactly if it is a class of the image's own task, and the best of that task's
classes is the label. So with c, t and w the events "correct", "answer in the own task" and
"correct with the answer restricted to the own task", c = t and w for every image, and

    P(c) = P(t) P(w | t),   P(t) + P(w) - 1 <= P(c) <= min(P(t), P(w)).

Kim et al., A theoretical study on solving continual learning, NeurIPS 2022, decompose the
probability of a class in the same manner. Where the task is given, or all tasks share the outputs,
there is nothing to identify and both measures are None.
"""

from statistics import fmean

from .declaration import Accuracy, learned_rows, metric


@metric(
    title="Within-task accuracy",
    meaning="Mean accuracy over all tasks learned, the answer restricted to the classes of the"
    " image's own task, as if the task label were given. Higher is better.",
    lower_is_better=False,
)
def within_task_accuracy(accuracy_within_task: Accuracy) -> float | None:
    """Returns the mean over tasks of P(w), after the last task: W = (1/T) sum_j w[T][j].

    >>> within_task_accuracy([[1.0, None], [0.75, 1.0]])
    0.875
    """
    rows = learned_rows(accuracy_within_task)
    return fmean(rows[-1]) if rows else None


@metric(
    title="Task-identification accuracy",
    meaning="Share of the test images whose answer is a class of their own task, right or wrong;"
    " then the mean over all tasks learned. Higher is better.",
    lower_is_better=False,
)
def task_identification_accuracy(task_identification: Accuracy) -> float | None:
    """Returns the mean over tasks of P(t), after the last task: TI = (1/T) sum_j t[T][j].

    >>> task_identification_accuracy([[1.0, None], [0.25, 1.0]])
    0.625
    """
    rows = learned_rows(task_identification)
    return fmean(rows[-1]) if rows else None
