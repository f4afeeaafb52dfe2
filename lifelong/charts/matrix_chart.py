"""The accuracy matrix of a run as a heat map. No user interface."""

import altair as alt
import pandas as pd

from ..metrics import Drop
from ..runs.history import History
from . import chart_data, long_runs
from .chart_scales import INK, MANY, unchecked
from .curve_charts import Layered, Picked, finished

# cividis: forgotten is dark, known is bright
KNOWN = ("#00224E", "#35456C", "#666970", "#948E77", "#C8B866", "#FEE838")
CHANGE = ("#A33B00", "#E2A57F", "#EDEBE8", "#9CC1DC", "#0B5C93")
TITLES = {False: "accuracy, in %, on", True: "change of accuracy, in points, on"}
Parts = list[list[Drop | None]] | None
LINE = 16  # pixels of a second line of a label
FIELDS = ["task", "after", "shown", "text", "name", "moment", "accuracy", "change"]


@unchecked
def forgetting_matrix(
    history: History, drop: bool = False, picked: Picked = None, parts: Parts = None
) -> Layered:
    """Returns accuracy[after][on] as a heat map with the numbers in it.

    drop: the change since the task was learned, on a diverging scale. picked: (task, after),
    framed; a click selects it as "pick". parts: drops[after][on]; what is forgotten is shown then.
    """
    rows = chart_data.matrix_rows(history, drop, parts)
    data = pd.DataFrame(rows, columns=FIELDS)
    what = "forgotten, in points, of" if parts else TITLES[drop]
    drop = drop or parts is not None
    base = alt.Chart(data).encode(x=_tested_on(history, what), y=_after(history))
    tasks = history.config.tasks
    many = tasks > long_runs.MOST_DRAWN  # then a cell has no room for a frame and a number
    layers = [_cells(base, drop)]
    if not many:
        diagonal = base.transform_filter(alt.datum.task == alt.datum.after)
        layers += [_frame(diagonal, 2), _numbers(base, history, drop)]
    if picked is not None:
        cell = (alt.datum.task == picked[0]) & (alt.datum.after == picked[1])
        layers.append(_frame(base.transform_filter(cell), 5))
    height = 520 if many else max(tasks, 3) * (46 if tasks <= MANY else 34) + 76
    description = _description(history, rows, what)
    return finished(layers, description, height=height)


def _cells(base: alt.Chart, drop: bool) -> alt.Chart:
    tooltip = [
        alt.Tooltip("name:N", title="on"),
        alt.Tooltip("moment:N", title="after"),
        alt.Tooltip("accuracy:N", title="accuracy"),
        alt.Tooltip("change:N", title="since learned"),
    ]
    scale = alt.Scale(
        domain=[-1, -0.5, 0, 0.5, 1] if drop else [0, 0.2, 0.4, 0.6, 0.8, 1],
        range=list(CHANGE if drop else KNOWN),
    )
    colour = alt.Color("shown:Q", scale=scale, legend=None)
    pick = alt.selection_point(name="pick", fields=["task", "after"], on="click", empty=False)
    return base.mark_rect(cursor="pointer").encode(color=colour, tooltip=tooltip).add_params(pick)


def _frame(cells: alt.Chart, width: int) -> alt.Chart:
    return cells.mark_rect(filled=False, stroke=INK, strokeWidth=width)


def _numbers(base: alt.Chart, history: History, drop: bool) -> alt.Chart:
    dark_ground = "abs(datum.shown) > 0.7" if drop else "datum.shown < 0.52"
    colour = alt.condition(dark_ground, alt.value("#ffffff"), alt.value("#1b1a18"))
    size = 13 if history.config.tasks <= MANY else 10
    return base.mark_text(fontSize=size, fontWeight=600).encode(text="text:N", color=colour)


def _tested_on(history: History, title: str) -> alt.X:
    few = history.config.tasks <= MANY
    names, groups = chart_data.task_names(history), chart_data.class_lists(history)
    short = max(map(len, groups)) < 10
    labels = [[name, group] if short else [name] for name, group in zip(names, groups)]
    axis = alt.Axis(
        title=title,
        values=long_runs.drawn_tasks(history),
        orient="top",
        labelExpr=f"{labels}[datum.value]" if few else "datum.value + 1",
        labelAngle=0,
        ticks=False,
        domain=False,
        titlePadding=6,
        labelPadding=LINE if few and short else 4,
    )
    return alt.X("task:O", scale=_tasks(history), axis=axis)


def _after(history: History) -> alt.Y:
    axis = alt.Axis(
        title="after learning task",
        values=long_runs.drawn_tasks(history),
        labelExpr="datum.value + 1",
        ticks=False,
        domain=False,
        grid=False,
        titlePadding=6,
    )
    return alt.Y("after:O", scale=_tasks(history), axis=axis)


def _tasks(history: History) -> alt.Scale:
    tasks = history.config.tasks
    inner = 0.06 if tasks <= long_runs.MOST_DRAWN else 0
    return alt.Scale(domain=list(range(tasks)), paddingInner=inner, paddingOuter=inner / 2)


def _description(history: History, rows: list[chart_data.Row], what: str) -> str:
    last = [row for row in rows if row["after"] == len(history.learned) - 1]
    numbers = "; ".join(f"{row['name']}: {row['text']}" for row in last)
    heading = f"{what[:1].upper()}{what[1:]} each task"
    return f"{heading}, a row for each moment. Last row: {numbers}."
