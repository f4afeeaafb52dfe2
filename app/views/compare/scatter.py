"""Accuracy against stored bytes and against compute, a point a configuration."""

from collections.abc import Sequence
from functools import lru_cache
from math import floor, log10

import altair as alt
import pandas as pd

from app.views.compare.marks import CUMULATIVE, colours, shapes, signs
from app.views.compare.summary import Summary, Value
from lifelong.charts import chart_scales, curve_charts
from lifelong.charts.chart_data import Row
from lifelong.charts.chart_scales import INK
from lifelong.charts.curve_charts import Spec
from lifelong.formatting import duration, operations, percent, size

HEIGHT = 300
APART = 0.075  # between labels, as a share of the height
COMPUTE = {"seconds": "training", "operations": "multiply-accumulate operations of training"}


def memory(summaries: Sequence[Summary]) -> Spec:
    """Returns accuracy against the bytes stored for earlier tasks, on a logarithmic axis."""
    return _chart(summaries, "stored", "stored for earlier tasks")


def compute(summaries: Sequence[Summary], column: str) -> Spec:
    """Returns accuracy against seconds or operations of training, on a logarithmic axis."""
    return _chart(summaries, column, COMPUTE[column])


def _chart(summaries: Sequence[Summary], column: str, title: str) -> Spec:
    rows = point_rows(summaries, column)
    nothing = any(row["x"] == 0 for row in rows)
    powers = [log10(row["x"]) for row in rows if row["x"]]
    low, high = (floor(min(powers)), floor(max(powers)) + 1) if powers else (0, 1)
    for row in rows:  # no logarithm of nothing: it has a position of its own, left of all others
        row["power"] = log10(row["x"]) if row["x"] else low - 1
    _place_labels(rows, (high - low + nothing) or 1)
    titles = tuple(row["line"] for row in rows)
    frame = _frame(titles, column, title, low - nothing, high, nothing)
    return {
        **frame,
        "description": _description(rows, title),
        "datasets": {**frame["datasets"], "points": rows},
    }


def point_rows(summaries: Sequence[Summary], column: str) -> list[Row]:
    """Returns a row for each configuration whose accuracy and value in a column are known."""
    rows = []
    for summary in summaries:
        accuracy, value = summary.values["average_accuracy"], summary.values[column]
        if accuracy is not None and value is not None:
            reference = summary.configuration.is_reference
            rows.append(
                {
                    "line": CUMULATIVE if reference else summary.title,
                    "x": value.mean,
                    "accuracy": accuracy.mean,
                    "low": max(accuracy.mean - (accuracy.sem or 0), 0),
                    "high": min(accuracy.mean + (accuracy.sem or 0), 1),
                    "text": f"{summary.title}: {amount(column, value)}",
                    "share": percent(accuracy.mean),
                }
            )
    return rows


def amount(column: str, value: Value) -> str:
    """Returns an amount of memory or compute as text."""
    if column == "stored":
        return size(round(value.mean)) if value.mean else "nothing"
    return duration(value.mean) if column == "seconds" else operations(round(value.mean))


def _place_labels(rows: list[Row], width: float) -> None:
    """Gives each point its label: its height, apart from all others, and its side.

    left: whether it is left of the point, where there is more room. width: of the axis.
    """
    middle = min((row["power"] for row in rows), default=0) + width / 2
    letters = signs([row["line"] for row in rows])
    below = -1.0
    for row in sorted(rows, key=lambda row: row["accuracy"]):
        row["left"] = row["power"] > middle
        sign, name = letters[row["line"]], row["line"]
        row["long"], row["short"] = f"{sign} {row['text']}", f"{sign} {name}"
        row["label"] = below = max(row["accuracy"], below + APART)
    above = 1.03
    for row in sorted(rows, key=lambda row: -row["label"]):
        row["label"] = min(row["label"], above)
        above = row["label"] - APART


@lru_cache(maxsize=64)
def _frame(
    titles: tuple[str, ...], column: str, title: str, low: int, high: int, nothing: bool
) -> Spec:
    y = chart_scales.share()
    axis = alt.Axis(
        values=list(range(low, high + 1)),
        labelExpr=_tick_labels(column, low, high, nothing),
        title=title,
        titlePadding=8,
        grid=True,
        gridColor=INK,
        gridOpacity=0.08,
        domain=False,
        ticks=False,
        labelPadding=6,
        labelOverlap=True,
    )
    scale = alt.Scale(domain=[low - 0.15, high + 0.15], nice=False)
    x = alt.X("power:Q", scale=scale, axis=axis)
    base = alt.Chart(alt.NamedData("points")).encode(x=x, y=y)
    labels = base.transform_calculate(name="containerSize()[0] < 480 ? datum.short : datum.long")
    tooltip = [alt.Tooltip("text:N", title=title), alt.Tooltip("share:N", title="accuracy")]
    layers = [
        base.mark_rule(strokeWidth=2, opacity=0.7).encode(
            y=alt.Y("low:Q"), y2="high:Q", color=colours(titles)
        ),
        labels.transform_filter("!datum.left")
        .mark_text(align="left", dx=11, fontSize=12, color=INK, baseline="middle")
        .encode(y=alt.Y("label:Q"), text="name:N"),
        labels.transform_filter("datum.left")
        .mark_text(align="right", dx=-11, fontSize=12, color=INK, baseline="middle")
        .encode(y=alt.Y("label:Q"), text="name:N"),
        base.mark_point(filled=True, size=140, opacity=1).encode(
            color=colours(titles), shape=shapes(titles), tooltip=tooltip
        ),
    ]
    chart = curve_charts.finished(layers, "", height=HEIGHT, datasets={})
    spec: Spec = chart.to_dict()
    return spec


def _tick_labels(column: str, low: int, high: int, nothing: bool) -> str:
    """Returns the Vega expression of the labels of powers of ten, of bytes or of seconds."""
    writes = {"stored": lambda n: size(int(n)), "seconds": _seconds, "operations": _operations}
    texts = {power: writes[column](10.0**power) for power in range(low, high + 1)}
    if nothing:
        texts[low] = "nothing"
    table = pd.Series({str(power): text for power, text in texts.items()}).to_json()
    return f"({table})[toString(datum.value)]"


def _seconds(number: float) -> str:
    return f"{number:,g} s"


def _operations(number: float) -> str:
    return operations(round(number))


def _description(rows: Sequence[Row], title: str) -> str:
    parts = [f"{row['text']}, {row['share']} right" for row in rows]
    return f"Accuracy against {title}. {'; '.join(parts) or 'Nothing measured yet'}."
