"""The two charts of a transfer study: learning the target, and what became of the source; no user interface in here."""

from collections.abc import Sequence
from functools import lru_cache
from math import floor

import altair as alt
import pandas as pd

from app.shared import chart_data, charts
from app.shared.chart_layers import INK
from app.views.transfer.labels import moment, way
from app.views.transfer.text import described, spread
from lifelong.api import StudyResult

HEIGHT = 330
MARKS = (
    ("#7D7D7D", "square"),
    ("#0072B2", "circle"),
    ("#D55E00", "triangle-up"),
    ("#009E73", "diamond"),
)  # a way's colour and shape
STEPS = [1, 10, 100, 1000, 10_000, 100_000]


def target(found: StudyResult, axis: str) -> dict:
    """The learning curves, from scratch, frozen and fine-tuned, as a Vega-Lite specification."""
    return _chart(found, axis, "target", found.regimes[:3])


def source(found: StudyResult, axis: str) -> dict:
    """What became of the source: frozen, fine-tuned, and with the strategy that protects it."""
    return _chart(found, axis, "source", found.regimes[1:])


def _chart(found: StudyResult, axis: str, of: str, ways: Sequence[str]) -> dict:
    """Only the named data sets and the description differ while points come, so a page redraws it without a flicker."""
    points = _points(found, axis, of, ways)
    lowest = _lowest(points) if of == "source" else 0.0
    level = found.began.chance[of == "target"]
    lines = tuple((way(found, name), *MARKS[found.regimes.index(name)]) for name in ways)
    frame = _frame(of, lines, _ticks(found, axis), level if level >= lowest else None, lowest)
    data = {
        "points": points,
        "looks": _looks(found, axis, of, ways),
        "ends": _ends(found, axis, of, ways, 0.07 * (1 - lowest)),
    }
    return {
        **frame,
        "description": described(found, axis, of, ways),
        "datasets": {**frame["datasets"], **data},
    }


@lru_cache(maxsize=64)
def _frame(
    of: str,
    lines: tuple[tuple[str, str, str], ...],
    ticks: tuple,
    chance: float | None,
    lowest: float,
) -> dict:
    """A chart without its points. lines: name, colour and shape of each; ticks: as `_ticks` tells."""
    names, colours, shapes = (list(column) for column in zip(*lines))
    x, y = _x(*ticks), _share("accuracy", lowest)
    colour = alt.Color("way:N", scale=alt.Scale(domain=names, range=colours), legend=None)
    shape = alt.Shape("way:N", scale=alt.Scale(domain=names, range=shapes), legend=None)
    at_points, at_ends = (
        alt.Chart(alt.NamedData(name)).encode(x=x, y=y) for name in ("points", "ends")
    )
    parts = [
        *_chance(chance, y),
        at_points.mark_rule(strokeWidth=2, opacity=0.7).encode(
            y=_share("low", lowest), y2="high:Q", color=colour
        ),
        at_points.mark_line(strokeWidth=3, strokeJoin="round", strokeCap="round").encode(
            color=colour, detail="way:N"
        ),
        at_points.mark_point(filled=True, size=90, opacity=1).encode(color=colour, shape=shape),
        at_ends.mark_text(align="left", dx=12, fontSize=12, color=INK, baseline="middle").encode(
            text="text:N"
        ),
        *_crosshair(names, x, y, of),
    ]
    return (
        charts.finished(alt.layer(*parts), "", right=4)
        .properties(height=HEIGHT, datasets={})
        .to_dict()
    )


def _lowest(points: Sequence[dict]) -> float:
    """Where the scale begins: what is lost of much is a small part of it, and should be seen."""
    return min(0.8, max(0.0, floor(10 * min((point["low"] for point in points), default=1)) / 10))


def _share(field: str, lowest: float) -> alt.Y:
    """Accuracy, from the lowest that is shown to all."""
    axis = alt.Axis(
        tickCount=5,
        labelExpr=f"round(datum.value * 100) + '{chart_data.NO_BREAK}%'",
        title=None,
        gridColor=INK,
        gridOpacity=0.12,
        domain=False,
        ticks=False,
        labelPadding=8,
    )
    return alt.Y(f"{field}:Q", scale=alt.Scale(domain=[lowest, 1], nice=False), axis=axis)


def _chance(level: float | None, y: alt.Y) -> list[alt.Chart]:
    """Dotted: the accuracy of guessing."""
    if level is None:
        return []
    base = alt.Chart(
        pd.DataFrame([{"accuracy": level, "text": f"chance {chart_data.whole(level)}"}])
    ).encode(y=y)
    text = base.mark_text(align="left", dx=2, dy=8, fontSize=12, color=INK, opacity=0.85).encode(
        x=alt.value(0), text="text:N"
    )
    return [base.mark_rule(strokeDash=[2, 4], strokeWidth=1.5, color=INK, opacity=0.6), text]


def _crosshair(names: Sequence[str], x: alt.X, y: alt.Y, of: str) -> list[alt.Chart]:
    """A line that follows the pointer, with the accuracy of every way there."""
    hover = alt.selection_point(
        name="hover", fields=["x"], nearest=True, on="pointerover", clear="pointerout", empty=False
    )
    told = [alt.Tooltip(f"w{i}:N", title=name) for i, name in enumerate(names)]
    base = alt.Chart(alt.NamedData("looks")).encode(x=x)
    seen = base.mark_point(size=400, opacity=0).encode(
        y=y, tooltip=[alt.Tooltip("moment:N", title=f"on the {of}"), *told]
    )
    line = base.mark_rule(color=INK, strokeWidth=1).encode(
        opacity=alt.condition(hover, alt.value(0.45), alt.value(0))
    )
    return [line, seen.add_params(hover)]


def _ticks(found: StudyResult, axis: str) -> tuple[tuple[float, ...], str, str, float]:
    """What stands on the axis, how it is written, what it is, and where it ends."""
    if axis == "steps":
        most = max((look.step for look in found.probes), default=10)
        most_images = found.began.sizes[-1]
        title = f"step, while {'all' if most_images is None else most_images} images {'of the target' if most_images is None else 'a class'} are learned"
        return (
            tuple(step for step in STEPS if step <= most),
            "format(datum.value, ',')",
            title,
            most,
        )
    few = [size for size in found.began.sizes if size is not None]
    if None not in found.began.sizes:
        return tuple(few), "format(datum.value, ',')", "target images a class", few[-1]
    most = found.began.images
    label = f"datum.value > {max([*few, 0])} ? 'all, {round(most):,}' : format(datum.value, ',')"
    return (*few, most), label, "target images a class", most


def _x(values: Sequence[float], label: str, title: str, most: float) -> alt.X:
    """Images or steps, counted in powers: every power of ten takes the same room."""
    plain = {
        "grid": False,
        "domain": False,
        "ticks": False,
        "labelOverlap": False,
        "titlePadding": 6,
    }
    style = alt.Axis(values=list(values), labelExpr=label, title=title, **plain)
    least = (
        values[0] if values[0] < most else most / 2
    )  # a scale needs some width, and a study may have one place only
    return alt.X("x:Q", scale=alt.Scale(type="log", domain=[least, most], nice=False), axis=style)


def _points(found: StudyResult, axis: str, of: str, ways: Sequence[str]) -> list[dict]:
    """A row for each point of each line, with the ends of its error bar."""
    return [
        {
            "way": way(found, name),
            "x": point.x,
            "accuracy": mean,
            "low": mean - (sem or 0),
            "high": mean + (sem or 0),
        }
        for name in ways
        for point in found.curve(axis, name)
        for mean, sem in [getattr(point, of)]
    ]


def _looks(found: StudyResult, axis: str, of: str, ways: Sequence[str]) -> list[dict]:
    """A row for each place on the axis, with the accuracy of every way there as w0, w1, ..."""
    rows_by_x: dict[float, dict] = {}
    for i, name in enumerate(ways):
        for point in found.curve(axis, name):
            row = rows_by_x.setdefault(
                point.x,
                {
                    "x": point.x,
                    "accuracy": getattr(point, of)[0],
                    "moment": moment(found, axis, point),
                },
            )
            row[f"w{i}"] = spread(*getattr(point, of))
    return list(rows_by_x.values())


def _ends(found: StudyResult, axis: str, of: str, ways: Sequence[str], apart: float) -> list[dict]:
    """Right of the lines that have come furthest: what they are and where they stand."""
    last = {name: curve[-1] for name in ways if (curve := found.curve(axis, name))}
    furthest = max((point.x for point in last.values()), default=None)
    labels = chart_data.ends(
        [
            (way(found, name), getattr(point, of)[0])
            for name, point in last.items()
            if point.x == furthest
        ],
        apart,
    )
    return [{**label, "x": furthest} for label in labels]
