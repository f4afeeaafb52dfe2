"""Layers of the charts of a run: lines, points, labels, chance, reference and crosshair."""

import altair as alt
import pandas as pd

from ..formatting import whole_percent
from ..runs.history import History
from . import chart_data, long_runs
from .chart_scales import INK, MANY, after, colour, shape, share

Data = pd.DataFrame | alt.NamedData
FADED = 0.5  # opacity of what is not highlighted


def lines(data: Data, history: History, x: alt.X, highlight: int | None) -> list[alt.Chart]:
    """Returns a line a task; the highlighted one lies on top and the others are faded."""
    chart = alt.Chart(data)
    if highlight is None:
        return [_line(chart, history, x, None, 1.0)]
    others, one = alt.datum.task != highlight, alt.datum.task == highlight
    return [
        _line(chart.transform_filter(others), history, x, highlight, FADED),
        _line(chart.transform_filter(one), history, x, highlight, 1.0),
    ]


def _line(
    chart: alt.Chart, history: History, x: alt.X, highlight: int | None, opacity: float
) -> alt.Chart:
    mark = chart.mark_line(strokeWidth=3, strokeJoin="round", strokeCap="round", opacity=opacity)
    return mark.encode(x=x, y=share(), color=colour(history, highlight), detail="task:N")


def points(data: Data, history: History, x: alt.X, highlight: int | None) -> list[alt.Chart]:
    """Returns a mark in the task's own shape for each row."""
    chart = alt.Chart(data)
    if highlight is None:
        return [_points(chart, history, x, None, 1)]
    others, one = alt.datum.task != highlight, alt.datum.task == highlight
    return [
        _points(chart.transform_filter(others), history, x, highlight, FADED),
        _points(chart.transform_filter(one), history, x, highlight, 1),
    ]


def _points(
    chart: alt.Chart, history: History, x: alt.X, highlight: int | None, opacity: float
) -> alt.Chart:
    size = 90 if history.config.tasks <= long_runs.MOST_DRAWN else 20
    mark = chart.mark_point(filled=True, size=size, opacity=opacity)
    colours, shapes = colour(history, highlight), shape(history, highlight)
    return mark.encode(x=x, y=share(), color=colours, shape=shapes)


def chance_levels(history: History, highlight: int | None) -> list[float]:
    """Returns the accuracies of guessing; tasks with as many classes share one."""
    if not history.has_started:
        return []
    tasks = range(history.config.tasks) if highlight is None else [highlight]
    return sorted({round(history.chance(task), 4) for task in tasks})


def chance(history: History, highlight: int | None, named: bool = True) -> list[alt.Chart]:
    """Returns dotted lines at the accuracies of guessing."""
    levels = chance_levels(history, highlight)
    if not levels:
        return []
    data = pd.DataFrame(
        [{"accuracy": level, "text": f"chance {whole_percent(level)}"} for level in levels]
    )
    base = alt.Chart(data).encode(y=share())
    line = base.mark_rule(strokeDash=[2, 4], strokeWidth=1.5, color=INK, opacity=0.6)
    text = base.mark_text(align="left", dx=2, dy=-7, fontSize=12, color=INK, opacity=0.85)
    return [line, text.encode(x=alt.value(0), text="text:N")] if named else [line]


def reference_line(reference: History | None, highlight: int | None) -> list[alt.Chart]:
    """Returns a dashed line of the reference run's accuracy."""
    if reference is None:
        return []
    rows = chart_data.reference_rows(reference, highlight)
    data = pd.DataFrame(rows, columns=["after", "accuracy"])
    line = alt.Chart(data).mark_line(strokeDash=[6, 5], strokeWidth=2, color=INK, opacity=0.6)
    return [line.encode(x=after(reference), y=share())]


def given_task_line(history: History, task: int | None) -> list[alt.Chart]:
    """Returns a dotted line of the accuracy on a task with the task label given."""
    if task is None:
        return []
    rows = chart_data.given_task_rows(history, task)
    data = pd.DataFrame(rows, columns=["task", "after", "accuracy"])
    line = alt.Chart(data).mark_line(strokeDash=[1, 6], strokeWidth=3.5, strokeCap="round")
    return [line.encode(x=after(history), y=share(), color=colour(history, task))]


def headings(
    history: History, x: alt.X, highlight: int | None, offset: float = 0.0
) -> list[alt.Chart]:
    """Returns shape, name and classes of each task, above the point where it is learned."""
    field = _field(x)
    rows = [
        {"task": task, field: task + offset, "text": text}
        for task, text in enumerate(_heading_texts(history))
        if task in long_runs.drawn_tasks(history, highlight)
    ]
    faded = alt.condition(alt.datum.task == highlight, alt.value(1), alt.value(0.7))
    strength = alt.value(1) if highlight is None else faded
    base = alt.Chart(pd.DataFrame(rows)).encode(x=x, opacity=strength)
    size = alt.expr(f"width < {history.config.tasks * 46} ? 10 : 12")  # phones
    text = base.mark_text(lineBreak="\n", fontSize=size, color=INK, baseline="top", lineHeight=14)
    mark = base.mark_point(filled=True, size=80)
    colours, shapes = colour(history, highlight), shape(history, highlight)
    return [
        mark.encode(y=alt.value(-52), shape=shapes, color=colours),
        text.encode(y=alt.value(-43), text="text:N"),
    ]


def _heading_texts(history: History) -> list[str]:
    """Returns the heading of each task: its name and classes, or what of them fits."""
    classes, names = chart_data.class_lists(history), chart_data.task_names(history)
    if history.config.tasks <= MANY:
        short = max(map(len, classes)) <= 9
        return [f"{name}\n{group if short else ''}" for name, group in zip(names, classes)]
    if all(classes) and max(map(len, classes)) <= 2:  # one digit a task
        return classes
    return [name.split()[-1] for name in names]


def end_labels(
    history: History,
    reference: History | None,
    highlight: int | None,
    given_task: int | None = None,
) -> list[alt.Chart]:
    """Returns labels right of each line's last point: its name and last accuracy.

    given_task: the task with a second line, if there is one.
    """
    if not history.learned:
        return []
    last, names = len(history.learned) - 1, chart_data.task_names(history)
    drawn = [task for task in long_runs.drawn_tasks(history) if task <= last]
    tasks = drawn if highlight is None or highlight > last else [highlight]
    values = [(names[task], history.learned[last].accuracy[task]) for task in tasks]
    if reference is not None and (highlight is None or highlight <= last):
        rows = chart_data.reference_rows(reference, highlight)
        values += [("cumulative", row["accuracy"]) for row in rows if row["after"] == last]
    if given_task is not None and given_task <= last:
        values.append(("label given", history.learned[last].accuracy_given_task[given_task]))
    if reaches_end(history):
        values += [("chance", level) for level in chance_levels(history, highlight)]
    data = pd.DataFrame([{**row, "after": last} for row in chart_data.end_labels(values)])
    text = alt.Chart(data).mark_text(align="left", dx=12, fontSize=12, color=INK, baseline="middle")
    return [text.encode(x=after(history), y=share(), text="text:N")]


def reaches_end(history: History) -> bool:
    """Returns whether the lines reach the right edge, beyond which there is room for labels."""
    return len(history.learned) == history.config.tasks


def drop_label(history: History, highlight: int | None) -> list[alt.Chart]:
    """Returns the highlighted line's steepest drop, written beside it: '100 % → 0 %'."""
    drop = chart_data.steepest_drop(history, highlight) if highlight is not None else None
    if drop is None:
        return []
    high, low = drop["before"], drop["accuracy"]
    row = {
        "after": drop["after"] - 0.5,
        "accuracy": (high + low) / 2,
        "text": f"{whole_percent(high)} → {whole_percent(low)}",
    }
    text = alt.Chart(pd.DataFrame([row])).mark_text(
        align="left", dx=10, fontSize=16, fontWeight="bold", color=INK
    )
    return [text.encode(x=after(history), y=share(), text="text:N")]


def ring(history: History, picked: tuple[int, int] | None) -> list[alt.Chart]:
    """Returns a ring around the picked point (task, after)."""
    rows = [row for row in chart_data.curve_rows(history) if (row["task"], row["after"]) == picked]
    if not rows:
        return []
    mark = alt.Chart(pd.DataFrame(rows)).mark_point(
        size=320, strokeWidth=2.5, color=INK, filled=False
    )
    return [mark.encode(x=after(history), y=share())]


def crosshair(
    data: Data, history: History, x: alt.X, tasks: list[int], picks: bool
) -> list[alt.Chart]:
    """Returns a line that follows the pointer, with the accuracy on these tasks in a tooltip.

    picks: whether a click selects the point as "pick" (task, after).
    """
    hover = hover_selection(_field(x))
    pick = alt.selection_point(
        name="pick", fields=["task", "after"], nearest=True, on="click", empty=False
    )
    titles = chart_data.task_titles(history)
    accuracies = [alt.Tooltip(f"t{on}:N", title=titles[on]) for on in tasks]
    base = alt.Chart(data).encode(x=x)
    target = base.mark_point(size=400, opacity=0, cursor="pointer" if picks else "default").encode(
        y=share(), tooltip=[alt.Tooltip("moment:N", title="accuracy"), *accuracies]
    )
    return [
        hover_line(base, hover),
        target.add_params(hover, pick) if picks else target.add_params(hover),
    ]


def hover_selection(field: str) -> alt.Parameter:
    """Returns the selection of the point nearest to the pointer along the x axis."""
    return alt.selection_point(
        name="hover",
        fields=[field],
        nearest=True,
        on="pointerover",
        clear="pointerout",
        empty=False,
    )


def hover_line(base: alt.Chart, hover: alt.Parameter) -> alt.Chart:
    """Returns a vertical line at the selected point."""
    opacity = alt.condition(hover, alt.value(0.45), alt.value(0))
    return base.mark_rule(color=INK, strokeWidth=1).encode(opacity=opacity)


def _field(x: alt.X) -> str:
    return str(x.shorthand).partition(":")[0]
