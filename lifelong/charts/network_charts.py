"""Charts of a run's network: its features in two dimensions, and how far its layers moved."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from ..formatting import whole_percent
from .chart_scales import COLOURS, INK, SHAPES, legend, per_cent, unchecked
from .curve_charts import Layered, finished

if TYPE_CHECKING:
    from lifelong.service.insight import FeatureMap, LayerChange

LAYER_COLOURS = ("#0072B2", "#D55E00", "#A67C00", "#009E73", "#C66FA0", "#7D7D7D")


@unchecked
def feature_points(found: "FeatureMap", moment: int, highlight: int | None = None) -> Layered:
    """Returns test images by their features after a task, in the colour and shape of their task.

    The scale is that of all moments together. highlight: the task whose images stand out.
    """
    tasks = sorted(set(found.tasks))
    data = pd.DataFrame(
        {
            "x": found.points[moment][:, 0],
            "y": found.points[moment][:, 1],
            "task": found.tasks,
            "name": found.names,
        }
    )
    domain = [alt.Scale(domain=_range(found, axis), nice=False) for axis in (0, 1)]
    colour = alt.Scale(domain=tasks, range=[COLOURS[t % len(COLOURS)] for t in tasks])
    shape = alt.Scale(domain=tasks, range=[SHAPES[t % len(SHAPES)] for t in tasks])
    strength = alt.condition(alt.datum.task == highlight, alt.value(1), alt.value(0.15))
    points = (
        alt.Chart(data)
        .mark_point(filled=True, size=46)
        .encode(
            x=alt.X("x:Q", axis=None, scale=domain[0]),
            y=alt.Y("y:Q", axis=None, scale=domain[1]),
            color=alt.Color("task:N", scale=colour, legend=None),
            shape=alt.Shape("task:N", scale=shape, legend=None),
            opacity=alt.value(0.75) if highlight is None else strength,
            tooltip=[alt.Tooltip("name:N", title="class")],
        )
    )
    means = data.groupby(["name", "task"], as_index=False)[["x", "y"]].mean()
    reach = [edges[1] - edges[0] for edges in (_range(found, 0), _range(found, 1))]
    middles = list(zip(means["x"], means["y"]))
    named = means[apart(middles, 0.06 * reach[0], 0.06 * reach[1])]
    names = alt.Chart(named).mark_text(fontSize=15, fontWeight="bold", color=INK)
    layers = [points, names.encode(x="x:Q", y="y:Q", text="name:N")]
    described = "; ".join(
        f"{row.name_} at {row.x:.1f}, {row.y:.1f}"
        for row in means.rename(columns={"name": "name_"}).itertuples()
    )
    text = f"Test images by their features. Middle of each class: {described}."
    return finished(layers, text, height=340)


def apart(middles: Sequence[tuple[float, float]], width: float, height: float) -> list[bool]:
    """Returns for each (x, y) whether its label lies on none of those before it that are shown.

    width, height: of a label, in the units of the middles.

    >>> apart([(0, 0), (0.5, 0.1), (0.9, 0.2), (9, 0.1)], 0.8, 1)
    [True, False, True, True]
    """
    shown: list[tuple[float, float]] = []
    found = []
    for x, y in middles:
        free = all(abs(x - left) >= width or abs(y - low) >= height for left, low in shown)
        shown += [(x, y)] if free else []
        found.append(free)
    return found


def _range(found: "FeatureMap", axis: int) -> list[float]:
    values = found.points[:, :, axis]
    low, high = float(values.min()), float(values.max())
    edge = 0.05 * (high - low or 1.0)
    return [low - edge, high + edge]


@unchecked
def layer_bars(changes: "Sequence[LayerChange]", titles: Sequence[str], note: str = "") -> Layered:
    """Returns a group of bars a task: how far each layer moved while it was learned.

    titles: of all tasks. note: written above the chart.
    """
    layers = list(dict.fromkeys(change.layer for change in changes))
    data = pd.DataFrame(
        {
            "task": change.task,
            "layer": change.layer,
            "change": change.change,
            "words": f"{change.layer}: {whole_percent(change.change)}",
        }
        for change in changes
    )
    axis = alt.Axis(
        title="while learning", labelExpr=f"{list(titles)}[datum.value]", labelAngle=0,
        domain=False, ticks=False, labelLimit=110, titlePadding=6,
    )  # fmt: skip
    colours = [LAYER_COLOURS[k % len(LAYER_COLOURS)] for k in range(len(layers))]
    bars = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=alt.X("task:O", axis=axis, scale=alt.Scale(paddingInner=0.3)),
            xOffset=alt.XOffset("layer:N", sort=layers),
            y=alt.Y("change:Q", axis=per_cent()),
            color=alt.Color(
                "layer:N", scale=alt.Scale(domain=layers, range=colours), legend=legend()
            ),
            tooltip=["words:N"],
        )
    )
    described = "; ".join(
        f"{titles[change.task]}, {change.layer}: {whole_percent(change.change)}"
        for change in changes
    )
    text = f"Change of each layer's weights while a task was learned. {described}."
    return finished([bars], text, note, height=260)
