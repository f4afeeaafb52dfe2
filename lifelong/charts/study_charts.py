"""Charts of a transfer study: accuracy on target and source. No user interface."""

from collections.abc import Sequence
from functools import lru_cache
from math import floor
from typing import Literal

import altair as alt
import pandas as pd

from ..formatting import percent, spread, whole_percent
from ..transfer.curves import Axis, Point
from ..transfer.results import StudyResult
from . import chart_data, chart_layers, curve_charts
from .chart_data import Row
from .chart_scales import INK, share_axis
from .curve_charts import Spec
from .study_axes import Ticks, ticks, x_axis
from .study_names import chart_description, point_name, regime_title

HEIGHT = 330
# A regime's colour and shape.
MARKS = (
    ("#7D7D7D", "square"),
    ("#0072B2", "circle"),
    ("#D55E00", "triangle-up"),
    ("#009E73", "diamond"),
)
TestedOn = Literal["target", "source"]


def target(result: StudyResult, axis: Axis) -> Spec:
    """Returns the learning curves from scratch, frozen and fine-tuned, as Vega-Lite."""
    return _chart(result, axis, "target", result.regimes[:3])


def source(result: StudyResult, axis: Axis) -> Spec:
    """Returns the accuracy on the source, frozen, fine-tuned and protected, as Vega-Lite."""
    return _chart(result, axis, "source", result.regimes[1:])


def _chart(result: StudyResult, axis: Axis, tested_on: TestedOn, regimes: Sequence[str]) -> Spec:
    """Returns a chart whose named data sets and description alone change while points come.

    So a page redraws it without a flicker.
    """
    curves = {regime: result.curve(axis, regime) for regime in regimes}
    points = _point_rows(curves, tested_on)
    lowest = _lowest(points) if tested_on == "source" else 0.0
    chance = result.began.chance[tested_on == "target"]
    lines = tuple((regime_title(name), *MARKS[result.regimes.index(name)]) for name in regimes)
    shown_chance = chance if chance >= lowest else None
    frame = _frame(tested_on, lines, ticks(result, axis), shown_chance, lowest)
    data = {
        "points": points,
        "tooltips": _tooltip_rows(result, axis, tested_on, curves),
        "ends": _end_rows(curves, tested_on, 0.07 * (1 - lowest)),
    }
    last = [(name, _accuracy(curve[-1], tested_on)[0]) for name, curve in curves.items() if curve]
    return {
        **frame,
        "description": chart_description(result, axis, tested_on, last),
        "datasets": {**frame["datasets"], **data},
    }


def _accuracy(point: Point, tested_on: TestedOn) -> tuple[float, float | None]:
    """Returns mean and standard error. Raises ValueError where there is no source to test."""
    if tested_on == "target":
        return point.target
    if point.source is None:
        raise ValueError("A pretrained network has no source to test.")
    return point.source


@lru_cache(maxsize=64)
def _frame(
    tested_on: TestedOn,
    lines: tuple[tuple[str, str, str], ...],
    ticks: Ticks,
    chance: float | None,
    lowest: float,
) -> Spec:
    """Returns a chart without its points. lines: name, colour and shape of each."""
    names, colours, shapes = (list(column) for column in zip(*lines))
    x, y = x_axis(ticks), _share("accuracy", lowest)
    colour = alt.Color("regime:N", scale=alt.Scale(domain=names, range=colours), legend=None)
    shape = alt.Shape("regime:N", scale=alt.Scale(domain=names, range=shapes), legend=None)
    points = alt.Chart(alt.NamedData("points")).encode(x=x, y=y)
    ends = alt.Chart(alt.NamedData("ends")).encode(x=x, y=y)
    layers = [
        *_chance(chance, y),
        points.mark_rule(strokeWidth=2, opacity=0.7).encode(
            y=_share("low", lowest), y2="high:Q", color=colour
        ),
        points.mark_line(strokeWidth=3, strokeJoin="round", strokeCap="round").encode(
            color=colour, detail="regime:N"
        ),
        points.mark_point(filled=True, size=90, opacity=1).encode(color=colour, shape=shape),
        ends.mark_text(align="left", dx=12, fontSize=12, color=INK, baseline="middle").encode(
            text="text:N"
        ),
        *_crosshair(names, x, y, tested_on),
    ]
    chart = curve_charts.finished(layers, "", height=HEIGHT, datasets={})
    spec: Spec = chart.to_dict()
    return spec


def _lowest(points: Sequence[Row]) -> float:
    """Returns where the scale begins: losing little of much should be visible."""
    return min(0.8, max(0.0, floor(10 * min((point["low"] for point in points), default=1)) / 10))


def _share(field: str, lowest: float) -> alt.Y:
    """Returns the y axis of accuracy, from `lowest` to 100 per cent."""
    scale = alt.Scale(domain=[lowest, 1], nice=False)
    return alt.Y(f"{field}:Q", scale=scale, axis=share_axis(tickCount=5))


def _chance(level: float | None, y: alt.Y) -> list[alt.Chart]:
    """Returns a dotted line at the accuracy of guessing."""
    if level is None:
        return []
    data = pd.DataFrame([{"accuracy": level, "text": f"chance {whole_percent(level)}"}])
    base = alt.Chart(data).encode(y=y)
    text = base.mark_text(align="left", dx=2, dy=8, fontSize=12, color=INK, opacity=0.85).encode(
        x=alt.value(0), text="text:N"
    )
    return [base.mark_rule(strokeDash=[2, 4], strokeWidth=1.5, color=INK, opacity=0.6), text]


def _crosshair(names: Sequence[str], x: alt.X, y: alt.Y, tested_on: TestedOn) -> list[alt.Chart]:
    """Returns a line that follows the pointer, with the accuracy of every regime there."""
    hover = chart_layers.hover_selection("x")
    accuracies = [alt.Tooltip(f"w{i}:N", title=name) for i, name in enumerate(names)]
    base = alt.Chart(alt.NamedData("tooltips")).encode(x=x)
    targets = base.mark_point(size=400, opacity=0).encode(
        y=y, tooltip=[alt.Tooltip("moment:N", title=f"on the {tested_on}"), *accuracies]
    )
    return [chart_layers.hover_line(base, hover), targets.add_params(hover)]


def _point_rows(curves: dict[str, list[Point]], tested_on: TestedOn) -> list[Row]:
    """Returns a row for each point of each line, with the ends of its error bar."""
    return [
        {
            "regime": regime_title(regime),
            "x": point.x,
            "accuracy": mean,
            "low": mean - (sem or 0),
            "high": mean + (sem or 0),
        }
        for regime, curve in curves.items()
        for point in curve
        for mean, sem in [_accuracy(point, tested_on)]
    ]


def _tooltip_rows(
    result: StudyResult, axis: Axis, tested_on: TestedOn, curves: dict[str, list[Point]]
) -> list[Row]:
    """Returns a row for each x of any curve, with the accuracy of every regime as w0, w1, ..."""
    rows_by_x: dict[float, Row] = {}
    for i, curve in enumerate(curves.values()):
        for point in curve:
            mean, sem = _accuracy(point, tested_on)
            moment = point_name(result, axis, point)
            new = {"x": point.x, "accuracy": mean, "moment": moment}
            rows_by_x.setdefault(point.x, new)[f"w{i}"] = f"{percent(mean)} {spread(sem)}".strip()
    return list(rows_by_x.values())


def _end_rows(curves: dict[str, list[Point]], tested_on: TestedOn, apart: float) -> list[Row]:
    """Returns labels right of the lines that have come furthest: name and last accuracy."""
    last = {regime: curve[-1] for regime, curve in curves.items() if curve}
    furthest = max((point.x for point in last.values()), default=None)
    values = [
        (regime_title(regime), _accuracy(point, tested_on)[0])
        for regime, point in last.items()
        if point.x == furthest
    ]
    return [{**label, "x": furthest} for label in chart_data.end_labels(values, apart)]
