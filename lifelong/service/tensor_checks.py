"""Checkpoints of runs from elsewhere: the tensors have the names and shapes that the run needs."""

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from ..errors import LifelongError
from ..inference import predict
from ..models.base import Network
from ..runs import checkpoints, compact, integrity, step_checkpoints, taught
from ..runs.history import History
from ..training.setup import frozen_backbone_of, model_of

# Errors of torch and of strategies for tensors of other shapes than they expect.
MISFIT = (KeyError, ValueError, TypeError, IndexError, RuntimeError, AttributeError, OverflowError)


@torch.no_grad()
def check(folder: Path, history: History) -> None:
    """Raises LifelongError for a run whose checkpoints do not fit its network and strategy.

    Each is loaded as for a drawing, and answers a blank image. The shapes of the network are
    compared before it takes any memory. Of the states for resuming it is only checked that they
    can be read: they are compared when the run learns on.
    """
    for file in folder.glob("*.safetensors"):
        integrity.check(file, history)
        _shapes(file)
    for after in range(len(history.learned)):
        file = checkpoints.inference_file(folder, after)
        try:
            _check_network(history, after, file)
            _check_answer(history, after, file)
        except LifelongError:
            raise
        except MISFIT:
            raise _misfit(file) from None
    for task in checkpoints.tasks_with_steps(folder, len(history.learned)):
        step_checkpoints.load(folder, task, history) if task else None
    taught.pictures(folder, history)


def _check_network(history: History, after: int, file: Path) -> None:
    """Compares the names and shapes of the network's tensors with those in the file."""
    config, plan = history.config.of_task(after), predict.plan_after(history, after)
    backbone = frozen_backbone_of(config)
    shape = (backbone.width, 1, 1) if backbone else history.started.shape
    with torch.device("meta"):  # without memory
        network: Network = model_of(config).network(shape, plan.outputs, config.precision)
        expected = {f"network.{name}": t.shape for name, t in network.weights().items()}
    found = {name: shape for name, shape in _shapes(file).items() if name.startswith("network.")}
    if found != expected:
        raise _misfit(file)


def _check_answer(history: History, after: int, file: Path) -> None:
    """Loads the state and has it answer a blank image with a number for every output."""
    strategy = predict.untrained(history, after)
    predict.load_state(strategy, integrity.read(file, history)[0], file)
    backbone = frozen_backbone_of(history.config)
    shape = (backbone.width, 1, 1) if backbone else history.started.shape
    scores = strategy.scores(torch.zeros((1, *shape), dtype=torch.uint8))
    if scores.shape != (1, predict.plan_after(history, after).outputs) or scores.isnan().any():
        raise _misfit(file)


def _shapes(file: Path) -> dict[str, torch.Size]:
    """Returns the shapes of the tensors in a file by name, without reading them."""
    try:
        with safe_open(file, "pt"):
            pass
    except (SafetensorError, OSError):
        raise LifelongError(f"Its {file.name} is damaged; download it once more.") from None
    return compact.shapes(file)


def _misfit(file: Path) -> LifelongError:
    return LifelongError(f"Its {file.name} belongs to another network than its config.json names.")
