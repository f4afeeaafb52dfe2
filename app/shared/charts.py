"""The charts of a run, for both faces: they take a History and give an Altair chart; no user interface in here."""

import altair as alt
import pandas as pd

from app.shared import chart_data, chart_layers
from app.shared.chart_layers import INK
from lifelong.api import History

HEIGHT = 410
KNOWN = (
    "#00224E",
    "#35456C",
    "#666970",
    "#948E77",
    "#C8B866",
    "#FEE838",
)  # cividis: forgotten is dark, known is bright
CHANGE = ("#A33B00", "#E2A57F", "#EDEBE8", "#9CC1DC", "#0B5C93")
Picked = tuple[int, int] | None


def forgetting_curves(
    history: History,
    cumulative: History | None = None,
    highlight: int | None = None,
    picked: Picked = None,
) -> alt.LayerChart:
    """Accuracy on each task after each task learned, a line a task; a click selects "pick" (task, after).

    cumulative: the run of cumulative training, drawn as a dashed ghost. highlight: the task whose line stands out, with
    its drop written beside it. picked: (task, after), ringed.
    """
    x = chart_layers.after(history)
    data = pd.DataFrame(chart_data.curve(history), columns=["task", "after", "accuracy"])
    parts = [
        *chart_layers.chance(history, highlight, named=not chart_layers.whole_way(history)),
        *chart_layers.ghost(cumulative, highlight),
        *chart_layers.lines(data, history, x, highlight),
        *chart_layers.points(data, history, x, highlight),
        *chart_layers.headings(history, x, highlight),
        *chart_layers.ends(history, cumulative, highlight),
        *chart_layers.drop(history, highlight),
        *chart_layers.ring(history, picked),
        *chart_layers.crosshair(
            _frame(chart_data.after_table(history), history, "after"), history, x, picks=True
        ),
    ]
    return finished(alt.layer(*parts), _curves_told(history), right=4)


def live_curves(history: History, highlight: int | None = None) -> alt.LayerChart:
    """Accuracy on each task's probe images while training goes on: old tasks are seen falling within a task."""
    x, inside, looks = chart_layers.at(history), alt.NamedData("inside"), alt.NamedData("looks")
    parts = [
        *_bands(history, x),
        *chart_layers.chance(history, highlight),
        *chart_layers.lines(inside, history, x, highlight),
        *[
            part.transform_filter(alt.datum.head)
            for part in chart_layers.points(inside, history, x, highlight)
        ],
        *chart_layers.headings(history, x, highlight, offset=0.5),
        *chart_layers.crosshair(looks, history, x, picks=False),
    ]
    told = "Accuracy on each task's probe images, step by step while the tasks are learned."
    datasets = {name: data.to_dict("records") for name, data in _live_data(history).items()}
    return finished(alt.layer(*parts), told, right=4).properties(datasets=datasets)


def live_spec(history: History, highlight: int | None = None) -> dict:
    """The chart of `live_curves` as a plain Vega-Lite specification, fast enough to be made twice a second.

    Only its two named data sets differ from one moment to the next, so a page redraws it without a flicker.
    """
    c = history.config
    classes = history.started.classes if history.has_started else None
    key = (c.scenario, c.tasks, classes, highlight)
    if key not in _live_frames:
        if len(_live_frames) > 50:
            _live_frames.clear()
        _live_frames[key] = live_curves(history, highlight).to_dict()
    frame = _live_frames[key]
    return {**frame, "datasets": {**frame["datasets"], **_live_data(history)}}


_live_frames: dict[tuple, dict] = {}


def _live_data(history: History) -> dict[str, pd.DataFrame]:
    inside = pd.DataFrame(chart_data.inside(history), columns=["task", "at", "accuracy", "head"])
    return {"inside": inside, "looks": _frame(chart_data.inside_table(history), history, "at")}


def _frame(table: list[dict], history: History, time: str) -> pd.DataFrame:
    """A table for the crosshair; the columns are there even when there is no row yet."""
    return pd.DataFrame(
        table,
        columns=[
            "task",
            time,
            "accuracy",
            "moment",
            *(f"t{on}" for on in range(history.config.tasks)),
        ],
    )


def _bands(history: History, x: alt.X) -> list[alt.Chart]:
    """Every other task on a faint ground, and a line where one task ends and the next begins."""
    tasks = range(history.config.tasks)
    shaded = pd.DataFrame([{"at": task, "to": task + 1} for task in tasks if task % 2 == 0])
    bounds = pd.DataFrame([{"at": bound} for bound in range(history.config.tasks + 1)])
    ground = alt.Chart(shaded).mark_rect(color=INK, opacity=0.05).encode(x=x, x2="to:Q")
    return [ground, alt.Chart(bounds).mark_rule(color=INK, strokeWidth=1, opacity=0.3).encode(x=x)]


def forgetting_matrix(
    history: History, drop: bool = False, picked: Picked = None
) -> alt.LayerChart:
    """Accuracy[after][on] as a heat map with the numbers in it; a click selects "pick" (task, after).

    drop: the change since the task was learned, on a diverging scale. picked: (task, after), framed.
    """
    data = pd.DataFrame(
        chart_data.cells(history, drop),
        columns=["task", "after", "shown", "text", "name", "moment", "accuracy", "change"],
    )
    pick = alt.selection_point(name="pick", fields=["task", "after"], on="click", empty=False)
    base = alt.Chart(data).encode(x=_on(history, drop), y=_row(history))
    told = [
        alt.Tooltip(field, title=title)
        for field, title in [
            ("name:N", "on"),
            ("moment:N", "after"),
            ("accuracy:N", "accuracy"),
            ("change:N", "since learned"),
        ]
    ]
    scale = alt.Scale(
        domain=[-1, -0.5, 0, 0.5, 1] if drop else [0, 0.2, 0.4, 0.6, 0.8, 1],
        range=list(CHANGE if drop else KNOWN),
    )
    light = "abs(datum.shown) > 0.7" if drop else "datum.shown < 0.52"
    size = 13 if history.config.tasks <= chart_layers.MANY else 10
    parts = [
        base.mark_rect(cursor="pointer")
        .encode(color=alt.Color("shown:Q", scale=scale, legend=None), tooltip=told)
        .add_params(pick),
        base.transform_filter(alt.datum.task == alt.datum.after).mark_rect(
            filled=False, stroke=INK, strokeWidth=2
        ),
        base.mark_text(fontSize=size, fontWeight=600).encode(
            text="text:N", color=alt.condition(light, alt.value("#ffffff"), alt.value("#1b1a18"))
        ),
    ]
    if picked is not None:
        chosen = base.transform_filter(
            (alt.datum.task == picked[0]) & (alt.datum.after == picked[1])
        )
        parts.append(chosen.mark_rect(filled=False, stroke=INK, strokeWidth=5))
    tasks = history.config.tasks
    room = max(tasks, 3) * (46 if tasks <= chart_layers.MANY else 34) + 76
    return finished(alt.layer(*parts), _matrix_told(history, drop), right=4).properties(height=room)


def _on(history: History, drop: bool) -> alt.X:
    few = history.config.tasks <= chart_layers.MANY
    labels = [
        [name, group] if len(group) < 10 else [name]
        for name, group in zip(chart_data.names(history), chart_data.classes(history))
    ]
    expression = f"{labels}[datum.value]" if few else "datum.value + 1"
    title = "change of accuracy, in points, on" if drop else "accuracy, in %, on"
    axis = alt.Axis(
        title=title,
        orient="top",
        labelExpr=expression,
        labelAngle=0,
        ticks=False,
        domain=False,
        titlePadding=6,
    )
    return alt.X("task:O", scale=_tasks(history), axis=axis)


def _row(history: History) -> alt.Y:
    axis = alt.Axis(
        title="after learning task",
        labelExpr="datum.value + 1",
        ticks=False,
        domain=False,
        grid=False,
        titlePadding=6,
    )
    return alt.Y("after:O", scale=_tasks(history), axis=axis)


def _tasks(history: History) -> alt.Scale:
    return alt.Scale(domain=list(range(history.config.tasks)), paddingInner=0.06, paddingOuter=0.03)


def finished(chart: alt.LayerChart, description: str, right: int, top: int = 4) -> alt.LayerChart:
    """What all charts have in common: width, padding, colours of the axes, and the words for those who cannot see it."""
    chart = chart.properties(
        width="container",
        height=HEIGHT,
        description=description,
        padding={"left": 4, "top": top, "right": right, "bottom": 4},
        usermeta={"embedOptions": {"renderer": "svg", "actions": False}},
    )
    return chart.configure_axis(
        labelColor=INK, titleColor=INK, labelFontSize=12, titleFontSize=12, titleFontWeight="normal"
    ).configure_view(strokeWidth=0)


def _curves_told(history: History) -> str:
    count = len(history.learned)
    if not count:
        return "Forgetting curves: no task has been learned yet."
    a = history.accuracy
    told = [
        f"{name}: {chart_data.percent(a[task][task])} when learned, {chart_data.percent(a[count - 1][task])} now"
        for task, name in enumerate(chart_data.titles(history)[:count])
    ]
    return (
        "Forgetting curves, accuracy on each task after each task learned. " + "; ".join(told) + "."
    )


def _matrix_told(history: History, drop: bool) -> str:
    what = "Change of accuracy since each task was learned" if drop else "Accuracy on each task"
    last = [
        row for row in chart_data.cells(history, drop) if row["after"] == len(history.learned) - 1
    ]
    return (
        f"{what}, a row for each moment. Last row: "
        + "; ".join(f"{row['name']}: {row['text']}" for row in last)
        + "."
    )
