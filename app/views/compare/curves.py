"""Curves of several configurations in two charts under one crosshair. No user interface."""

import warnings
from collections.abc import Sequence
from functools import lru_cache

import altair as alt
import pandas as pd

from app.views.compare import curve_data
from app.views.compare.curve_data import PANELS
from app.views.compare.marks import CUMULATIVE, NARROW, colours, shapes
from lifelong.api import History
from lifelong.charts import chart_layers, chart_scales
from lifelong.charts.chart_scales import INK
from lifelong.charts.curve_charts import Spec
from lifelong.formatting import whole_percent

HEIGHT = 250  # of each chart
LEFT, RIGHT, RIGHT_NARROW = 60, 175, 58  # pixels beside the lines, for labels
TITLES = {"average": "Average over the tasks so far", "first": "Task 1 alone"}
Lines = Sequence[tuple[str, Sequence[History]]]


def spec(
    lines: Lines,
    tasks: Sequence[str],
    chance: float | None,
    at_work: bool,
    chosen: str | None = None,
) -> Spec:
    """Returns both charts, whose named data alone change while runs learn.

    lines: title and runs of each; tasks: titles; chance: of guessing, a dotted line; chosen: title
    of the line that stands out.
    """
    titles = tuple(title for title, _ in lines)
    frame = _frame(titles, len(tasks), None if chance is None else round(chance, 4), chosen)
    data = {
        "points": curve_data.point_rows(lines),
        "live": curve_data.live_rows(lines) if at_work else [],
        "tooltips": curve_data.tooltip_rows(lines, tasks),
        "ends": curve_data.end_rows(lines, chance, len(tasks), 0.085),
    }
    return {
        **frame,
        "description": curve_data.description(lines),
        "datasets": {**frame["datasets"], **data},
    }


@lru_cache(maxsize=64)
def _frame(titles: tuple[str, ...], tasks: int, chance: float | None, chosen: str | None) -> Spec:
    hover = chart_layers.hover_selection("x")
    charts = [_panel(panel, titles, (tasks, chance), chosen, hover) for panel in PANELS]
    with warnings.catch_warnings():
        # One selection in both charts is what makes the crosshair common.
        warnings.filterwarnings("ignore", "Automatically deduplicated selection parameter")
        chart = alt.vconcat(*charts, spacing=18).properties(
            padding={"left": 0, "top": 4, "right": 0, "bottom": 4},
            usermeta={"embedOptions": {"renderer": "svg", "actions": False}},
            datasets={},
        )
    chart = chart.configure_axis(
        labelColor=INK, titleColor=INK, labelFontSize=12, titleFontSize=12, titleFontWeight="normal"
    )
    chart = chart.configure_view(strokeWidth=0).configure_title(
        color=INK, fontSize=13, anchor="start", fontWeight="bold"
    )
    found: Spec = chart.to_dict()
    return found


def _panel(
    panel: str,
    titles: tuple[str, ...],
    axes: tuple[int, float | None],
    chosen: str | None,
    hover: alt.Parameter,
) -> alt.LayerChart | alt.FacetChart:
    """Returns one of the charts. axes: number of tasks, accuracy of guessing."""
    tasks, chance = axes
    fades = alt.condition(alt.datum.line == chosen, alt.value(1), alt.value(0.3))
    strength = alt.value(1) if chosen is None else fades
    x, y = _after(tasks, named=panel == PANELS[-1]), _share()
    colour, shape = colours(titles), shapes(titles)
    points, live, ends, tooltips = (
        alt.Chart(alt.NamedData(name)).transform_filter(alt.datum.panel == panel).encode(x=x, y=y)
        for name in ("points", "live", "ends", "tooltips")
    )
    own, dashed = alt.datum.line != CUMULATIVE, alt.datum.line == CUMULATIVE
    layers = [
        *_chance(chance, y),
        points.mark_area(opacity=0.18, line=False).encode(
            y=alt.Y("low:Q"), y2="high:Q", color=colour, detail="line:N"
        ),
        points.transform_filter(dashed)
        .mark_line(strokeDash=[6, 5], strokeWidth=2, color=INK, opacity=0.6)
        .encode(detail="line:N"),
        live.mark_line(strokeWidth=1.5, opacity=0.7, clip=True).encode(
            color=colour, detail="line:N"
        ),
        points.transform_filter(own)
        .mark_line(strokeWidth=3, strokeJoin="round")
        .encode(color=colour, detail="line:N", strokeDash=_dash(), opacity=strength),
        points.transform_filter(own)
        .mark_point(filled=True, size=80)
        .encode(color=colour, shape=shape, opacity=strength),
        ends.transform_calculate(label=f"{NARROW} ? datum.short : datum.text")
        .mark_text(align="left", dx=12, fontSize=12, color=INK, baseline="middle")
        .encode(text="label:N"),
        *_crosshair(tooltips, titles, hover),
    ]
    title = alt.TitleParams(TITLES[panel], offset=8)
    return alt.layer(*layers).properties(height=HEIGHT, title=title)


def _crosshair(base: alt.Chart, titles: Sequence[str], hover: alt.Parameter) -> list[alt.Chart]:
    """Returns a line at the pointer's task in both charts, with every line's accuracy there."""
    shares = [alt.Tooltip(f"w{i}:N", title=title) for i, title in enumerate(titles)]
    targets = base.mark_point(size=400, opacity=0).encode(
        tooltip=[alt.Tooltip("moment:N", title="accuracy"), *shares]
    )
    return [chart_layers.hover_line(base, hover), targets.add_params(hover)]


def _chance(level: float | None, y: alt.Y) -> list[alt.Chart]:
    if level is None:
        return []
    data = pd.DataFrame([{"accuracy": level, "text": f"chance {whole_percent(level)}"}])
    base = alt.Chart(data).encode(y=y)
    return [base.mark_rule(strokeDash=[2, 4], strokeWidth=1.5, color=INK, opacity=0.6)]


def _after(tasks: int, named: bool) -> alt.X:
    """Returns the x axis of tasks learned, counted from 1; right of it is room for labels."""
    axis = alt.Axis(
        values=list(range(1, tasks + 1)),
        format="d",
        title="tasks learned" if named else None,
        grid=False,
        domain=False,
        ticks=False,
        labelPadding=6,
    )
    span = max(tasks - 1, 1)
    right = f"({NARROW} ? {RIGHT_NARROW} : {RIGHT})"
    a_pixel = f"{span} / max(containerSize()[0] - {LEFT} - {right}, 100)"
    scale = alt.Scale(
        domainMin=alt.ExprRef(f"1 - {LEFT} * {a_pixel}"),
        domainMax=alt.ExprRef(f"{tasks} + {right} * {a_pixel}"),
        nice=False,
    )
    return alt.X("x:Q", scale=scale, axis=axis)


def _dash() -> alt.StrokeDash:
    """Returns dashes for a line that lies on another one."""
    scale = alt.Scale(domain=[False, True], range=[[1, 0], [9, 9]])
    return alt.StrokeDash("covers:N", scale=scale, legend=None)


def _share() -> alt.Y:
    """Returns the axis of accuracy, its labels within the chart: Streamlit leaves no room beside it
    where there are two charts.
    """
    y = chart_scales.share()
    y["axis"]["labelPadding"] = -LEFT + 20
    return y
