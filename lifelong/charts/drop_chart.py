"""Bars of each task's lost accuracy in its two parts: harder question, and forgotten."""

import altair as alt
import pandas as pd

from ..formatting import points
from ..metrics import Drop
from ..runs.history import History
from . import chart_data, long_runs
from .chart_scales import INK, legend, per_cent, unchecked
from .curve_charts import Layered, finished

PARTS = ("harder question", "forgotten")
COLOURS = ("#8A857F", "#C8480B")
Drops = list[Drop | None]


@unchecked
def drop_bars(history: History, drops: Drops, highlight: int | None = None) -> Layered:
    """Returns a bar for each earlier task: the drop since it was learned, in its two parts.

    drops: of each task after the last one learned. A part below zero, a gain, lies left of zero.
    highlight: the task whose bar stands out.
    """
    drawn = set(long_runs.drawn_tasks(history, highlight))
    drops = [drop if task in drawn else None for task, drop in enumerate(drops)]
    data = pd.DataFrame(drop_rows(history, drops), columns=["task", "part", "from", "to", "text"])
    strength = alt.condition(alt.datum.task == highlight, alt.value(1), alt.value(0.5))
    opacity = alt.value(1) if highlight is None else strength
    y = alt.Y("task:O", axis=_names(history), scale=alt.Scale(paddingInner=0.35))
    bars = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=_share(data), x2="to:Q", y=y, opacity=opacity, color=_colour(), tooltip=["text:N"]
        )
    )
    zero = (
        alt.Chart(pd.DataFrame([{"from": 0}])).mark_rule(color=INK, opacity=0.6).encode(x="from:Q")
    )
    words = alt.Chart(_totals(history, drops)).mark_text(align="left", dx=8, fontSize=12, color=INK)
    layers = [bars, zero, words.encode(x="from:Q", y=y, text="text:N")]
    height = 34 * max(1, len({*data["task"]})) + 90
    description, note = _description(history, drops), long_runs.drawn_note(history, highlight)
    return finished(layers, description, note, height)


def drop_rows(history: History, drops: Drops) -> list[chart_data.Row]:
    """Returns a row for each part of each earlier task's drop: where it begins and ends.

    Parts of the same sign follow each other; of different signs, each begins at zero.
    """
    rows = []
    for task, drop in enumerate(drops[: len(history.learned) - 1]):
        if drop is None:
            continue
        begin = drop.harder if drop.harder * drop.forgotten > 0 else 0.0
        pieces = [(0.0, drop.harder), (begin, begin + drop.forgotten)]
        sizes = (drop.harder, drop.forgotten)
        for part, (start, end), size in zip(PARTS, pieces, sizes):
            text = f"{part}: {points(size)}"
            rows.append({"task": task, "part": part, "from": start, "to": end, "text": text})
    return rows


def _totals(history: History, drops: Drops) -> pd.DataFrame:
    rows = [
        {
            "task": task,
            "from": max(0.0, drop.harder, drop.forgotten, drop.drop),
            "text": points(drop.forgotten),
        }
        for task, drop in enumerate(drops[: len(history.learned) - 1])
        if drop is not None
    ]
    return pd.DataFrame(rows, columns=["task", "from", "text"])


def _share(data: pd.DataFrame) -> alt.X:
    low = min(0.0, *data[["from", "to"]].min(), 0.0) if len(data) else 0.0
    high = max(0.1, *data[["from", "to"]].max()) if len(data) else 1.0
    axis = per_cent("points of accuracy lost since it was learned", sign="", ticks=5)
    return alt.X(
        "from:Q", scale=alt.Scale(domain=[low, min(1.15, high * 1.18)], nice=False), axis=axis
    )


def _names(history: History) -> alt.Axis:
    titles = chart_data.task_titles(history)
    return alt.Axis(
        title=None, labelExpr=f"{titles}[datum.value]", domain=False, ticks=False, labelLimit=150
    )


def _colour() -> alt.Color:
    return alt.Color("part:N", scale=alt.Scale(domain=PARTS, range=COLOURS), legend=legend())


def _description(history: History, drops: Drops) -> str:
    titles = chart_data.task_titles(history)
    words = [
        f"{titles[task]}: {points(drop.harder)} harder question, {points(drop.forgotten)} forgotten"
        for task, drop in enumerate(drops[: len(history.learned) - 1])
        if drop is not None
    ]
    return f"Accuracy lost since each task was learned, in two parts. {'; '.join(words)}."
