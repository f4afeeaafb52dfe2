"""Exports the network of a run for other programs, as TorchScript or ONNX, and its table."""

import csv
import io
import json
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import LifelongError
from ..numerics import hardware
from ..runs.history import History
from ..strategies.base import Strategy
from ..training.setup import frozen_backbone_of
from . import predict

EXAMPLES = 3  # images by which the computation is traced; any number can be given later


class Exported(nn.Module):
    """A checkpoint as a module: images uint8 (n, channels, height, width) -> probabilities (n,
    classes).

    active: the outputs that compete, in the order of the classes.
    """

    def __init__(self, history: History, model: Strategy, active: list[int]) -> None:
        super().__init__()
        self.network = model.network
        self.backbone = frozen_backbone_of(history.config)
        self.active = active
        self._model = (model,)  # in a tuple: its network is registered already
        for name, value in vars(model).items():
            # A number that decides what is computed has to be one before the images are known.
            if isinstance(value, Tensor) and value.dim() == 0 and not value.is_floating_point():
                setattr(model, name, int(value))

    def forward(self, images: Tensor) -> Tensor:
        (model,) = self._model
        if self.backbone is not None:
            images = model.network.body.encode(self.backbone(images))
        return model.scores(images)[:, self.active].softmax(1)


def write_network(
    folder: Path, file: Path, kind: str, after: int | None = None, task: int | None = None
) -> tuple[str, ...]:
    """Writes a checkpoint of a run as "torchscript" or "onnx"; returns the classes by column.

    The file takes images uint8 (n, channels, height, width), n as you like, and gives probabilities
    (n, classes). Its metadata have the classes and the run. after: the task after which, by default
    the last. task: the task label, by which only its classes compete. Raises LifelongError for a
    strategy whose rule of inference cannot be written as a fixed computation.
    """
    history = predict.history_of_learned(folder)
    last = predict.checked_after(folder, history, after)
    predict.check_task(folder, history, task)
    model = predict.fresh(folder, last)
    active = predict.active_classes(history, model, last, task)
    names = tuple(" or ".join(group) for group in active.values())
    about = {
        "classes": json.dumps(names),
        "run": folder.name,
        "after_task": str(last),
        "strategy": history.config.strategy,
        "source": history.started.source,
    }
    program = _traced(Exported(history, model, list(active)), history)
    if kind == "onnx":
        _write_onnx(program, file, about)
    else:
        example = torch.zeros(EXAMPLES, *history.started.shape, dtype=torch.uint8)
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch wishes for another format
            script = torch.jit.trace(program.module(), example, check_trace=False)
            torch.jit.save(script, str(file), _extra_files=about)
    return names


def _traced(module: Exported, history: History) -> "torch.export.ExportedProgram":
    example = torch.zeros(EXAMPLES, *history.started.shape, dtype=torch.uint8)
    shapes = ({0: torch.export.Dim.DYNAMIC},)
    try:
        # With one thread a product would depend on its size, for the second core.
        with torch.no_grad(), hardware.threads(2):
            return torch.export.export(module, (example,), dynamic_shapes=shapes)
    except RuntimeError as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")  # torch adds lines of its source
        raise LifelongError(
            f"The rule by which {history.config.strategy} answers cannot be written as a fixed"
            f" computation ({reason}); export a run of another strategy, or the table as csv."
        ) from error


def _write_onnx(program: Any, file: Path, about: dict[str, str]) -> None:
    try:
        import onnx
        import onnxscript  # noqa: F401  # which torch writes ONNX with
    except ImportError:
        raise LifelongError(
            "ONNX is not installed; run: pip install onnx onnxscript, or export torchscript."
        ) from None
    written = torch.onnx.export(
        program, verbose=False, input_names=["images"], output_names=["probabilities"]
    )
    if written is None:
        raise TypeError("torch wrote no ONNX program.")
    model = written.model_proto
    onnx.helper.set_model_props(model, about)
    onnx.save(model, str(file))


def csv_table(history: History) -> str:
    """Returns the accuracy matrix as CSV: after, on, accuracy, with and without the task label."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["after_task", "on_task", "accuracy", "accuracy_task_label_given"])
    for after, row in enumerate(history.learned):
        for on, (accuracy, given) in enumerate(zip(row.accuracy, row.accuracy_given_task)):
            writer.writerow([after, on, accuracy, given])
    return out.getvalue()


def latex_table(history: History) -> str:
    """Returns the accuracy matrix in percent as a LaTeX table, for booktabs."""
    tasks = len(history.learned)
    heads = " & ".join(f"Task {number}" for number in range(1, tasks + 1))
    lines = [
        r"\begin{tabular}{l" + "r" * tasks + "}",
        r"\toprule",
        f"After & {heads} " + r"\\",
        r"\midrule",
    ]
    for after, row in enumerate(history.learned, 1):
        cells = [f"{100 * share:.1f}" for share in row.accuracy] + [""] * (tasks - after)
        lines.append(f"Task {after} & " + " & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])
