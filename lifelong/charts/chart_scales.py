"""Axes, colours and shapes that the charts of a run share.

The colours of tasks keep a contrast of 3 to 1 on white and on near-black, and every task has a
shape of its own as well. Text is drawn in the page's own colour (`currentColor`), so that one chart
reads well in light and dark; that needs the SVG renderer.
"""

from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from ..formatting import NO_BREAK
from ..runs.history import History
from . import long_runs

# Of a function that makes a chart: its parts are not compared with the schema of Vega-Lite one by
# one, which takes as long as all else; the tests compare whole charts.
unchecked = debug_mode(False)
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
STAR = "M0,-1L.24,-.32L.95,-.31L.38,.12L.59,.81L0,.4L-.59,.81L-.38,.12L-.95,-.31L-.24,-.32Z"
DIAGONAL_CROSS = "M-1,-.6L-.6,-1L0,-.4L.6,-1L1,-.6L.4,0L1,.6L.6,1L0,.4L-.6,1L-1,.6L-.4,0Z"
SHAPES = (
    "circle",
    "square",
    "triangle-up",
    "diamond",
    "cross",
    "triangle-down",
    "triangle-right",
    "triangle-left",
    STAR,
    DIAGONAL_CROSS,
)
INK = "currentColor"
MANY = 6  # more tasks than this, and their headings are numbers alone


def after(history: History) -> alt.X:
    """Returns the x axis that counts tasks learned."""
    last = history.config.tasks - 1
    axis = alt.Axis(
        values=long_runs.drawn_tasks(history),
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
    """Returns the x axis that counts steps; every task takes the same width."""
    title = "training, step by step through each task"
    axis = alt.Axis(
        values=[], title=title, titlePadding=10, grid=False, domain=False, ticks=False, labels=False
    )
    return alt.X("at:Q", scale=alt.Scale(domain=[0, history.config.tasks], nice=False), axis=axis)


def share() -> alt.Y:
    """Returns the y axis of accuracy, from 0 to 100 per cent."""
    # Flush labels of 100 % and 0 % would stand beside their lines.
    axis = share_axis(values=[0, 0.25, 0.5, 0.75, 1], labelFlush=False)
    return alt.Y("accuracy:Q", scale=alt.Scale(domain=[0, 1], nice=False), axis=axis)


def share_axis(**ticks: Any) -> alt.Axis:
    """Returns an axis of shares with faint lines, labelled in per cent. ticks: where it has any."""
    return alt.Axis(
        labelExpr=f"round(datum.value * 100) + '{NO_BREAK}%'",
        title=None,
        gridColor=INK,
        gridOpacity=0.12,
        domain=False,
        ticks=False,
        labelPadding=8,
        **ticks,
    )


def per_cent(title: str | None = None, sign: str = "%", ticks: int = 4) -> alt.Axis:
    """Returns an axis of shares in per cent, or in points without the sign, for bars."""
    return alt.Axis(
        title=title,
        labelExpr=f"round(datum.value * 100) + '{NO_BREAK}{sign}'",
        gridColor=INK,
        gridOpacity=0.12,
        domain=False,
        ticks=False,
        tickCount=ticks,
        titlePadding=8,
    )


def legend() -> alt.Legend:
    """Returns the legend above a chart."""
    return alt.Legend(title=None, orient="top", labelColor=INK, labelFontSize=12, symbolSize=160)


def colour(history: History, highlight: int | None = None) -> alt.Color:
    """Returns a colour for each task that is drawn, the same in every chart."""
    return alt.Color("task:N", scale=_by_task(history, highlight, COLOURS), legend=None)


def shape(history: History, highlight: int | None = None) -> alt.Shape:
    """Returns a shape for each task that is drawn, the same in every chart."""
    return alt.Shape("task:N", scale=_by_task(history, highlight, SHAPES), legend=None)


def _by_task(history: History, highlight: int | None, values: tuple[str, ...]) -> alt.Scale:
    tasks = long_runs.drawn_tasks(history, highlight)
    return alt.Scale(domain=tasks, range=[values[task % len(values)] for task in tasks])
