"""One page about one run or several: curves, matrix, measures, configuration, command."""

import io
import os
import platform
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape

from .. import __version__, plot
from ..config import SCENARIOS
from ..errors import LifelongError
from ..formatting import duration, operations, percent, size
from ..metrics import all_metrics
from ..runs import command
from ..runs import store as run_store
from ..runs.history import History
from ..service.catalog import strategy_titles
from ..storage import atomic

COLUMNS = {"average_accuracy": "Average accuracy", "forgetting": "Forgetting"}
LIBRARIES = ("torch", "torchvision", "numpy")


def write(folders: Sequence[Path], file: Path) -> None:
    """Writes the report of runs to an HTML file that opens without a network.

    Raises LifelongError for a run that has learned nothing, or a file that cannot be written.
    """
    runs = [_about(folder) for folder in folders]
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape()
    )
    page = templates.get_template("report.html").render(
        title=runs[0]["id"] if len(runs) == 1 else f"Report on {len(runs)} runs",
        made=date.today().isoformat(),
        columns=[*COLUMNS.values(), "Stored", "Training"],
        runs=runs,
        versions=versions(),
    )
    atomic.write_atomically(file, page.encode())


def versions() -> dict[str, str]:
    """Returns the versions and the machine that a report is made with."""
    return {
        "lifelong": __version__,
        "Python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
    }


def _about(folder: Path) -> dict[str, Any]:
    """Returns what the template shows of a run."""
    history = run_store.history(folder)
    if not history.learned:
        raise LifelongError(f"The run {folder.name} has not learned a task yet; train it first.")
    reference = plot.reference_of(folder.name)
    measures, learned = history.measures(reference), len(history.learned)
    stored = history.stored_bytes
    costs = ["–" if stored is None else size(stored), duration(history.seconds)]
    config = history.config
    if config.program is not None:
        costs[1] = "–"
    return {
        "id": folder.name,
        "strategy": strategy_titles().get(config.strategy, config.strategy),
        "scenario": SCENARIOS[config.scenario].title,
        "state": f"{learned} of {config.tasks} tasks learned.",
        "source": history.started.source,
        "row": [*(percent(measures[key]) for key in COLUMNS), *costs],
        "charts": _charts(history, reference),
        "measures": [
            {"title": each.title, "meaning": each.meaning, "value": percent(measures[each.name])}
            for each in all_metrics()
            if measures[each.name] is not None
        ],
        "configuration": _configuration(history),
        "command": command.of_run(config),
    }


def _charts(history: History, reference: History | None) -> list[dict[str, str]]:
    charts = {
        "Accuracy on each task after each task learned": plot.forgetting_curves(history, reference),
        "Accuracy after each task, on each task, in per cent": plot.accuracy_matrix(history),
    }
    if reference is not None:
        title = "What each task lost: harder question, and forgotten"
        charts[title] = plot.drop_bars(history, reference)
    return [{"title": title, "svg": _svg(chart)} for title, chart in charts.items()]


def _svg(chart: Any) -> str:
    out = io.StringIO()
    plot.write(chart, out, "svg")
    return out.getvalue()


def _configuration(history: History) -> list[tuple[str, str]]:
    """Returns every choice of the run, and what it cost."""
    config = history.config
    given = config.model_dump(exclude={"settings", "network", "taught", "original"})
    rows = [(name.replace("_", " "), str(value)) for name, value in given.items() if value]
    rows += [(f"{config.strategy}: {n}", str(value)) for n, value in config.settings.items()]
    rows += [(f"{config.model}: {name}", str(value)) for name, value in config.network.items()]
    if history.operations is not None:
        rows.append(("multiply-accumulate operations", operations(history.operations)))
    if history.peak_memory is not None:
        rows.append(("peak memory of the process", size(history.peak_memory)))
    return rows
