"""Commands `plot` and `report`: charts and pages of runs as files."""

from pathlib import Path

import rich_click as click

from ..runs import store as run_store
from .options import Decorator, run_names

runs_argument = click.argument("runs", nargs=-1, required=True, shell_complete=run_names)
CHARTS = ("curves", "live", "matrix", "drops")


def _out_option(help: str) -> Decorator:
    """Returns the decorator that adds `--out`, the file to write."""
    file = click.Path(dir_okay=False, path_type=Path)
    return click.option("--out", type=file, required=True, help=help)


@click.command()
@runs_argument
@_out_option("File that ends in .png, .svg, .html or .json.")
@click.option(
    "--chart",
    type=click.Choice(CHARTS),
    default="curves",
    show_default=True,
    help="Accuracy after each task, step by step, as a matrix, or the drop in its parts.",
)
def plot(runs: tuple[str, ...], out: Path, chart: str) -> None:
    """Draw a chart of RUNS into a file, one below the other.

    Curves are compared with cumulative training where there is such a run; `drops` needs one. Needs
    vl-convert-python: `pip install vl-convert-python`.
    """
    from .. import plot as plots

    histories = {run: run_store.history(run_store.named(run)) for run in runs}
    charts = [
        plots.of_kind(chart, history, plots.reference_of(run)).properties(title=Path(run).name)
        for run, history in histories.items()
    ]
    plots.save(charts[0] if len(charts) == 1 else plots.stacked(charts), out)
    print(f"{out} has {'the chart' if len(charts) == 1 else f'the charts of {len(charts)} runs'}.")


@click.command()
@runs_argument
@_out_option("File that ends in .html.")
def report(runs: tuple[str, ...], out: Path) -> None:
    """Write one page about RUNS: curves, matrix, measures, configuration, command.

    It opens without a network. Needs vl-convert-python: `pip install vl-convert-python`.
    """
    from ..reports import report as reports

    reports.write([run_store.named(run) for run in runs], out)
    print(f"{out} has the report.")
