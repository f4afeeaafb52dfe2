"""The layers that the charts of a run are built of: scales, lines, labels, chance, ghost and crosshair.

Text is drawn in the page's own colour (`currentColor`), so one chart reads well in light and dark; that
needs the SVG renderer. The colours of tasks keep a contrast of 3 to 1 on white and on near-black, and every
task has a shape of its own as well.
"""

import altair as alt
import pandas as pd

from app.shared import chart_data
from lifelong.api import History

COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#C66FA0",
    "#A67C00",
    "#5B8DEF",
    "#8C6239",
    "#7D7D7D",
    "#C8324B",
    "#7A5FD3",
)
SHAPES = (
    "circle",
    "square",
    "triangle-up",
    "diamond",
    "cross",
    "triangle-down",
    "triangle-right",
    "triangle-left",
    "M0,-1L.24,-.32L.95,-.31L.38,.12L.59,.81L0,.4L-.59,.81L-.38,.12L-.95,-.31L-.24,-.32Z",  # a star
    "M-1,-.6L-.6,-1L0,-.4L.6,-1L1,-.6L.4,0L1,.6L.6,1L0,.4L-.6,1L-1,.6L-.4,0Z",
)  # an X
INK = "currentColor"
Data = pd.DataFrame | alt.NamedData
MANY = 6  # more tasks than this, and their headings are numbers alone
FADED = 0.35  # opacity of what is not highlighted


def after(history: History) -> alt.X:
    """Time in tasks learned, task by task."""
    last = history.config.tasks - 1
    axis = alt.Axis(
        values=list(range(history.config.tasks)),
        labelExpr="datum.value + 1",
        title="after learning task",
        titlePadding=6,
        grid=False,
        domain=False,
        ticks=False,
    )
    return alt.X(
        "after:Q", scale=alt.Scale(domain=[-0.12 * max(last, 1), last], nice=False), axis=axis
    )


def at(history: History) -> alt.X:
    """Time in tasks learned, step by step; every task takes the same room."""
    title = "training, step by step through each task"
    axis = alt.Axis(
        values=[], title=title, titlePadding=10, grid=False, domain=False, ticks=False, labels=False
    )
    return alt.X("at:Q", scale=alt.Scale(domain=[0, history.config.tasks], nice=False), axis=axis)


def share() -> alt.Y:
    """Accuracy, from nothing to all."""
    axis = alt.Axis(
        values=[0, 0.25, 0.5, 0.75, 1],
        labelExpr=f"round(datum.value * 100) + '{chart_data.NO_BREAK}%'",
        title=None,
        gridColor=INK,
        gridOpacity=0.12,
        domain=False,
        ticks=False,
        labelPadding=8,
    )
    return alt.Y("accuracy:Q", scale=alt.Scale(domain=[0, 1], nice=False), axis=axis)


def colour(history: History) -> alt.Color:
    """A colour for each task, the same in every chart."""
    return alt.Color("task:N", scale=_by_task(history, COLOURS), legend=None)


def shape(history: History) -> alt.Shape:
    """A shape for each task, the same in every chart."""
    return alt.Shape("task:N", scale=_by_task(history, SHAPES), legend=None)


def _by_task(history: History, values: tuple[str, ...]) -> alt.Scale:
    tasks = list(range(history.config.tasks))
    return alt.Scale(domain=tasks, range=[values[task % len(values)] for task in tasks])


def lines(data: Data, history: History, x: alt.X, highlight: int | None) -> list[alt.Chart]:
    """A line a task; the highlighted one lies on top and the others are faded."""
    whole = alt.Chart(data)
    if highlight is None:
        return [_line(whole, history, x, 1.0)]
    others, one = alt.datum.task != highlight, alt.datum.task == highlight
    return [
        _line(whole.transform_filter(others), history, x, FADED),
        _line(whole.transform_filter(one), history, x, 1.0),
    ]


def _line(chart: alt.Chart, history: History, x: alt.X, opacity: float) -> alt.Chart:
    mark = chart.mark_line(strokeWidth=3, strokeJoin="round", strokeCap="round", opacity=opacity)
    return mark.encode(x=x, y=share(), color=colour(history), detail="task:N")


def points(data: Data, history: History, x: alt.X, highlight: int | None) -> list[alt.Chart]:
    """A mark in the task's own shape for each row."""
    whole = alt.Chart(data)
    mark = {"filled": True, "size": 90}
    encoded = {"x": x, "y": share(), "color": colour(history), "shape": shape(history)}
    if highlight is None:
        return [whole.mark_point(**mark, opacity=1).encode(**encoded)]
    return [
        whole.transform_filter(alt.datum.task != highlight)
        .mark_point(**mark, opacity=FADED)
        .encode(**encoded),
        whole.transform_filter(alt.datum.task == highlight)
        .mark_point(**mark, opacity=1)
        .encode(**encoded),
    ]


def levels(history: History, highlight: int | None) -> list[float]:
    """The accuracies of guessing; tasks with as many classes share one."""
    if not history.has_started:
        return []
    tasks = range(history.config.tasks) if highlight is None else [highlight]
    return sorted({round(history.chance(task), 4) for task in tasks})


def chance(history: History, highlight: int | None, named: bool = True) -> list[alt.Chart]:
    """Dotted: the accuracy of guessing."""
    data = pd.DataFrame(
        [
            {"accuracy": level, "text": f"chance {chart_data.whole(level)}"}
            for level in levels(history, highlight)
        ]
    )
    if data.empty:
        return []
    base = alt.Chart(data).encode(y=share())
    text = base.mark_text(align="left", dx=2, dy=-7, fontSize=12, color=INK, opacity=0.85).encode(
        x=alt.value(0), text="text:N"
    )
    return [
        base.mark_rule(strokeDash=[2, 4], strokeWidth=1.5, color=INK, opacity=0.6),
        *([text] if named else []),
    ]


def ghost(cumulative: History | None, highlight: int | None) -> list[alt.Chart]:
    """Dashed: what cumulative training reaches."""
    if cumulative is None:
        return []
    data = pd.DataFrame(chart_data.ceiling(cumulative, highlight), columns=["after", "accuracy"])
    line = alt.Chart(data).mark_line(strokeDash=[6, 5], strokeWidth=2, color=INK, opacity=0.6)
    return [line.encode(x=after(cumulative), y=share())]


def headings(
    history: History, x: alt.X, highlight: int | None, offset: float = 0.0
) -> list[alt.Chart]:
    """Above the point where a task is learned: its shape, its name and its classes."""
    field = x.shorthand.partition(":")[0]
    below = chart_data.classes(history)
    numbered = history.config.tasks > MANY
    below = [""] * len(below) if numbered or max(map(len, below)) > 9 else below
    data = pd.DataFrame(
        [
            {
                "task": task,
                field: task + offset,
                "text": f"{name.split()[-1] if numbered else name}\n{group}",
            }
            for task, (name, group) in enumerate(zip(chart_data.names(history), below))
        ]
    )
    strength = (
        alt.value(1)
        if highlight is None
        else alt.condition(alt.datum.task == highlight, alt.value(1), alt.value(0.7))
    )
    base = alt.Chart(data).encode(x=x, opacity=strength)
    size = alt.expr(f"width < {history.config.tasks * 46} ? 10 : 12")  # phones
    text = base.mark_text(lineBreak="\n", fontSize=size, color=INK, baseline="top", lineHeight=14)
    return [
        base.mark_point(filled=True, size=80).encode(
            y=alt.value(-52), shape=shape(history), color=colour(history)
        ),
        text.encode(y=alt.value(-43), text="text:N"),
    ]


def ends(history: History, cumulative: History | None, highlight: int | None) -> list[alt.Chart]:
    """Right of each line's last point: what it is and where it ended."""
    if not history.learned:
        return []
    last, name = len(history.learned) - 1, chart_data.names(history)
    tasks = range(last + 1) if highlight is None or highlight > last else [highlight]
    values = [(name[task], history.accuracy[last][task]) for task in tasks]
    if cumulative is not None and (highlight is None or highlight <= last):
        values += [
            ("cumulative", row["accuracy"])
            for row in chart_data.ceiling(cumulative, highlight)
            if row["after"] == last
        ]
    if whole_way(history):
        values += [("chance", level) for level in levels(history, highlight)]
    data = pd.DataFrame([{**row, "after": last} for row in chart_data.ends(values)])
    text = alt.Chart(data).mark_text(align="left", dx=12, fontSize=12, color=INK, baseline="middle")
    return [text.encode(x=after(history), y=share(), text="text:N")]


def whole_way(history: History) -> bool:
    """Whether the lines reach the right edge, beyond which there is room for labels."""
    return len(history.learned) == history.config.tasks


def drop(history: History, highlight: int | None) -> list[alt.Chart]:
    """The steepest fall of the highlighted line, written beside it: '100 % → 0 %'."""
    fall = chart_data.steepest(history, highlight) if highlight is not None else None
    if fall is None:
        return []
    high, low = fall["before"], fall["accuracy"]
    data = pd.DataFrame(
        [
            {
                "after": fall["after"] - 0.5,
                "accuracy": (high + low) / 2,
                "text": f"{chart_data.whole(high)} → {chart_data.whole(low)}",
            }
        ]
    )
    text = alt.Chart(data).mark_text(align="left", dx=10, fontSize=16, fontWeight="bold", color=INK)
    return [text.encode(x=after(history), y=share(), text="text:N")]


def ring(history: History, picked: tuple[int, int] | None) -> list[alt.Chart]:
    """A ring around the picked point."""
    found = [row for row in chart_data.curve(history) if (row["task"], row["after"]) == picked]
    if not found:
        return []
    mark = alt.Chart(pd.DataFrame(found)).mark_point(
        size=320, strokeWidth=2.5, color=INK, filled=False
    )
    return [mark.encode(x=after(history), y=share())]


def crosshair(data: Data, history: History, x: alt.X, picks: bool) -> list[alt.Chart]:
    """A line that follows the pointer, with every task's accuracy there; with picks, a click selects a point."""
    field = x.shorthand.partition(":")[0]
    hover = alt.selection_point(
        name="hover",
        fields=[field],
        nearest=True,
        on="pointerover",
        clear="pointerout",
        empty=False,
    )
    pick = alt.selection_point(
        name="pick", fields=["task", "after"], nearest=True, on="click", empty=False
    )
    told = [
        alt.Tooltip(f"t{on}:N", title=title) for on, title in enumerate(chart_data.titles(history))
    ]
    base = alt.Chart(data).encode(x=x)
    target = base.mark_point(size=400, opacity=0, cursor="pointer" if picks else "default")
    target = target.encode(y=share(), tooltip=[alt.Tooltip("moment:N", title="accuracy"), *told])
    return [
        base.mark_rule(color=INK, strokeWidth=1).encode(
            opacity=alt.condition(hover, alt.value(0.45), alt.value(0))
        ),
        target.add_params(hover, pick) if picks else target.add_params(hover),
    ]
