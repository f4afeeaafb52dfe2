"""Chart and sentences of a pinned drawing: the probability of its class. No user interface."""

from collections.abc import Sequence

import altair as alt

from lifelong.api import History
from lifelong.charts import chart_scales, curve_charts
from lifelong.charts.chart_data import Row, task_titles
from lifelong.charts.chart_scales import INK
from lifelong.charts.curve_charts import Spec
from lifelong.formatting import percent, whole_percent

HEIGHT = 130


def spec(history: History, task: int, rows: Sequence[Row]) -> Spec:
    """Returns the probability after each checkpoint, below the curves of the same run.

    task: the one that teaches the class. rows: as of `pinned.measured`.
    """
    x = chart_scales.at(history)
    bounds = [{"at": bound} for bound in range(history.config.tasks + 1)]
    few = history.config.tasks <= chart_scales.MANY
    named = [row for row in rows if not row["step"]]
    named = named if few else [*named[:1], *named[-1:]]
    data = [
        {**row, "task": task, "text": whole_percent(row["share"]), "named": row in named}
        for row in rows
    ]
    y = chart_scales.share()
    y["shorthand"] = "share:Q"
    base = alt.Chart(alt.Data(values=data)).encode(
        x=x, y=y, color=chart_scales.colour(history, task)
    )
    after = base.transform_filter("!datum.step")
    layers = [
        alt.Chart(alt.Data(values=bounds))
        .mark_rule(color=INK, strokeWidth=1, opacity=0.3)
        .encode(x=x),
        base.mark_line(strokeWidth=3, strokeJoin="round"),
        after.mark_point(filled=True, size=90, opacity=1).encode(
            shape=chart_scales.shape(history, task),
            tooltip=[alt.Tooltip("text:N", title="probability")],
        ),
        after.transform_filter("datum.named")
        .mark_text(
            fontSize=12,
            align=alt.expr(f"datum.at == {history.config.tasks} ? 'right' : 'center'"),
            dy=alt.expr("datum.share > 0.5 ? 15 : -13"),
        )
        .encode(text="text:N", color=alt.value(INK)),
    ]
    chart = curve_charts.finished(layers, _description(rows), height=HEIGHT)
    return chart.to_dict()


def _description(rows: Sequence[Row]) -> str:
    after = [row for row in rows if not row["step"]]
    parts = [f"{percent(row['share'])} after task {row['at']:.0f}" for row in after]
    return f"Probability of the class of your drawing: {', '.join(parts) or 'not measured yet'}."


def title(name: str) -> str:
    """Returns what the pinned picture is called."""
    return f"Your {name}"


def course(history: History, task: int, rows: Sequence[Row]) -> str:
    """Returns how sure the network was of the drawing at first and is now."""
    titles = task_titles(history)
    after = [row for row in rows if not row["step"]]
    if not after:
        return f"Its class is taught in {titles[task]}: it is measured when that is learned."
    first, last = after[0], after[-1]
    begin = f"**{percent(first['share'])}** sure of it after {titles[round(first['at']) - 1]}"
    if last is first:
        return f"The network was {begin}."
    return (
        f"The network was {begin}, and is **{percent(last['share'])}** sure after"
        f" {titles[round(last['at']) - 1]}."
    )


def measured(rows: Sequence[Row]) -> str:
    """Returns when the probability is measured."""
    text = (
        "The probability that the network gives to the class of your drawing, measured once after"
        " each task, by the checkpoint saved then"
    )
    more = sum(row["step"] for row in rows)
    return f"{text}, and at {more} checkpoints within the tasks." if more else f"{text}."


def other_classes(name: str) -> str:
    """Returns why nothing is measured of a drawing."""
    return (
        f"This run does not learn the class of your pinned {name}, or has not begun: nothing is"
        " measured of it here."
    )
