"""Split of a lost accuracy into a harder question and what was forgotten.

In the class-incremental scenario more classes compete at every task, so accuracy on an earlier task
falls even for a model that forgets nothing. What cumulative training, which has all images of all
tasks so far, lost on the same task over the same time is a measure of that. With a* its accuracy:

    drop[i][j]      = a[j][j] - a[i][j]         since task j was just learned, after task i
    harder[i][j]    = a*[j][j] - a*[i][j]       the drop of cumulative training
    forgotten[i][j] = drop[i][j] - harder[i][j]

so that harder + forgotten = drop, always. With the deficit d[i][j] = a*[i][j] - a[i][j] it is
forgotten[i][j] = d[i][j] - d[j][j]: what the run lacks beyond what it lacked when the task was just
learned, which is its part of `intransigence`.

Signs are not cut off. Below zero, harder says that cumulative training gained on the task from
later ones, so a run that stayed where it was has forgotten by that much; and forgotten says that
the run lost less than cumulative training, as one does that had little to lose. Cut to [0, drop],
each part would be biased by chance alone (differences of a few images have both signs), means over
tasks and seeds would no longer add up, and a gain would be hidden. Both are differences of
accuracies of single runs: below a point or so they are chance.

The mean of the drops is minus `backward_transfer`. `forgetting` is another measure: it starts from
the best accuracy since the task was learned, not from the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from .declaration import Accuracy, learned_rows, metric


@dataclass(frozen=True)
class Drop:
    """Accuracy on a task just after it was learned minus accuracy now, in its two parts.

    harder: what cumulative training lost on it. forgotten: the rest. A part below zero is a gain.
    """

    drop: float
    harder: float
    forgotten: float


def drop_matrix(accuracy: Accuracy, reference_accuracy: Accuracy) -> list[list[Drop | None]]:
    """Returns the drop after each task on each task learned by then, see the module.

    It has the shape of `accuracy`; None where either has not learned both tasks. On the diagonal
    all is 0.

    >>> rows = drop_matrix([[1.0, None], [0.25, 1.0]], [[1.0, None], [0.75, 1.0]])
    >>> rows[1][0], rows[0][1]
    (Drop(drop=0.75, harder=0.25, forgotten=0.5), None)
    """
    own, reference = learned_rows(accuracy), learned_rows(reference_accuracy)
    square: list[list[Drop | None]] = [[None] * len(row) for row in accuracy]
    for i in range(min(len(own), len(reference))):
        square[i][: i + 1] = [_drop(own, reference, i, j) for j in range(i + 1)]
    return square


def _drop(own: list[list[float]], reference: list[list[float]], i: int, j: int) -> Drop:
    drop, harder = (rows[j][j] - rows[i][j] for rows in (own, reference))
    return Drop(drop, harder, drop - harder)


def drops_by_task(accuracy: Accuracy, reference_accuracy: Accuracy) -> list[Drop] | None:
    """Returns the drop of each task but the last at the end; None if the reference is not there.

    The reference must have learned as many tasks as the run.

    >>> drops_by_task([[1.0, None], [0.25, 1.0]], [[1.0, None], [0.75, 1.0]])
    [Drop(drop=0.75, harder=0.25, forgotten=0.5)]
    """
    last = len(learned_rows(accuracy)) - 1
    row: Sequence[Drop | None] = drop_matrix(accuracy, reference_accuracy)[last] if last > 0 else ()
    found = [drop for drop in row if drop is not None]
    return found[:-1] or None


@metric(
    title="Harder question",
    meaning="For each earlier task, the accuracy that cumulative training lost on it since it was"
    " just learned: the question is harder, as more classes compete; then the mean.",
    lower_is_better=True,
)
def harder(accuracy: Accuracy, reference_accuracy: Accuracy) -> float | None:
    """Returns the mean drop of cumulative training: the part of a drop that is no forgetting.

    H = 1/(T-1) sum_{j<T} a*[j][j] - a*[T][j]; H plus `forgotten` is minus `backward_transfer`.

    >>> harder([[1.0, None], [0.25, 1.0]], [[1.0, None], [0.75, 1.0]])
    0.25
    """
    drops = drops_by_task(accuracy, reference_accuracy)
    return fmean(drop.harder for drop in drops) if drops else None


@metric(
    title="Forgotten",
    meaning="For each earlier task, the accuracy lost since it was just learned, minus that which"
    " cumulative training lost on it; then the mean. Lower is better.",
    lower_is_better=True,
)
def forgotten(accuracy: Accuracy, reference_accuracy: Accuracy) -> float | None:
    """Returns the mean drop beyond that of cumulative training, a*; see the module about signs.

    G = 1/(T-1) sum_{j<T} (a[j][j] - a[T][j]) - (a*[j][j] - a*[T][j]).

    >>> forgotten([[1.0, None], [0.25, 1.0]], [[1.0, None], [0.75, 1.0]])
    0.5
    """
    drops = drops_by_task(accuracy, reference_accuracy)
    return fmean(drop.forgotten for drop in drops) if drops else None
