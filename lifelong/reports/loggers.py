"""Writes the record of a run for TensorBoard, Weights & Biases or MLflow, by their own libraries.

All three get the same values: the accuracies of the probe images and the loss at each evaluation,
the accuracy on each task and their average after each task, the measures at the end, and the
configuration. The step is that of the optimiser, counted over all tasks.
"""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

from ..errors import LifelongError
from ..events import Step, TaskLearned
from ..runs.history import History

Values = dict[str, float]
PROJECT = "lifelong"


def series(history: History) -> Iterator[tuple[int, Values]]:
    """Yields step and values of each evaluation within a task, and after each task.

    Accuracies are shares in [0, 1]; tasks count from 1 in the names, as in the app.
    """
    begun, last = 0, 0  # steps before this task, and those of it so far
    for event in history.events:
        if isinstance(event, Step):
            last = event.steps
            values = {f"live/task {n}": share for n, share in enumerate(event.probe, 1)}
            if event.loss is not None:
                values["live/loss"] = event.loss
            yield begun + event.step, values
        elif isinstance(event, TaskLearned):
            begun, last = begun + last, 0
            values = {f"accuracy/task {n}": share for n, share in enumerate(event.accuracy, 1)}
            yield begun, {**values, "accuracy/average": fmean(event.accuracy)}


def summary(history: History) -> Values:
    """Returns the measures of a run that are defined, and its costs."""
    found = {
        **history.measures(),
        "seconds": history.report(None)["seconds"],
        "stored_bytes": history.stored_bytes,
    }
    return {name: float(value) for name, value in found.items() if value is not None}


def parameters(history: History) -> dict[str, Any]:
    """Returns the configuration of a run, the settings as `settings.NAME`."""
    fields = history.config.model_dump(exclude_none=True, exclude={"taught", "original"})
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        nested = value if isinstance(value, dict) else {}
        flat |= {f"{name}.{key}": each for key, each in nested.items()} or {name: value}
    return flat | {"source": history.started.source}


def write(kind: str, history: History, run: str, out: Path) -> str:
    """Writes a run for "tensorboard", "wandb" or "mlflow" below a folder; returns what to do next.

    Raises LifelongError where the library is not installed or cannot write.
    """
    if not history.learned:
        raise LifelongError(f"The run {run} has learned no task yet; let it learn first.")
    try:
        return WRITERS[kind](history, run, out)
    except ImportError:
        package = {"mlflow": "mlflow-skinny sqlalchemy alembic"}.get(kind, kind)
        raise LifelongError(f"{kind} is not installed; run: pip install {package}") from None
    except OSError as error:
        raise LifelongError(
            f"{out} could not be written ({error.strerror}); give another with --out."
        ) from None


def _tensorboard(history: History, run: str, out: Path) -> str:
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(out / run)) as writer:
        for step, values in series(history):
            for name, value in values.items():
                writer.add_scalar(name, value, step)
        texts = {
            name: v if isinstance(v, int | float | bool | str) else str(v)
            for name, v in parameters(history).items()
        }
        results = {f"result/{name}": value for name, value in summary(history).items()}
        writer.add_hparams(texts, results, run_name=".")
    return f"tensorboard --logdir {out}"


def _wandb(history: History, run: str, out: Path) -> str:
    import wandb

    out.mkdir(parents=True, exist_ok=True)
    # Nothing is sent unless the person who runs this says so by the library's own variable.
    mode = os.environ.get("WANDB_MODE", "offline")
    with wandb.init(
        project=os.environ.get("WANDB_PROJECT", PROJECT),
        name=run,
        dir=str(out),
        config=parameters(history),
        mode=mode,  # type: ignore[arg-type]  # one of its literals, or its own error
        settings=wandb.Settings(silent=True, console="off", x_disable_stats=True),
    ) as logged:
        for step, values in series(history):
            logged.log(values, step=step)
        logged.summary.update(summary(history))
        folder = Path(logged.dir).parent
    wandb.teardown()  # only then is the last of it on disk
    return f"wandb sync {folder}" if mode == "offline" else str(logged.url)


def _mlflow(history: History, run: str, out: Path) -> str:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    out.mkdir(parents=True, exist_ok=True)
    address = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{out.absolute()}/mlflow.db"
    client = MlflowClient(tracking_uri=address)
    known = client.get_experiment_by_name(PROJECT)
    experiment = known.experiment_id if known else client.create_experiment(PROJECT)
    logged = client.create_run(experiment, run_name=run).info.run_id
    rows = [*series(history), (0, {f"result/{n}": v for n, v in summary(history).items()})]
    metrics = [Metric(name, v, 0, step) for step, values in rows for name, v in values.items()]
    for start in range(0, len(metrics), BATCH):
        client.log_batch(logged, metrics=metrics[start : start + BATCH])
    texts = [Param(name, str(value)[:LONGEST]) for name, value in parameters(history).items()]
    client.log_batch(logged, params=texts)
    client.set_terminated(logged)
    return f"mlflow ui --backend-store-uri {address}"


BATCH, LONGEST = 1000, 6000  # of MLflow: metrics in one request, characters of a parameter
WRITERS: dict[str, Callable[[History, str, Path], str]] = {
    "tensorboard": _tensorboard,
    "wandb": _wandb,
    "mlflow": _mlflow,
}
