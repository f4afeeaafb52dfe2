"""The curves of the Learn page: accuracy on each lesson, up to a moment."""

import altair as alt
import pandas as pd

from app.views.learn import words
from lifelong.api import History
from lifelong.charts.chart_scales import COLOURS, INK
from lifelong.charts.curve_charts import Layered, finished
from lifelong.formatting import NO_BREAK, whole_percent

HEIGHT = 250
OTHERS = "#8A857F"


def curves(history: History, after: int) -> Layered:
    """Returns the accuracy on each lesson from when it was learned until a moment.

    The first lesson's line stands out, with its accuracy at that moment beside it.
    """
    names = words.lessons(history)
    data = pd.DataFrame(rows(history, after))
    axis = alt.Axis(
        title="after the lesson on", labelExpr=f"{names}[datum.value]", labelAngle=0, ticks=False,
        domain=False, grid=False, values=list(range(len(names))),
    )  # fmt: skip
    x = alt.X("after:Q", axis=axis, scale=alt.Scale(domain=[-0.3, len(names) - 0.5], nice=False))
    share = alt.Axis(
        title=None, labelExpr=f"round(datum.value * 100) + '{NO_BREAK}%'", gridColor=INK,
        gridOpacity=0.12, domain=False, ticks=False, values=[0, 0.5, 1],
    )  # fmt: skip
    y = alt.Y("accuracy:Q", axis=share, scale=alt.Scale(domain=[-0.04, 1.08], nice=False))
    base = alt.Chart(data).encode(x=x, y=y, detail="lesson:N")
    others = base.transform_filter("datum.lesson > 0")
    first = base.transform_filter("datum.lesson == 0")
    end = first.transform_filter(f"datum.after == {after}")
    said = f"{names[0]}: {whole_percent(history.learned[after].accuracy[0])}"
    right = after < len(names) - 1
    grey = [
        others.mark_line(color=OTHERS, strokeDash=[5, 4], strokeWidth=2),
        others.mark_point(color=OTHERS, filled=True, size=50, opacity=1),
    ]
    layers = [
        *(grey if after else []),  # empty layers would be pictures without a name
        first.mark_line(color=COLOURS[1], strokeWidth=3.5),
        first.mark_point(color=COLOURS[1], filled=True, size=90, opacity=1),
        end.mark_text(
            align="left" if right else "right", dx=10 if right else -10, dy=-12, fontSize=14,
            fontWeight="bold", color=INK,
        ).encode(text=alt.value(said)),
    ]  # fmt: skip
    return finished(layers, _description(history, after), height=HEIGHT)


def rows(history: History, after: int) -> list[dict[str, float]]:
    """Returns a point for each lesson and each moment since it was learned."""
    return [
        {"lesson": lesson, "after": moment, "accuracy": history.learned[moment].accuracy[lesson]}
        for lesson in range(after + 1)
        for moment in range(lesson, after + 1)
    ]


def _description(history: History, after: int) -> str:
    names = words.lessons(history)
    now = "; ".join(
        f"{names[lesson]}: {whole_percent(history.learned[after].accuracy[lesson])}"
        for lesson in range(after + 1)
    )
    return f"Accuracy on each lesson after the one on {names[after]}. {now}."
