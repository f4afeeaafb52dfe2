"""Adds to shipped runs the part of their state that the Inspect page shows, in small form.

    LIFELONG_DATA=... python -m benchmarks.ship_summary RUN ...

The files that training goes on from do not ship: they have millions of bytes a task. Of a strategy
that measures the importance of weights, `summary.safetensors` has the importance of every pixel
after every task, measured at the shipped weights. Of one with a replay buffer it has the images in
it after the last task. These are had by learning the run again: the same seed picks the same
images. Prints one JSON object for each run: the bytes; of the images also how many of them, and
how many of the training images of the tasks but the last, the shipped model predicts correctly. A
model has learned the images of its own buffer far better than the others.
"""

import json
from pathlib import Path

import click
import torch

from lifelong.data.examples import Examples
from lifelong.inference import network_state, predict
from lifelong.runs import checkpoints
from lifelong.runs import store as run_store
from lifelong.runs.folders import SHIPPED
from lifelong.storage import tensor_files
from lifelong.strategies.base import Strategy, scores
from lifelong.training.experiment import Experiment


@click.command()
@click.argument("names", nargs=-1, required=True)
def main(names: tuple[str, ...]) -> None:
    """Writes the file of each named run."""
    for name in names:
        folder = SHIPPED / name
        config = run_store.history(folder).config.with_changes(precision="fp32")
        experiment = Experiment(config)
        report = {}
        if network_state.IMAGES in experiment.state_dict():
            summary, report = buffer_images(folder, experiment)
        else:
            summary = {network_state.PIXELS: important_pixels(folder, experiment)}
        file = checkpoints.summary_file(folder)
        tensor_files.write(file, summary)
        click.echo(json.dumps({"run": name, "bytes": file.stat().st_size, **report}))


def important_pixels(folder: Path, experiment: Experiment) -> torch.Tensor:
    """Returns the importance of every pixel after every task: float (tasks, height, width).

    Raises SystemExit for a strategy that measures none.
    """
    strategy, found = experiment.strategy, []
    for task in experiment.tasks:
        learned = predict.load(folder, task.index)
        strategy.load_inference_state_dict(learned.inference_state_dict())
        strategy.end_task(task)
        state = strategy.state_dict()
        pixels = network_state.pixel_importance(state, strategy.network, experiment.shape)
        if pixels is None:
            raise SystemExit(f"{folder.name} has neither images nor the importance of pixels.")
        found.append(torch.from_numpy(pixels))
    return torch.stack(found)


def buffer_images(
    folder: Path, experiment: Experiment
) -> tuple[dict[str, torch.Tensor], dict[str, float]]:
    """Returns the images in the replay buffer with their labels, and how well they are known."""
    for _ in experiment.events():
        pass
    state = experiment.state_dict()
    summary = {name: state[name] for name in (network_state.IMAGES, network_state.LABELS)}
    last = len(experiment.tasks) - 1
    model = predict.load(folder, last)
    earlier = [task.train for task in experiment.tasks[:last]]
    in_buffer = state["strategy.memory.tasks"] < last
    images, labels = (tensor[in_buffer] for tensor in summary.values())
    others = [correct(model, examples) for examples in earlier]
    return summary, {
        "images": len(images),
        "correct": round(float((scores(model, images).argmax(1) == labels).float().mean()), 4),
        "correct_of_all": round(float(torch.cat(others).mean()), 4),
    }


def correct(model: Strategy, examples: Examples) -> torch.Tensor:
    """Returns 1 for each image whose class the model predicts, else 0: float (n,)."""
    return (scores(model, examples.images).argmax(1) == examples.labels).float()


if __name__ == "__main__":
    main()
