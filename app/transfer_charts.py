"""The two charts of a transfer study: learning the target, and what became of the source; no user interface in here."""

from collections.abc import Sequence
from math import floor, log10

import altair as alt
import charts
import pandas as pd
import rows
from layers import INK
from transfer_naming import moment, way
from transfer_words import described, spread

from lifelong.api import Findings

HEIGHT = 330
MARKS = (("#7D7D7D", "square"), ("#0072B2", "circle"), ("#D55E00", "triangle-up"), ("#009E73", "diamond"))  # a way's colour and shape
STEPS = [1, 10, 100, 1000, 10_000, 100_000]


def target(found: Findings, axis: str) -> dict:
    """The learning curves, from scratch, frozen and fine-tuned, as a Vega-Lite specification."""
    return _chart(found, axis, "target", found.ways[:3])


def source(found: Findings, axis: str) -> dict:
    """What became of the source: frozen, fine-tuned, and with the strategy that protects it."""
    return _chart(found, axis, "source", found.ways[1:])


def _chart(found: Findings, axis: str, of: str, ways: Sequence[str]) -> dict:
    """Only the named data sets differ from one moment to the next, so a page redraws it without a flicker."""
    points, looks = _points(found, axis, of, ways), _looks(found, axis, of, ways)
    lowest = _lowest(points) if of == "source" else 0.0
    data = {"points": points, "looks": looks, "ends": _ends(found, axis, of, ways, 0.07 * (1 - lowest))}
    x, y = _x(found, axis), _share("accuracy", lowest)
    names, marks = [way(found, name) for name in ways], [MARKS[found.ways.index(name)] for name in ways]
    colour = alt.Color("way:N", scale=alt.Scale(domain=names, range=[colour for colour, _ in marks]), legend=None)
    shape = alt.Shape("way:N", scale=alt.Scale(domain=names, range=[shape for _, shape in marks]), legend=None)
    at_points, at_ends = (alt.Chart(alt.NamedData(name)).encode(x=x, y=y) for name in ("points", "ends"))
    parts = [
        *_chance(found, of, y, lowest),
        at_points.mark_rule(strokeWidth=2, opacity=0.7).encode(y=_share("low", lowest), y2="high:Q", color=colour),
        at_points.mark_line(strokeWidth=3, strokeJoin="round", strokeCap="round").encode(color=colour, detail="way:N"),
        at_points.mark_point(filled=True, size=90, opacity=1).encode(color=colour, shape=shape),
        at_ends.mark_text(align="left", dx=12, fontSize=12, color=INK, baseline="middle").encode(text="text:N"),
        *_crosshair(names, x, y, of),
    ]
    chart = charts.finished(alt.layer(*parts), described(found, axis, of, ways), right=4).properties(height=HEIGHT, datasets=data)
    return chart.to_dict()


def _lowest(points: list[dict]) -> float:
    """Where the scale begins: what is lost of much is a small part of it, and should be seen."""
    return min(0.8, max(0.0, floor(10 * min((point["low"] for point in points), default=1)) / 10))


def _share(field: str, lowest: float) -> alt.Y:
    """Accuracy, from the lowest that is shown to all."""
    axis = alt.Axis(tickCount=5, labelExpr=f"round(datum.value * 100) + '{rows.NO_BREAK}%'", title=None, gridColor=INK, gridOpacity=0.12,
                    domain=False, ticks=False, labelPadding=8)
    return alt.Y(f"{field}:Q", scale=alt.Scale(domain=[lowest, 1], nice=False), axis=axis)


def _chance(found: Findings, of: str, y: alt.Y, lowest: float) -> list[alt.Chart]:
    """Dotted: the accuracy of guessing, where the scale reaches down to it."""
    level = found.began.chance[of == "target"]
    if level < lowest:
        return []
    base = alt.Chart(pd.DataFrame([{"accuracy": level, "text": f"chance {rows.whole(level)}"}])).encode(y=y)
    text = base.mark_text(align="left", dx=2, dy=8, fontSize=12, color=INK, opacity=0.85).encode(x=alt.value(0), text="text:N")
    return [base.mark_rule(strokeDash=[2, 4], strokeWidth=1.5, color=INK, opacity=0.6), text]


def _crosshair(names: list[str], x: alt.X, y: alt.Y, of: str) -> list[alt.Chart]:
    """A line that follows the pointer, with the accuracy of every way there."""
    hover = alt.selection_point(name="hover", fields=["x"], nearest=True, on="pointerover", clear="pointerout", empty=False)
    told = [alt.Tooltip(f"w{i}:N", title=name) for i, name in enumerate(names)]
    base = alt.Chart(alt.NamedData("looks")).encode(x=x)
    seen = base.mark_point(size=400, opacity=0).encode(y=y, tooltip=[alt.Tooltip("moment:N", title=f"on the {of}"), *told])
    return [base.mark_rule(color=INK, strokeWidth=1).encode(opacity=alt.condition(hover, alt.value(0.45), alt.value(0))), seen.add_params(hover)]


def _x(found: Findings, axis: str) -> alt.X:
    """Images or steps, counted in powers: every power of ten takes the same room."""
    if axis == "steps":
        most = max((look.step for look in found.looks), default=10)
        values, label, title = [step for step in STEPS if step <= most], "format(datum.value, ',')", "step, while all images of the target are learned"
    else:
        most, few = found.began.images, [size for size in found.began.sizes if size is not None]
        values, title = [*few, most], "target images a class"
        label = f"datum.value > {max([*few, 0])} ? 'all, {round(most):,}' : format(datum.value, ',')"
    style = alt.Axis(values=values, labelExpr=label, title=title, titlePadding=6, grid=False, domain=False, ticks=False, labelOverlap=False)
    return alt.X("x:Q", scale=alt.Scale(type="log", domain=[values[0] if log10(most) else 0.5, most], nice=False), axis=style)


def _points(found: Findings, axis: str, of: str, ways: Sequence[str]) -> list[dict]:
    """A row for each point of each line, with the ends of its error bar."""
    return [
        {"way": way(found, name), "x": point.x, "accuracy": mean, "low": mean - (sem or 0), "high": mean + (sem or 0)}
        for name in ways for point in found.curve(axis, name) for mean, sem in [getattr(point, of)]
    ]


def _looks(found: Findings, axis: str, of: str, ways: Sequence[str]) -> list[dict]:
    """A row for each place on the axis, with the accuracy of every way there as w0, w1, ..."""
    rows_by_x: dict[float, dict] = {}
    for i, name in enumerate(ways):
        for point in found.curve(axis, name):
            row = rows_by_x.setdefault(point.x, {"x": point.x, "accuracy": getattr(point, of)[0], "moment": moment(found, axis, point)})
            row[f"w{i}"] = spread(*getattr(point, of))
    return list(rows_by_x.values())


def _ends(found: Findings, axis: str, of: str, ways: Sequence[str], apart: float) -> list[dict]:
    """Right of the lines that have come furthest: what they are and where they stand."""
    last = {name: curve[-1] for name in ways if (curve := found.curve(axis, name))}
    furthest = max((point.x for point in last.values()), default=None)
    labels = rows.ends([(way(found, name), getattr(point, of)[0]) for name, point in last.items() if point.x == furthest], apart)
    return [{**label, "x": furthest} for label in labels]
