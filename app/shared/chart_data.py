"""Plain rows for charts and tables, made from a run's history; no user interface in here."""

from lifelong.api import History

NO_BREAK = "\u00a0"
MINUS = "\u2212"


def percent(share: float | None) -> str:
    """A share as people read it, to a tenth of a per cent.

    >>> percent(0.1953), percent(1.0), percent(None)
    ('19.5\\xa0%', '100\\xa0%', '–')
    """
    if share is None:
        return "–"
    rounded = round(share * 100, 1) + 0.0  # adding zero turns -0.0 into 0.0
    return f"{rounded:.1f}".removesuffix(".0") + NO_BREAK + "%"


def whole(share: float) -> str:
    """A share to the whole per cent, for labels within charts; only what is all or nothing reads 100 or 0."""
    rounded = round(share * 100)
    if rounded in (0, 100) and abs(rounded / 100 - share) > 0.0005:
        return percent(share)
    return f"{rounded}{NO_BREAK}%"


def names(history: History) -> list[str]:
    """What each task is called: 'Task 1', ... or, in the transfer scenario, 'Source' and 'Target'."""
    return history.config.rules.task_names(history.config.tasks)


def classes(history: History) -> list[str]:
    """The classes of each task as one short text, empty before the run has begun."""
    if not history.has_started:
        return [""] * history.config.tasks
    return [_listed(group) for group in history.started.classes]


def _listed(group: tuple[str, ...]) -> str:
    ordered = sorted(group) if all(name.isdigit() for name in group) else group
    return ", ".join(ordered) if len(group) <= 5 else ", ".join([*ordered[:4], "…"])


def titles(history: History) -> list[str]:
    """Each task with its classes: 'Task 1 (0, 1)'."""
    return [
        f"{name} ({group})" if group else name
        for name, group in zip(names(history), classes(history))
    ]


def curve(history: History) -> list[dict]:
    """One row for each task and each later point in time: its accuracy there and just after it was learned."""
    name, a = titles(history), history.accuracy
    return [
        {"task": on, "after": after, "accuracy": a[after][on], "first": a[on][on], "name": name[on]}
        for after in range(len(history.learned))
        for on in range(after + 1)
    ]


def after_table(history: History) -> list[dict]:
    """The rows of `curve` with what is told at each: the moment, and every task's accuracy as t0, t1, ..."""
    name, a = titles(history), history.accuracy
    return [
        {
            **row,
            "moment": f"after {name[row['after']]}",
            **{f"t{on}": percent(share) for on, share in enumerate(a[row["after"]])},
        }
        for row in curve(history)
    ]


def steepest(history: History, task: int) -> dict | None:
    """Where this task fell most from one task to the next: after, before, accuracy; None below 5 points."""
    a, last = history.accuracy, len(history.learned) - 1
    falls = [
        {"after": i + 1, "before": a[i][task], "accuracy": a[i + 1][task]}
        for i in range(task, last)
    ]
    worst = max(falls, key=lambda fall: fall["before"] - fall["accuracy"], default=None)
    return worst if worst and worst["before"] - worst["accuracy"] >= 0.05 else None


def inside(history: History) -> list[dict]:
    """One row for each task and each evaluation during training.

    at: tasks learned so far, with the share of the begun one; head: whether it is the newest.
    """
    newest = history.steps[-1] if history.steps else None
    return [
        {"task": on, "at": s.task + s.step / s.steps, "accuracy": share, "head": s is newest}
        for s in history.steps
        for on, share in enumerate(s.probe)
    ]


def inside_table(history: History) -> list[dict]:
    """One row for each evaluation during training, with every task's accuracy as t0, t1, ..."""
    name, tasks = names(history), range(history.config.tasks)
    return [
        {
            "task": s.task,
            "at": s.task + s.step / s.steps,
            "accuracy": s.probe[s.task],
            "moment": f"{name[s.task]}, step {s.step} of {s.steps}",
            **{f"t{on}": percent(s.probe[on] if on <= s.task else None) for on in tasks},
        }
        for s in history.steps
    ]


def ceiling(cumulative: History, task: int | None = None) -> list[dict]:
    """What cumulative training reaches after each task: on one task, or the mean over the tasks so far."""
    a = cumulative.accuracy
    reached = len(cumulative.learned)
    if task is not None:
        return [{"after": after, "accuracy": a[after][task]} for after in range(task, reached)]
    return [
        {"after": after, "accuracy": sum(a[after][: after + 1]) / (after + 1)}
        for after in range(reached)
    ]


def ends(values: list[tuple[str, float]], apart: float = 0.05) -> list[dict]:
    """Labels for the ends of lines: tasks that end alike share one, and none stands closer than `apart` to the next.

    values: a name and a height in [0, 1] each. Returns rows with the text and the height it stands at.

    >>> ends([("Task 1", 0.0), ("Task 2", 0.0), ("chance", 0.02)])
    [{'accuracy': 0.0, 'text': 'Tasks 1, 2 0\xa0%'}, {'accuracy': 0.05, 'text': 'chance 2\xa0%'}]
    """
    groups: list[list[tuple[str, float]]] = []
    for name, height in sorted(values, key=lambda pair: pair[1]):
        tasks = groups and name.startswith("Task ") and groups[-1][-1][0].startswith("Task ")
        if tasks and height - groups[-1][0][1] < 0.015:
            groups[-1].append((name, height))
        else:
            groups.append([(name, height)])
    heights = _spread([sum(height for _, height in group) / len(group) for group in groups], apart)
    return [{"accuracy": height, "text": _end(group)} for height, group in zip(heights, groups)]


def _spread(heights: list[float], apart: float) -> list[float]:
    """Ascending heights pushed up where they crowd, then down again from the top."""
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + apart)
    ceiling = 1.0
    for i in reversed(range(len(heights))):
        heights[i] = min(heights[i], ceiling)
        ceiling = heights[i] - apart
    return heights


def _end(group: list[tuple[str, float]]) -> str:
    low, high = whole(group[0][1]), whole(group[-1][1])
    value = low if low == high else f"{low.removesuffix(NO_BREAK + '%')}–{high}"
    return f"{_together([name for name, _ in group])} {value}"


def _together(group: list[str]) -> str:
    """Several tasks as one: 'Tasks 1–4', 'Tasks 1, 3', '5 tasks'."""
    if len(group) == 1 or not all(name.startswith("Task ") for name in group):
        return ", ".join(group)
    numbers = sorted(int(name.split()[1]) for name in group)
    if len(numbers) > 2:
        return (
            f"Tasks {numbers[0]}–{numbers[-1]}"
            if numbers[-1] - numbers[0] == len(numbers) - 1
            else f"{len(numbers)} tasks"
        )
    return "Tasks " + ", ".join(map(str, numbers))


def cells(history: History, drop: bool = False) -> list[dict]:
    """One row for each cell of the matrix.

    shown: the accuracy or, with drop, its change since the task was learned; text: the same for people.
    """
    told = titles(history)
    return [
        {
            "task": row["task"],
            "after": row["after"],
            "shown": shown,
            "text": _in_cell(shown, drop),
            "name": row["name"],
            "moment": told[row["after"]],
            "accuracy": percent(row["accuracy"]),
            "change": points(row["accuracy"] - row["first"]),
        }
        for row in curve(history)
        for shown in [row["accuracy"] - row["first"] if drop else row["accuracy"]]
    ]


def _in_cell(share: float, signed: bool) -> str:
    value = round(share * 100, 1) + 0.0
    return (
        (f"{value:+.1f}" if signed and value else f"{value:.1f}")
        .removesuffix(".0")
        .replace("-", MINUS)
    )


def points(change: float) -> str:
    """A difference of two shares in points of a per cent, with its sign.

    >>> points(-0.5)
    '−50\\xa0points'
    """
    value = round(change * 100, 1) + 0.0
    number = (f"{value:+.1f}" if value else "0").removesuffix(".0").replace("-", MINUS)
    return f"{number}{NO_BREAK}point{'' if abs(value) == 1 else 's'}"


def csv(history: History) -> str:
    """The accuracy matrix as a table: a line for each moment, a column for each task, empty where not yet learned."""
    head = ["after", *names(history)]
    lines = [
        [name, *("" if share is None else f"{share:.6f}" for share in row)]
        for name, row in zip(names(history), history.accuracy)
    ]
    return "\n".join(",".join(line) for line in [head, *lines]) + "\n"
