"""Rows for charts and tables, made from a run's history. No user interface."""

from typing import Any

import pandas as pd

from ..events import Step
from ..formatting import NO_BREAK, number, percent, signed_number, signed_points, whole_percent
from ..metrics import Drop
from ..runs.history import History

Row = dict[str, Any]
MOST_MOMENTS = 400  # that a chart can show side by side; the recipes have 50 to 100


def accuracy_rows(history: History) -> list[tuple[float, ...]]:
    """Returns accuracy[after][on] of the tasks learned; row `after` has after + 1 entries."""
    return [event.accuracy for event in history.learned]


def task_names(history: History) -> list[str]:
    """Returns the name of each task: 'Task 1', ... or 'Source' and 'Target'."""
    return history.config.rules.task_names(history.config.tasks)


def class_lists(history: History) -> list[str]:
    """Returns the classes of each task as one short text, empty before the run has begun."""
    if not history.has_started:
        return [""] * history.config.tasks
    return [_enumeration(group) for group in history.started.classes]


def _enumeration(group: tuple[str, ...]) -> str:
    ordered = sorted(group) if all(name.isdigit() for name in group) else group
    return ", ".join(ordered) if len(group) <= 5 else ", ".join([*ordered[:4], "…"])


def task_titles(history: History) -> list[str]:
    """Returns each task with its classes: 'Task 1 (0, 1)'."""
    return [
        f"{name} ({group})" if group else name
        for name, group in zip(task_names(history), class_lists(history))
    ]


def curve_rows(history: History) -> list[Row]:
    """Returns a row for each task and each later moment: accuracy then, and when just learned."""
    titles, accuracy = task_titles(history), accuracy_rows(history)
    return [
        {
            "task": on,
            "after": after,
            "accuracy": accuracy[after][on],
            "first": accuracy[on][on],
            "name": titles[on],
        }
        for after in range(len(accuracy))
        for on in range(after + 1)
    ]


def curve_tooltips(history: History, tasks: list[int]) -> list[Row]:
    """Returns the rows of `curve_rows` of some tasks with the moment and the accuracy on each of
    them, t0, t1, ...
    """
    titles, accuracy = task_titles(history), history.accuracy
    return [
        {
            **row,
            "moment": f"after {titles[row['after']]}",
            **{f"t{on}": percent(accuracy[row["after"]][on]) for on in tasks},
        }
        for row in curve_rows(history)
        if row["task"] in tasks
    ]


def steepest_drop(history: History, task: int) -> Row | None:
    """Returns a task's largest drop while one task was learned; None below 5 points.

    after: the task learned meanwhile; before, accuracy: of `task`, before and after that.
    """
    accuracy = accuracy_rows(history)
    drops = [
        {"after": after, "before": accuracy[after - 1][task], "accuracy": accuracy[after][task]}
        for after in range(task + 1, len(accuracy))
    ]
    worst = max(drops, key=lambda drop: drop["before"] - drop["accuracy"], default=None)
    return worst if worst and worst["before"] - worst["accuracy"] >= 0.05 else None


def shown_steps(history: History) -> list[Step]:
    """Returns the evaluations during training that a chart shows: of many, at most MOST_MOMENTS.

    Every second, fourth, eighth ... and the newest, so that what is shown stays as the run goes on.
    """
    steps = history.steps
    stride = 1
    while len(steps) > stride * MOST_MOMENTS:
        stride *= 2
    return [*steps[:-1:stride], *steps[-1:]]


def live_rows(history: History, tasks: list[int]) -> list[Row]:
    """Returns a row for each of the tasks and each evaluation of `shown_steps`.

    at: tasks learned so far, with the share of the begun one; head: whether it is the newest.
    """
    newest = history.steps[-1] if history.steps else None
    return [
        {"task": on, "at": s.task + s.step / s.steps, "accuracy": share, "head": s is newest}
        for s in shown_steps(history)
        for on, share in enumerate(s.probe)
        if on in tasks
    ]


def live_tooltips(history: History, tasks: list[int]) -> list[Row]:
    """Returns a row for each of `shown_steps`, with the accuracy on some tasks, t0, t1, ..."""
    names = task_names(history)
    return [
        {
            "task": s.task,
            "at": s.task + s.step / s.steps,
            "accuracy": s.probe[s.task],
            "moment": f"{names[s.task]}, step {s.step} of {s.steps}",
            **{f"t{on}": percent(s.probe[on] if on <= s.task else None) for on in tasks},
        }
        for s in shown_steps(history)
    ]


def reference_rows(reference: History, task: int | None = None) -> list[Row]:
    """Returns the reference run's accuracy after each task: on one task, or the mean so far."""
    accuracy = accuracy_rows(reference)
    if task is not None:
        after_it = range(task, len(accuracy))
        return [{"after": after, "accuracy": accuracy[after][task]} for after in after_it]
    return [{"after": after, "accuracy": sum(row) / len(row)} for after, row in enumerate(accuracy)]


def given_task_rows(history: History, task: int) -> list[Row]:
    """Returns the accuracy on a task with the task label given, after each task since it."""
    rows = [event.accuracy_given_task for event in history.learned]
    return [
        {"task": task, "after": after, "accuracy": rows[after][task]}
        for after in range(task, len(rows))
    ]


def end_labels(values: list[tuple[str, float]], apart: float = 0.05) -> list[Row]:
    """Returns labels for the ends of lines, at least `apart` from each other.

    values: a name and a height in [0, 1] each; tasks that end alike share one label.

    >>> labels = [("Task 1", 0.0), ("Task 2", 0.0), ("chance", 0.02)]
    >>> end_labels(labels)  # doctest: +NORMALIZE_WHITESPACE
    [{'accuracy': 0.0, 'text': 'Tasks 1, 2: 0\\xa0%'},
     {'accuracy': 0.05, 'text': 'chance: 2\\xa0%'}]
    """
    groups: list[list[tuple[str, float]]] = []
    for name, height in sorted(values, key=lambda pair: pair[1]):
        tasks = groups and name.startswith("Task ") and groups[-1][-1][0].startswith("Task ")
        if tasks and height - groups[-1][0][1] < 0.015:
            groups[-1].append((name, height))
        else:
            groups.append([(name, height)])
    heights = _spread([sum(height for _, height in group) / len(group) for group in groups], apart)
    return [
        {"accuracy": height, "text": _end_text(group)} for height, group in zip(heights, groups)
    ]


def _spread(heights: list[float], apart: float) -> list[float]:
    """Moves ascending heights up where they crowd, then down again from the top."""
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + apart)
    ceiling = 1.0
    for i in reversed(range(len(heights))):
        heights[i] = min(heights[i], ceiling)
        ceiling = heights[i] - apart
    return heights


def _end_text(group: list[tuple[str, float]]) -> str:
    low, high = whole_percent(group[0][1]), whole_percent(group[-1][1])
    value = low if low == high else f"{low.removesuffix(NO_BREAK + '%')}–{high}"
    return f"{_joint_name([name for name, _ in group])}: {value}"


def _joint_name(group: list[str]) -> str:
    """Returns one name for several tasks: 'Tasks 1–4', 'Tasks 1, 3', '5 tasks'."""
    if len(group) == 1 or not all(name.startswith("Task ") for name in group):
        return ", ".join(group)
    numbers = sorted(int(name.split()[1]) for name in group)
    if len(numbers) <= 2:
        return "Tasks " + ", ".join(map(str, numbers))
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"Tasks {numbers[0]}–{numbers[-1]}"
    return f"{len(numbers)} tasks"


def matrix_rows(
    history: History, drop: bool = False, parts: list[list[Drop | None]] | None = None
) -> list[Row]:
    """Returns a row for each cell of the accuracy matrix.

    shown: the accuracy or, with drop, its change since the task was learned; with parts,
    drops[after][on], minus what of that is forgotten. text: its label.
    """
    titles = task_titles(history)
    if parts is not None:
        return _forgotten_rows(matrix_rows(history, drop=True), parts)
    return [
        {
            "task": row["task"],
            "after": row["after"],
            "shown": shown,
            "text": signed_number(shown) if drop else number(shown),
            "name": row["name"],
            "moment": titles[row["after"]],
            "accuracy": percent(row["accuracy"]),
            "change": signed_points(row["accuracy"] - row["first"]),
        }
        for row in curve_rows(history)
        for shown in [row["accuracy"] - row["first"] if drop else row["accuracy"]]
    ]


def _forgotten_rows(rows: list[Row], parts: list[list[Drop | None]]) -> list[Row]:
    found = []
    for row in rows:
        part = parts[row["after"]][row["task"]]
        if part is not None:
            lost = part.forgotten + 0.0
            found.append(row | {"shown": -lost, "text": signed_number(lost).removeprefix("+")})
    return found


def matrix_csv(history: History) -> str:
    """Returns the accuracy matrix as CSV: a line a moment, a column a task, empty if unknown."""
    names = task_names(history)
    table = pd.DataFrame(history.accuracy, index=names, columns=names, dtype=float)
    return table.to_csv(index_label="after", float_format="%.6f", lineterminator="\n")
