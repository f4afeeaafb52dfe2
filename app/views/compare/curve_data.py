"""Rows of the curves: accuracy over all tasks so far and on task 1, by configuration. Pure."""

from collections.abc import Sequence

from app.views.compare.configurations import Configuration
from app.views.compare.marks import CUMULATIVE, signs
from lifelong import api
from lifelong.api import History
from lifelong.charts import chart_data
from lifelong.charts.chart_data import Row
from lifelong.formatting import percent, spread, whole_percent

PANELS = ("average", "first")
COVERED = 0.012  # of accuracy: lines closer than that cover each other


def panel_value(panel: str, accuracies: Sequence[float]) -> float:
    """Returns what a panel shows of the accuracies on the tasks so far: their mean, or the first.

    >>> panel_value("average", [0.5, 1.0]), panel_value("first", [0.5, 1.0])
    (0.75, 0.5)
    """
    return accuracies[0] if panel == "first" else sum(accuracies) / len(accuracies)


def means(histories: Sequence[History], panel: str) -> list[tuple[float, float | None, int]]:
    """Returns mean, standard error and number of runs after each task that a run has learned."""
    longest = max((len(history.learned) for history in histories), default=0)
    found = []
    for after in range(longest):
        values = [
            panel_value(panel, history.learned[after].accuracy)
            for history in histories
            if len(history.learned) > after
        ]
        mean, sem = api.mean_and_sem(values)
        if mean is not None:
            found.append((mean, sem, len(values)))
    return found


def point_rows(lines: Sequence[tuple[str, Sequence[History]]]) -> list[Row]:
    """Returns a row for each line, panel and task learned. lines: a title and its runs."""
    dashed = {panel: covering(lines, panel) for panel in PANELS}
    return [
        {
            "line": title,
            "covers": title in dashed[panel],
            "panel": panel,
            "x": after + 1,
            "accuracy": mean,
            "low": max(mean - (sem or 0), 0),
            "high": min(mean + (sem or 0), 1),
        }
        for title, histories in lines
        for panel in PANELS
        for after, (mean, sem, _) in enumerate(means(histories, panel))
    ]


def covering(lines: Sequence[tuple[str, Sequence[History]]], panel: str) -> set[str]:
    """Returns the lines that lie on an earlier one; dashed, they let it be seen."""
    found: set[str] = set()
    seen: list[list[float]] = []
    for title, histories in lines:
        curve = [mean for mean, _, _ in means(histories, panel)]
        if any(_coincide(curve, other) for other in seen):
            found.add(title)
        else:
            seen.append(curve)
    return found


def _coincide(one: Sequence[float], other: Sequence[float]) -> bool:
    pairs = list(zip(one, other))
    return len(pairs) > 1 and all(abs(a - b) < COVERED for a, b in pairs)


def live_rows(lines: Sequence[tuple[str, Sequence[History]]]) -> list[Row]:
    """Returns the probes within the task that a run is at, from the end of the task before."""
    return [
        {"line": title, "panel": panel, "x": x, "accuracy": accuracy}
        for title, histories in lines
        for panel in PANELS
        for history in histories[:1]
        for x, accuracy in _trace(history, panel)
    ]


def _trace(history: History, panel: str) -> list[tuple[float, float]]:
    done = len(history.learned)
    steps = [step for step in history.steps if step.task == done]
    if not steps:
        return []
    start = [(float(done), panel_value(panel, history.learned[-1].accuracy))] if done else []
    points = start + [(s.task + s.step / s.steps, panel_value(panel, s.probe)) for s in steps]
    return [(x, accuracy) for x, accuracy in points if x >= 1]  # where the axis begins


def tooltip_rows(lines: Sequence[tuple[str, Sequence[History]]], tasks: Sequence[str]) -> list[Row]:
    """Returns a row for each panel and task learned; w0, w1, ...: the accuracy of every line."""
    rows: dict[tuple[str, int], Row] = {}
    for panel in PANELS:
        for i, (_, histories) in enumerate(lines):
            for after, (mean, sem, n) in enumerate(means(histories, panel)):
                moment = f"after {tasks[after]}"
                row = rows.setdefault((panel, after), {"panel": panel, "x": after + 1})
                row |= {"accuracy": mean, "moment": moment, f"w{i}": _with_spread(mean, sem, n)}
    return list(rows.values())


def _with_spread(mean: float, sem: float | None, n: int) -> str:
    return percent(mean) if sem is None else f"{percent(mean)} {spread(sem, n)}"


def end_rows(
    lines: Sequence[tuple[str, Sequence[History]]], chance: float | None, tasks: int, apart: float
) -> list[Row]:
    """Returns labels right of the lines that have come furthest, none over another.

    chance: of guessing at the end; named where the lines reach the end.
    """
    rows = []
    for panel in PANELS:
        ends = {title: means(histories, panel) for title, histories in lines}
        furthest = max((len(end) for end in ends.values()), default=0)
        values = [(t, end[-1][0]) for t, end in ends.items() if furthest and len(end) == furthest]
        if chance is not None and furthest == tasks:
            values.append(("chance", chance))
        letters = signs([title for title, _ in lines])
        for label in chart_data.end_labels(values, apart):
            title, _, share = label["text"].rpartition(": ")
            short = f"{letters[title]} {share}" if title in letters else title
            rows.append({**label, "short": short, "x": furthest, "panel": panel})
    return rows


def description(lines: Sequence[tuple[str, Sequence[History]]]) -> str:
    """Returns the charts in words: the last accuracy of each line."""
    parts = []
    for title, histories in lines:
        average, first = (means(histories, panel) for panel in PANELS)
        if average:
            shares = f"{whole_percent(average[-1][0])}, task 1 {whole_percent(first[-1][0])}"
            parts.append(f"{title} {shares} after task {len(average)}")
    heading = "Accuracy averaged over the tasks so far, and on task 1 alone"
    return f"{heading}: {'; '.join(parts) or 'no task has been learned yet'}."


def shown_lines(
    configurations: Sequence[Configuration], references: Sequence[History]
) -> list[tuple[str, Sequence[History]]]:
    """Returns the lines of the charts: the configurations, and cumulative training if it is known.

    Cumulative training comes last, under one name, whether it is among the configurations or not.
    """
    lines: list[tuple[str, Sequence[History]]] = [
        (c.title, c.histories) for c in configurations if not c.is_reference
    ]
    among = [history for c in configurations if c.is_reference for history in c.histories]
    cumulative = among or list(references)
    return [*lines, (CUMULATIVE, cumulative)] if cumulative else lines
