"""The app's charts for notebooks and files: `lifelong.plot.forgetting_curves(run)`.

Each function returns an Altair chart, which a notebook shows; `save(chart, "x.png")` writes it.
"""

import importlib.util
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from .charts import curve_charts, drop_chart, matrix_chart, study_charts
from .charts.chart_scales import INK, per_cent
from .errors import LifelongError
from .estimators.run import Run
from .estimators.transfer import Transfer
from .metrics import all_metrics, drops_by_task
from .runs import store
from .runs.history import History
from .transfer.curves import Axis
from .transfer.results import StudyResult

WIDTH = 560  # pixels
FORMATS = (".png", ".svg", ".html", ".json")
# A PNG file is for screens with small pixels; an HTML file has its scripts in it.
OPTIONS: dict[str, dict[str, Any]] = {"png": {"scale_factor": 2}, "html": {"inline": True}}
ONLY_AT_THE_TOP = ("config", "background", "padding", "usermeta")  # not in a part of a chart
Chart = alt.Chart | alt.LayerChart | alt.FacetChart | alt.VConcatChart


def forgetting_curves(run: Run | History, reference: Run | History | None = None) -> Chart:
    """Returns the accuracy on each task after each task learned, a line a task.

    reference: cumulative training on the same tasks, drawn as a dashed line.
    """
    compared = None if reference is None else _history(reference)
    return _wide(curve_charts.forgetting_curves(_history(run), compared))


def live_curves(run: Run | History) -> Chart:
    """Returns the accuracy on each task's probe images, step by step during training."""
    return _wide(curve_charts.live_curves(_history(run)))


def accuracy_matrix(run: Run | History, change: bool = False) -> Chart:
    """Returns accuracy[after][on] as a heat map; change: since each task was learned."""
    return _wide(matrix_chart.forgetting_matrix(_history(run), change))


def drop_bars(run: Run | History, reference: Run | History) -> Chart:
    """Returns the drop of each task in parts: what became harder, and what was forgotten.

    reference: cumulative training on the same tasks, which forgets nothing.
    """
    history = _history(run)
    parts = drops_by_task(history.accuracy, _history(reference).accuracy)
    return _wide(drop_chart.drop_bars(history, list(parts or [])))


def comparison(table: pd.DataFrame, measure: str = "average_accuracy") -> Chart:
    """Returns a measure of every row of `lifelong.compare`, mean and standard error.

    Raises LifelongError for a measure that the table does not have.
    """
    if measure not in table.columns.get_level_values(0):
        raise LifelongError(
            f"The table has no measure '{measure}'; choose one of:"
            f" {', '.join(dict.fromkeys(table.columns.get_level_values(0)))}."
        )
    rows = table[measure].rename_axis("strategy").reset_index()
    rows["low"], rows["high"] = rows["mean"] - rows["sem"], rows["mean"] + rows["sem"]
    titles = {metric.name: metric.title for metric in all_metrics()}
    is_share = measure in titles
    axis = per_cent(titles[measure]) if is_share else alt.Axis(title=measure.replace("_", " "))
    y = alt.Y("strategy:N", sort=list(table.index), title=None)
    base = alt.Chart(rows).encode(y=y)
    bars = base.mark_bar(opacity=0.85).encode(x=alt.X("mean:Q", axis=axis))
    errors = base.mark_rule(color=INK, strokeWidth=2).encode(x="low:Q", x2="high:Q")
    words = f"{titles.get(measure, measure)} by strategy, mean and standard error."
    chart = curve_charts.finished([bars, errors], words)
    return _wide(chart.properties(height=max(80, 28 * len(rows))))


def transfer(study: Transfer | StudyResult, on: str = "target", axis: Axis = "images") -> Chart:
    """Returns the learning curves of a transfer study on the target, or on the source.

    axis: over target images a class, or over steps.
    """
    result = study.result_ if isinstance(study, Transfer) else study
    if on not in ("target", "source"):
        raise LifelongError(f"on was given as '{on}'; expected target or source.")
    draw = study_charts.target if on == "target" else study_charts.source
    return _wide(alt.LayerChart.from_dict(draw(result, axis)))


def of_kind(kind: str, history: History, reference: History | None) -> Chart:
    """Returns the chart of a run that the command line names: curves, live, matrix or drops."""
    if kind == "drops":
        if reference is None:
            raise LifelongError(
                "The drops are compared with cumulative training on the same tasks, of which there"
                " is no run; train one with --strategy cumulative."
            )
        return drop_bars(history, reference)
    if kind == "curves":
        return forgetting_curves(history, reference)
    return live_curves(history) if kind == "live" else accuracy_matrix(history)


def reference_of(run: str) -> History | None:
    """Returns the reference run of a run by its name or path, None where there is none."""
    name = Path(run).name
    found = store.reference_run(name) if store.find(name) else None
    return store.history(store.folder(found)) if found else None


def stacked(charts: Sequence[Chart]) -> Chart:
    """Returns charts one below the other."""
    parts = []
    for chart in charts:
        part = chart.copy()
        for name in ONLY_AT_THE_TOP:
            setattr(part, name, alt.Undefined)
        parts.append(part)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the parts share a crosshair, as they should
        stack = alt.vconcat(*parts, background="white")
    stack.config = charts[0].config
    return stack


def save(chart: Chart, file: str | Path) -> None:
    """Writes a chart to a file, .png, .svg, .html or .json; nothing is fetched for it.

    Raises LifelongError for another ending, where vl-convert-python is missing, and for a file that
    cannot be written.
    """
    file = Path(file)
    if file.suffix not in FORMATS:
        raise LifelongError(
            f"{file.name} was given as the file of a chart; expected one that ends in"
            f" {', '.join(FORMATS)}."
        )
    kind = file.suffix[1:]
    try:
        write(chart, str(file), kind, **OPTIONS.get(kind, {}))
    except OSError as error:
        raise LifelongError(
            f"{file} could not be written ({error.strerror}); give another."
        ) from None


def write(chart: Chart, out: Any, kind: Any, **options: Any) -> None:
    """Writes a chart to a path or a stream as png, svg, html or json.

    Raises LifelongError where vl-convert-python is missing.
    """
    if kind != "json" and importlib.util.find_spec("vl_convert") is None:
        raise LifelongError(
            "vl-convert-python, which draws charts into files, is not installed; run:"
            " pip install vl-convert-python, or save the chart as .json."
        )
    chart.save(out, format=kind, **options)


def _history(run: Run | History) -> History:
    return run.history_ if isinstance(run, Run) else run


def _wide(chart: Any) -> Any:
    """Returns a chart of a fixed width on white; on a page it is as wide as its container."""
    chart.config.axis.labelPadding = 8
    return chart.properties(width=WIDTH, background="white")
