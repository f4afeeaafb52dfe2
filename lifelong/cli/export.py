"""Command `export`: a run's network or its table, for use elsewhere."""

from collections.abc import Callable
from pathlib import Path

import rich_click as click

from ..errors import LifelongError
from ..runs import store as run_store
from ..runs.history import History
from .options import run_names

FORMATS = {"torchscript": ".pt", "onnx": ".onnx", "csv": ".csv", "latex": ".tex"}
LOGGERS = ("tensorboard", "wandb", "mlflow")


@click.command()
@click.argument("run", shell_complete=run_names)
@click.option(
    "--format",
    "kind",
    type=click.Choice([*FORMATS, *LOGGERS]),
    required=True,
    help="The network as torchscript or onnx, the accuracy matrix as csv or latex, the record for "
    "tensorboard, wandb or mlflow.",
)
@click.option("--out", type=click.Path(path_type=Path), help="File, or folder of a logger.")
@click.option("--after", type=int, help="Network after this task, from 0.  [default: the last]")
@click.option("--task", type=int, help="Only this task's classes, from 0.  [default: all]")
def export(run: str, kind: str, out: Path | None, after: int | None, task: int | None) -> None:
    """Write the network of RUN, or its table, for use elsewhere.

    The network takes images uint8 (n, channels, height, width) and gives probabilities (n,
    classes); the names of the classes are in the file's metadata. The loggers get the curves, the
    measures and the configuration; Weights & Biases offline, unless WANDB_MODE says otherwise.
    """
    folder = run_store.named(run)
    if kind in LOGGERS:
        from ..reports import loggers

        out = out or Path(f"{kind}-logs")
        advice = loggers.write(kind, run_store.history(folder), folder.name, out)
        print(f"{out} has the record; look at it with: {advice}")
        return
    out = out or Path(f"{folder.name}{FORMATS[kind]}")
    try:
        if kind in ("torchscript", "onnx"):
            from ..inference.export import write_network

            classes = write_network(folder, out, kind, after, task)
            print(f"{out} has the network for {', '.join(classes)}.")
        else:
            out.write_text(_table(kind)(run_store.history(folder)), "utf-8")
            print(f"{out} has the accuracy matrix.")
    except OSError as error:
        raise LifelongError(
            f"{out} could not be written ({error.strerror}); give another with --out."
        ) from None


def _table(kind: str) -> Callable[[History], str]:
    from ..inference import export as exports

    return exports.csv_table if kind == "csv" else exports.latex_table
