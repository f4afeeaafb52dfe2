"""Charts of what each class is taken for: flow, confusion matrix and mean probability."""

import math
from collections.abc import Sequence
from typing import Literal

import altair as alt
import pandas as pd

from ..formatting import percent, whole_percent
from ..runs.confusion import Confusion
from .chart_scales import COLOURS, INK, per_cent, unchecked
from .curve_charts import Layered, finished
from .matrix_chart import KNOWN

BENDS = 14  # points of the edge of a ribbon
GAP = 0.012  # between the classes, as a share of the height
RIGHT, WRONG = "right", "wrong"
Row = dict[str, float | int | str]


@unchecked
def flow(confusion: Confusion, highlight: int | None = None) -> Layered:
    """Returns ribbons from each class, left, to its answers, right, as wide as images are many.

    highlight: the task whose classes stand out.
    """
    data = pd.DataFrame(ribbon_rows(confusion))
    ink = alt.condition(alt.datum.kind == RIGHT, alt.value(0.28), alt.value(0.62))
    if highlight is not None:
        ink = alt.condition(alt.datum.task == highlight, alt.value(0.75), alt.value(0.1))
    ribbons = (
        alt.Chart(data)
        .mark_area(line=False)
        .encode(
            x=alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.12, 1.16], nice=False)),
            y=alt.Y("low:Q", axis=None, scale=alt.Scale(domain=[1, 0], nice=False)),
            y2="high:Q",
            detail="ribbon:N",
            color=_by_task(confusion),
            opacity=ink,
            tooltip=["words:N"],
        )
    )
    names = pd.DataFrame(name_rows(confusion))
    text = alt.Chart(names).encode(x="x:Q", y="y:Q", text="text:N")
    left = text.transform_filter(alt.datum.x == 0).mark_text(
        align="right", dx=-6, color=INK, fontSize=13
    )
    right = text.transform_filter(alt.datum.x == 1).mark_text(
        align="left", dx=6, color=INK, fontSize=13
    )
    layers = [ribbons, left, right]
    height = max(220, 30 * len(confusion.classes) + 40)
    return finished(layers, _flow_description(confusion), height=height)


def _places(sizes: Sequence[float]) -> list[float]:
    """Returns where each of several stacked parts begins, with a gap between them."""
    scale, begins, at = _scale(sizes), [], 0.0
    for size in sizes:
        begins.append(at)
        at += size * scale + GAP
    return begins


def _scale(sizes: Sequence[float]) -> float:
    """Returns the height of one image beside the gaps between so many parts."""
    return (1 - GAP * (len(sizes) - 1)) / (sum(sizes) or 1)


def ribbon_rows(confusion: Confusion) -> list[Row]:
    """Returns the edges of every ribbon: x from 0 to 1, low and high in [0, 1] from the top."""
    columns = [sum(row[c] for row in confusion.counts) for c in range(len(confusion.answers))]
    left, right = _places(confusion.images), _places(columns)
    out, into = _scale(confusion.images), _scale(columns)
    leaving, arriving = list(left), list(right)
    rows: list[Row] = []
    for i, (name, counts) in enumerate(zip(confusion.classes, confusion.counts)):
        for c, count in enumerate(counts):
            if not count:
                continue
            share = percent(count / confusion.images[i])
            given: Row = {
                "ribbon": f"{i}-{c}",
                "task": confusion.tasks[i],
                "kind": RIGHT if c == confusion.correct[i] else WRONG,
                "words": f"{share} of {name} called {confusion.answers[c]} ({count:,} images)",
            }
            rows += [
                given | edge for edge in _edges(leaving[i], arriving[c], count * out, count * into)
            ]
            leaving[i] += count * out
            arriving[c] += count * into
    return rows


def _edges(start: float, end: float, first: float, last: float) -> list[Row]:
    found: list[Row] = []
    for step in range(BENDS + 1):
        x = step / BENDS
        share = (1 - math.cos(math.pi * x)) / 2
        low = start + (end - start) * share
        found.append({"x": x, "low": low, "high": low + first + (last - first) * share})
    return found


def name_rows(confusion: Confusion) -> list[Row]:
    """Returns the names at both sides, each in the middle of its part."""
    total = sum(confusion.images) or 1
    columns = [sum(row[c] for row in confusion.counts) for c in range(len(confusion.answers))]
    rows: list[Row] = []
    sides = [(0, confusion.classes, confusion.images), (1, confusion.answers, columns)]
    for x, names, sizes in sides:
        scale = _scale(sizes)
        for name, begin, size in zip(names, _places(sizes), sizes):
            if size / total > 0.004:
                share = f" {whole_percent(size / total)}" if x else ""
                rows.append({"x": x, "y": begin + size * scale / 2, "text": f"{name}{share}"})
    return rows


@unchecked
def matrix(confusion: Confusion, highlight: int | None = None) -> Layered:
    """Returns the confusion matrix as a heat map, the shares of each class in it."""
    data = pd.DataFrame(
        {
            "row": i,
            "column": c,
            "task": confusion.tasks[i],
            "share": count / (sum(counts) or 1),
            "text": whole_percent(count / (sum(counts) or 1)) if count else "",
            "words": f"{confusion.classes[i]} called {confusion.answers[c]}: {count:,} images",
        }
        for i, counts in enumerate(confusion.counts)
        for c, count in enumerate(counts)
    )
    few = len(confusion.answers) <= 12
    x = alt.X("column:O", axis=_axis(confusion.answers, "called", "top"))
    y = alt.Y("row:O", axis=_axis(confusion.classes, "true class", "left"))
    scale = alt.Scale(domain=[0, 0.2, 0.4, 0.6, 0.8, 1], range=list(KNOWN))
    colour = alt.Color("share:Q", scale=scale, legend=None)
    faded = alt.condition(alt.datum.task == highlight, alt.value(1), alt.value(0.45))
    opacity = alt.value(1) if highlight is None else faded
    base = alt.Chart(data).encode(x=x, y=y)
    layers = [base.mark_rect().encode(color=colour, opacity=opacity, tooltip=["words:N"])]
    if few:
        ink = alt.condition("datum.share < 0.52", alt.value("#ffffff"), alt.value("#1b1a18"))
        shown = base.transform_filter("datum.share >= 0.005").encode(text="text:N")
        own = alt.datum.task == highlight
        clear = shown if highlight is None else shown.transform_filter(own)
        layers.append(clear.mark_text(fontSize=11).encode(color=ink))
        if highlight is not None:  # a faded cell is near the page's own ground
            faint = shown.transform_filter(alt.datum.task != highlight)
            layers.append(faint.mark_text(fontSize=11, color=INK))
    height = (30 if few else 12) * len(confusion.classes) + 60
    return finished(layers, _matrix_description(confusion), height=height)


def _axis(names: Sequence[str], title: str, orient: Literal["top", "bottom", "left"]) -> alt.Axis:
    # Words side by side would hide each other on a phone.
    slanted = orient != "left" and max(map(len, names)) > 3
    align: Literal["left", "right"] = "left" if orient == "top" else "right"
    return alt.Axis(
        title=title, orient=orient, labelExpr=f"{list(names)}[datum.value]",
        labelAngle=-45 if slanted else 0, labelAlign=align if slanted else alt.Undefined,
        labelOverlap=not slanted, ticks=False, domain=False, labelLimit=90, titlePadding=6,
    )  # fmt: skip


@unchecked
def mean_bars(shares: dict[str, float], tasks: dict[str, int]) -> Layered:
    """Returns a bar for the mean probability of each answer, and a line where none is preferred.

    tasks: the task of each answer, for its colour; -1 for one that is not learned yet.
    """
    data = pd.DataFrame(
        {
            "at": at,
            "share": share,
            "task": tasks.get(name, -1),
            "words": f"{name}: {percent(share)}",
        }
        for at, (name, share) in enumerate(shares.items())
    )
    known = sorted(set(tasks.values()))
    scale = alt.Scale(
        domain=[-1, *known], range=["#8A857F", *(COLOURS[t % len(COLOURS)] for t in known)]
    )
    x = alt.X(
        "at:O", axis=_axis(list(shares), "answer", "bottom"), scale=alt.Scale(paddingInner=0.25)
    )
    top = max(0.2, *(share * 1.1 for share in shares.values()))
    y = alt.Y("share:Q", scale=alt.Scale(domain=[0, min(1, top)], nice=False), axis=per_cent())
    bars = (
        alt.Chart(data)
        .mark_bar()
        .encode(x=x, y=y, color=alt.Color("task:N", scale=scale, legend=None), tooltip=["words:N"])
    )
    even = pd.DataFrame([{"share": 1 / max(1, len(tasks))}])
    line = (
        alt.Chart(even).mark_rule(color=INK, strokeDash=[2, 4], strokeWidth=2).encode(y="share:Q")
    )
    words = "; ".join(f"{name}: {percent(share)}" for name, share in shares.items())
    return finished([bars, line], f"Mean probability of each answer. {words}.", height=230)


def _by_task(confusion: Confusion) -> alt.Color:
    tasks = sorted(set(confusion.tasks))
    colours = [COLOURS[task % len(COLOURS)] for task in tasks]
    return alt.Color("task:N", scale=alt.Scale(domain=tasks, range=colours), legend=None)


def _flow_description(confusion: Confusion) -> str:
    words = [
        f"{name}: "
        + ", ".join(f"{a.answer} {percent(a.share)}" for a in confusion.answers_of(name)[:3])
        for name in confusion.classes
    ]
    return f"What the test images of each class are called. {'; '.join(words)}."


def _matrix_description(confusion: Confusion) -> str:
    words = [
        f"{name}: {percent(share)} right"
        for name, share in zip(confusion.classes, confusion.per_class_accuracy)
    ]
    return f"Confusion matrix, a row a class. {'; '.join(words)}."
