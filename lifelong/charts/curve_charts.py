"""Curves of a run as Altair charts, for Streamlit and Gradio. No user interface."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from ..formatting import percent
from ..runs.history import History
from . import chart_data, chart_layers, chart_scales, long_runs
from .chart_scales import INK, unchecked

HEIGHT = 410
Picked = tuple[int, int] | None
Spec = dict[str, Any]


class Layered(alt.LayerChart):
    """Chart in layers whose specification is not compared with the schema of Vega-Lite.

    That takes longer than all else that a page does for a chart; the tests do it.
    """

    def to_dict(self, validate: bool = False, **options: Any) -> Spec:
        """Returns the specification."""
        return super().to_dict(validate=validate, **options)


@unchecked
def forgetting_curves(
    history: History,
    reference: History | None = None,
    highlight: int | None = None,
    picked: Picked = None,
    given_task: bool = False,
) -> Layered:
    """Returns the accuracy on each task after each task learned, a line a task.

    reference: the reference run, drawn as a dashed line. highlight: the task whose line stands out,
    with its drop written beside it. picked: (task, after), ringed; a click selects it as "pick".
    given_task: whether the highlighted task has a second, dotted line, with the task label given.
    """
    second = highlight if given_task else None
    x = chart_scales.after(history)
    drawn = long_runs.drawn_tasks(history, highlight)
    rows = chart_data.curve_tooltips(history, drawn)
    data = pd.DataFrame(rows, columns=["task", "after", "accuracy"])
    tooltips = _tooltip_frame(rows, drawn, "after")
    layers = [
        *chart_layers.chance(history, highlight, named=not chart_layers.reaches_end(history)),
        *chart_layers.reference_line(reference, highlight),
        *chart_layers.lines(data, history, x, highlight),
        *chart_layers.given_task_line(history, second),
        *chart_layers.points(data, history, x, highlight),
        *chart_layers.headings(history, x, highlight),
        *chart_layers.end_labels(history, reference, highlight, second),
        *chart_layers.drop_label(history, highlight),
        *chart_layers.ring(history, picked),
        *chart_layers.crosshair(tooltips, history, x, drawn, picks=True),
    ]
    description, note = _curves_description(history), long_runs.drawn_note(history, highlight)
    return finished(layers, description, note)


@unchecked
def live_curves(history: History, highlight: int | None = None) -> Layered:
    """Returns the accuracy on each task's probe images, step by step during training."""
    x, data, tooltips = (
        chart_scales.at(history),
        alt.NamedData("probes"),
        alt.NamedData("tooltips"),
    )
    layers = [
        *_bands(history, x),
        *chart_layers.chance(history, highlight),
        *chart_layers.lines(data, history, x, highlight),
        *[
            layer.transform_filter(alt.datum.head)
            for layer in chart_layers.points(data, history, x, highlight)
        ],
        *chart_layers.headings(history, x, highlight, offset=0.5),
        *chart_layers.crosshair(
            tooltips, history, x, long_runs.drawn_tasks(history, highlight), picks=False
        ),
    ]
    description = "Accuracy on each task's probe images, step by step while the tasks are learned."
    frames = _live_data(history, highlight)
    datasets = {name: frame.to_dict("records") for name, frame in frames.items()}
    note = long_runs.drawn_note(history, highlight)
    return finished(layers, description, note, datasets=datasets)


def live_spec(history: History, highlight: int | None = None) -> Spec:
    """Returns `live_curves` as a Vega-Lite specification, fast enough for two a second.

    Only its two named data sets differ from one moment to the next, so a page redraws it without a
    flicker.
    """
    c = history.config
    classes = history.started.classes if history.has_started else None
    key = (c.scenario, c.tasks, classes, highlight)
    if key not in _live_frames:
        if len(_live_frames) > 50:
            _live_frames.clear()
        _live_frames[key] = live_curves(history, highlight).to_dict()
    frame = _live_frames[key]
    return {**frame, "datasets": {**frame["datasets"], **_live_data(history, highlight)}}


_live_frames: dict[tuple[Any, ...], Spec] = {}


def _live_data(history: History, highlight: int | None) -> dict[str, pd.DataFrame]:
    drawn = long_runs.drawn_tasks(history, highlight)
    rows = chart_data.live_rows(history, drawn)
    return {
        "probes": pd.DataFrame(rows, columns=["task", "at", "accuracy", "head"]),
        "tooltips": _tooltip_frame(chart_data.live_tooltips(history, drawn), drawn, "at"),
    }


def _tooltip_frame(rows: list[chart_data.Row], tasks: list[int], time: str) -> pd.DataFrame:
    """Returns a table for the crosshair, whose columns exist even without rows."""
    columns = [f"t{on}" for on in tasks]
    return pd.DataFrame(rows, columns=["task", time, "accuracy", "moment", *columns])


def _bands(history: History, x: alt.X) -> list[alt.Chart]:
    """Returns a faint ground for every other task, and lines between tasks; none for many."""
    tasks = range(history.config.tasks)
    if len(tasks) > long_runs.MOST_DRAWN:
        return []
    shaded = pd.DataFrame([{"at": task, "to": task + 1} for task in tasks if task % 2 == 0])
    bounds = pd.DataFrame([{"at": bound} for bound in range(history.config.tasks + 1)])
    ground = alt.Chart(shaded).mark_rect(color=INK, opacity=0.05).encode(x=x, x2="to:Q")
    return [ground, alt.Chart(bounds).mark_rule(color=INK, strokeWidth=1, opacity=0.3).encode(x=x)]


def finished(
    layers: Sequence[alt.Chart], description: str, note: str = "", height: int = HEIGHT, **more: Any
) -> Layered:
    """Returns layers as a chart with what all charts share: size, padding, axis colours, and a
    description in words.

    note: written above the chart. more: further properties. All are given at once: each property
    that is added to a chart copies it.
    """
    if note:
        more["title"] = alt.Title(note, anchor="start", color=INK, fontSize=12, fontWeight="normal")
    return Layered(
        layer=list(layers),
        width="container",
        height=height,
        description=description,
        padding={"left": 4, "top": 4, "right": 4, "bottom": 4},
        usermeta={"embedOptions": {"renderer": "svg", "actions": False}},
        config=alt.Config(
            axis=alt.AxisConfig(
                labelColor=INK,
                titleColor=INK,
                labelFontSize=12,
                titleFontSize=12,
                titleFontWeight="normal",
            ),
            view=alt.ViewConfig(strokeWidth=0),
        ),
        **more,
    )


def _curves_description(history: History) -> str:
    accuracy = chart_data.accuracy_rows(history)
    if not accuracy:
        return "Forgetting curves: no task has been learned yet."
    tasks = [
        f"{name}: {percent(accuracy[task][task])} when learned, {percent(accuracy[-1][task])} now"
        for task, name in enumerate(chart_data.task_titles(history)[: len(accuracy)])
    ]
    heading = "Forgetting curves, accuracy on each task after each task learned."
    return f"{heading} {'; '.join(tasks)}."
