"""The rescue lever: how much a few stored images per class save, from stored runs."""

from collections.abc import Mapping
from functools import lru_cache

import altair as alt
import streamlit as st

from app.views.compare.curve_data import means
from lifelong import api
from lifelong.api import History
from lifelong.charts import chart_data, chart_scales, curve_charts
from lifelong.charts.chart_scales import INK
from lifelong.charts.curve_charts import Spec
from lifelong.formatting import percent, plural, size, whole_percent

HEIGHT = 260
LINE, GHOST = "#0072B2", "#D55E00"
DEFAULT = 20


def show() -> None:
    """Shows the lever and its curve; nothing where its runs do not ship."""
    histories = api.rescue_histories()
    if 0 not in histories or len(histories) < 2:
        return
    st.subheader("How few images rescue it?", anchor=False)
    choices = list(histories)
    images = st.segmented_control(
        "Images stored per class",
        choices,
        default=DEFAULT if DEFAULT in choices else choices[-1],
        key="images",
        required=True,
        wrap=True,
        bind="query-params",
    )
    st.markdown(sentence(histories, images))
    with st.container(key="lever_room"):
        st.vega_lite_chart(spec(histories, images), key="lever_curves")
    st.caption(source(histories))


def sentence(histories: Mapping[int, History], images: int) -> str:
    """Returns what so many stored images per class are worth after the last task."""
    none, own = (_last(histories[number]) for number in (0, images))
    if not images:
        least = min(number for number in histories if number)
        return (
            f"With no stored image **{percent(none)}** are right after the last task. Already "
            f"{plural(least, 'image')} per class would make it {percent(_last(histories[least]))}."
        )
    history = histories[images]
    classes = sum(map(len, history.started.classes))
    kinds = history.learned[-1].stored
    amount = f", {size(sum(kinds.values()))}" if kinds else ""
    return (
        f"With **{plural(images, 'image')}** per class ({images * classes:,} in all{amount}) "
        f"**{percent(own)}** are right after the last task; with none {percent(none)}."
    )


def source(histories: Mapping[int, History]) -> str:
    """Returns what the stored runs have in common, and what the chart shows."""
    history = histories[0]
    config, data = history.config, history.started.source
    return (
        "Accuracy averaged over the tasks so far, of stored runs of replay; none is fine-tuning; "
        f"{config.rules.short_title}, {data}, recipe {config.recipe}, seed {config.seed}."
    )


def _last(history: History) -> float:
    return means([history], "average")[-1][0]


def spec(histories: Mapping[int, History], images: int) -> Spec:
    """Returns the curve for so many images per class, with that of none as a ghost."""
    rows, ends = [], []
    tasks = histories[0].config.tasks
    for number, history in histories.items():
        kind = "chosen" if number == images else "none" if number == 0 else "other"
        curve = [mean for mean, _, _ in means([history], "average")]
        rows += [
            {"images": number, "kind": kind, "x": after + 1, "accuracy": share}
            for after, share in enumerate(curve)
        ]
        ends.append((f"{number:,} per class" if number else "none", curve[-1]))
    labels = [{**row, "x": tasks} for row in chart_data.end_labels(ends, 0.09)]
    frame = _frame(tasks)
    shares = ", ".join(f"{name}: {whole_percent(share)}" for name, share in ends)
    return {
        **frame,
        "description": f"Accuracy after the last task by images stored per class: {shares}.",
        "datasets": {**frame["datasets"], "points": rows, "ends": labels},
    }


@lru_cache(maxsize=4)
def _frame(tasks: int) -> Spec:
    axis = alt.Axis(
        values=list(range(1, tasks + 1)),
        format="d",
        title="tasks learned",
        grid=False,
        domain=False,
        ticks=False,
    )
    scale = alt.Scale(domain=[1 - 0.04 * tasks, tasks + 0.28 * tasks], nice=False)
    x, y = alt.X("x:Q", scale=scale, axis=axis), chart_scales.share()
    base = alt.Chart(alt.NamedData("points")).encode(x=x, y=y, detail="images:N")
    kinds = {kind: base.transform_filter(alt.datum.kind == kind) for kind in ("other", "none")}
    chosen = base.transform_filter(alt.datum.kind == "chosen")
    layers = [
        kinds["other"].mark_line(strokeWidth=1.5, color=INK, opacity=0.3),
        kinds["none"].mark_line(strokeWidth=2.5, strokeDash=[6, 5], color=GHOST),
        chosen.mark_line(strokeWidth=3.5, color=LINE, strokeCap="round", strokeJoin="round"),
        chosen.mark_point(filled=True, size=100, color=LINE, opacity=1),
        alt.Chart(alt.NamedData("ends"))
        .mark_text(align="left", dx=12, fontSize=12, color=INK, baseline="middle")
        .encode(x=x, y=y, text="text:N"),
    ]
    chart = curve_charts.finished(layers, "", height=HEIGHT, datasets={})
    found: Spec = chart.to_dict()
    return found
