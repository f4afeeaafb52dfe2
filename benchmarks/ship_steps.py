"""Makes the checkpoints within the tasks of a run that ships without, and measures their error.

    LIFELONG_DATA=... python -m benchmarks.ship_steps [RUN]

Each task is learned again from the shipped weights before it, with the optimiser's averages of the
run learned anew: on another machine a run ends with other bits, so its own states within a task
cannot be had any more. The files of the run stay as they are. Prints one JSON object: the bytes;
over 1,000 test images the largest difference of a probability between the exact and the saved
states; and for each task the share of images of which the state at its end predicts what the
shipped one does.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import click
import torch
from torch import Tensor

from lifelong.data.scenarios import evenly_spaced
from lifelong.inference import predict
from lifelong.runs import checkpoints, step_checkpoints
from lifelong.runs import store as run_store
from lifelong.runs.folders import SHIPPED
from lifelong.strategies.base import Strategy, scores
from lifelong.training.experiment import Experiment

IMAGES = 1000


@click.command()
@click.argument("run", default="mnist-class-finetune")
def main(run: str) -> None:
    """Makes them for one run."""
    folder = SHIPPED / run
    experiment = Experiment(run_store.history(folder).config.with_changes(precision="fp32"))
    test = experiment.dataset.test_images
    images = test[evenly_spaced(len(test), IMAGES)]
    errors, agreement = [], []
    for task, exact in _learn_again(folder, experiment, images):
        saved = step_checkpoints.load(folder, task, run_store.history(folder)) if task else {}
        for step, state in saved.items():
            model = predict.untrained(run_store.history(folder), task)
            model.load_inference_state_dict(state)
            errors.append(float((_probabilities(model, images) - exact[step]).abs().max()))
        shipped = _probabilities(predict.load(folder, task), images)
        agree = shipped.argmax(1) == _probabilities(experiment.strategy, images).argmax(1)
        agreement.append(round(float(agree.float().mean()), 4))
    files = [checkpoints.steps_file(folder, task) for task in range(1, len(experiment.tasks))]
    report = {
        "run": run,
        "states": len(errors),
        "bytes": sum(file.stat().st_size for file in files),
        "images": len(images),
        "largest_difference": round(max(errors), 4),
        "agreement_at_end": agreement,
    }
    click.echo(json.dumps(report))


def _learn_again(
    folder: Path, experiment: Experiment, images: Tensor
) -> Iterator[tuple[int, dict[int, Tensor]]]:
    """Learns each task from the shipped weights before it and saves states within it.

    Yields the task and the exact probabilities of the images by step, (n, outputs).
    """
    strategy = experiment.strategy
    for task in experiment.tasks:
        if task.index:
            before = predict.load(folder, task.index - 1)
            strategy.load_inference_state_dict(before.inference_state_dict())
        exact = {}
        for step, _steps, _loss in experiment.train(task):
            if task.index and step in step_checkpoints.STEPS:
                state = strategy.inference_state_dict()
                step_checkpoints.save(folder, task.index, step, state)
                exact[step] = _probabilities(strategy, images)
        yield task.index, exact


@torch.no_grad()
def _probabilities(model: Strategy, images: Tensor) -> Tensor:
    return scores(model, images).softmax(1)


if __name__ == "__main__":
    main()
