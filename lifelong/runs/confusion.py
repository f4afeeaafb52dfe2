"""Confusion matrix of a run after one of its tasks. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ..config import RunConfig
from ..errors import unknown_name


@dataclass(frozen=True)
class AnswerShare:
    """Share, in [0, 1], and number of a class's test images that got one answer."""

    answer: str
    share: float
    images: int


@dataclass(frozen=True)
class Confusion:
    """Confusion matrix over the test images of the tasks so far: counts[row][column].

    A row is a true class, of those learned so far in the order of arrival; it sums to the number
    of the class's test images. A column is an output that is active for some image:

    - class-incremental: the classes learned so far, or all of the run with the recipe paper;
    - task-incremental and transfer: the classes learned so far, of which only those of the image's
      own task compete: all other cells are 0;
    - domain-incremental: the outputs that all tasks share, each named after its class in every
      task so far ("0 or 2 or 4").

    classes, answers: names of rows and columns. tasks: the task of each row. correct: the column of
    each row's correct answer.
    """

    classes: tuple[str, ...]
    answers: tuple[str, ...]
    tasks: tuple[int, ...]
    correct: tuple[int, ...]
    counts: tuple[tuple[int, ...], ...]

    @cached_property
    def images(self) -> tuple[int, ...]:
        """Number of test images of each class."""
        return tuple(map(sum, self.counts))

    @property
    def per_class_accuracy(self) -> tuple[float, ...]:
        """Share of each class's test images that are classified correctly."""
        return tuple(row[c] / sum(row) if sum(row) else 0.0 for row, c in self._rows_and_correct)

    @property
    def _rows_and_correct(self) -> list[tuple[tuple[int, ...], int]]:
        return list(zip(self.counts, self.correct))

    @cached_property
    def accuracy(self) -> tuple[float, ...]:
        """Accuracy on each task so far, by image."""
        right = [row[c] for row, c in self._rows_and_correct]
        return self._shares_by_task(right)

    def _shares_by_task(self, counts: Sequence[int]) -> tuple[float, ...]:
        of_task = [
            [i for i, task in enumerate(self.tasks) if task == t] for t in range(self.tasks[-1] + 1)
        ]
        images = self.images
        return tuple(sum(counts[i] for i in r) / sum(images[i] for i in r) for r in of_task)

    def of_task(self, task: int, most: int) -> "Confusion":
        """Returns the part about the classes of one task: `most` answers at most, the correct and
        the most frequent ones; all others together are the last.
        """
        rows = [i for i, of in enumerate(self.tasks) if of == task]
        total = [sum(counts) for counts in zip(*(self.counts[i] for i in rows))]
        correct = dict.fromkeys(self.correct[i] for i in rows)
        frequent = sorted(range(len(total)), key=lambda c: (c not in correct, -total[c]))[:most]
        columns = sorted(c for c in frequent if c in correct or total[c])
        counts = [tuple(self.counts[i][c] for c in columns) for i in rows]
        others = [self.images[i] - sum(row) for i, row in zip(rows, counts)]
        answers = tuple(self.answers[c] for c in columns)
        if any(others):
            counts = [(*row, rest) for row, rest in zip(counts, others)]
            answers = (*answers, "other classes")
        return Confusion(
            classes=tuple(self.classes[i] for i in rows),
            answers=answers,
            tasks=(task,) * len(rows),
            correct=tuple(columns.index(self.correct[i]) for i in rows),
            counts=tuple(counts),
        )

    def answers_of(self, name: str) -> list[AnswerShare]:
        """Returns the answers that the test images of a class got, the most frequent first.

        Where tasks share the outputs, an answer is the class of the image's own task.
        Raises LifelongError for a name that is none of the classes learned so far.
        """
        if name not in self.classes:
            raise unknown_name("class", name, self.classes)
        row = self.classes.index(name)
        own = {c: n for n, c, t in self._named_outputs if t == self.tasks[row]}
        shared = len(set(self.correct)) < len(self.correct)
        names = [own.get(c, n) if shared else n for c, n in enumerate(self.answers)]
        counts, images = self.counts[row], self.images[row]
        found = [AnswerShare(n, count / images, count) for n, count in zip(names, counts) if count]
        return sorted(found, key=lambda answer: -answer.images)

    @property
    def _named_outputs(self) -> list[tuple[str, int, int]]:
        return list(zip(self.classes, self.correct, self.tasks))


def task_identification(
    classes: Sequence[Sequence[str]], rows: Sequence[dict[int, int]]
) -> tuple[float, ...]:
    """Returns the share of each task's test images whose answer is a class of the task.

    It is of use where every class has an output of its own. Each count is looked at once: a matrix
    for each of many tasks would take seconds. classes: names by task, of the tasks so far. rows:
    see `events.TaskLearned.confusion`.
    """
    shares, first = [], 0
    for names in classes:
        end = first + len(names)
        counts = [item for row in rows[first:end] for item in row.items()]
        own = sum(images for output, images in counts if first <= output < end)
        shares.append(own / sum(images for _output, images in counts))
        first = end
    return tuple(shares)


def confusion_of(
    config: RunConfig, classes: Sequence[Sequence[str]], after: int, rows: Sequence[dict[int, int]]
) -> Confusion:
    """Returns the confusion matrix that a record holds.

    classes: names by task, of the whole run. rows: see `events.TaskLearned.confusion`.
    """
    classes = classes[: config.of_task(after).tasks]  # without those that were taught later
    seen = [(name, t) for t, names in enumerate(classes[: after + 1]) for name in names]
    if config.rules.shared_outputs:
        correct = [c for names in classes[: after + 1] for c in range(len(names))]
        columns = [
            " or ".join(dict.fromkeys(names[c] for names in classes[: after + 1] if c < len(names)))
            for c in range(max(map(len, classes)))
        ]
    else:
        correct = list(range(len(seen)))
        compete = config.rules.infers_task and config.training_recipe.active_classes == "all"
        columns = [name for names in classes for name in names][: None if compete else len(seen)]
    return Confusion(
        classes=tuple(name for name, _ in seen),
        answers=tuple(columns),
        tasks=tuple(task for _, task in seen),
        correct=tuple(correct),
        counts=tuple(_filled(row, len(columns)) for row in rows),
    )


def _filled(row: dict[int, int], columns: int) -> tuple[int, ...]:
    """Returns the counts of a class with the zeros that a record leaves out."""
    counts = [0] * columns
    for output, images in row.items():
        if output < columns:
            counts[output] = images
    return tuple(counts)
