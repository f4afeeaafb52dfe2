"""Measures how well a symbol is taught to a run from ten drawings, and what the run forgets.

    LIFELONG_DATA=... python -m benchmarks.teach [RUN ...] [--pictures 10] [--symbols heart,star]
        [--strategies analytic,ewc] [--photographs]

Six symbols made of strokes (heart, star, house, cross, arrow, triangle) are each drawn ten times by
as many hands and taught to a copy of each RUN by every strategy. For each run and strategy it
gives, over the symbols, mean, smallest and largest value of: the accuracy on the symbol as recorded
(on variants of the drawings that were not learned) and on 100 new drawings of it, the mean accuracy
on the earlier tasks before and after, the share of the earlier test images that are taken for the
symbol, the seconds of training and those in all: from the pictures to the last line of the record,
images or features in memory and imports done. Writes benchmarks/results/teach.json, each row with
the day on which it was measured. Copies are removed.
"""

import io
import json
import random
import shutil
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import click
import numpy as np
import torch
from PIL import Image

from benchmarks import strokes
from lifelong.inference import predict
from lifelong.inference.preprocess import preprocess
from lifelong.runs import store as run_store
from lifelong.storage.progress import result_of
from lifelong.strategies.base import scores
from lifelong.teaching import checks, teach
from lifelong.training import setup

FILE = Path(__file__).parent / "results" / "teach.json"
SYMBOLS: dict[str, strokes.Figure] = {
    **{name: strokes.SHAPES[name] for name in ("heart", "star", "house", "triangle")},
    "cross": [[(0.15, 0.1), (0.85, 0.9)], [(0.85, 0.1), (0.15, 0.9)]],
    "arrow": [[(0.05, 0.5), (0.95, 0.5)], [(0.65, 0.2), (0.95, 0.5), (0.65, 0.8)]],
}
RUNS = ("mnist-class-finetune", "mnist-class-cumulative")
PHOTOGRAPHS = ("cifar10-class-finetune",)
NEW_DRAWINGS = 100


def drawing(symbol: str, dice: random.Random) -> Image.Image:
    """Returns a drawing of a symbol as the pad sends it."""
    figure = strokes.by_hand(SYMBOLS[symbol], dice)
    return strokes.drawn(figure, dice.uniform(*strokes.PEN))


def photograph(symbol: str, dice: random.Random) -> Image.Image:
    """Returns a drawing of a symbol in a random colour on another one."""
    ink, paper = (tuple(dice.randrange(256) for _ in range(3)) for _ in range(2))
    mask = drawing(symbol, dice)
    return Image.composite(
        Image.new("RGB", mask.size, ink), Image.new("RGB", mask.size, paper), mask
    )


def as_file(picture: Image.Image) -> bytes:
    """Returns a picture as a PNG file."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def measure(run: str, symbol: str, strategy: str, pictures: int) -> dict[str, float]:
    """Teaches one symbol by one strategy and returns the figures, shares in [0, 1]."""
    original = run_store.folder(run)
    history = run_store.history(original)
    draw = drawing if history.started.shape[0] == 1 else photograph
    dice = random.Random(f"{symbol} to learn")
    given = [as_file(draw(symbol, dice)) for _ in range(pictures)]
    began = time.perf_counter()
    folder = result_of(teach.create(original, symbol, given, strategy))
    for _event in run_store.learn(folder):
        pass
    seconds = time.perf_counter() - began
    report = teach.report(folder)
    accuracy = report["accuracy"]
    answers = last_answers(folder, symbol, draw)
    shutil.rmtree(folder)
    return {
        "symbol_recorded": accuracy["new"],
        "earlier_before": accuracy["earlier_before"],
        "earlier_after": accuracy["earlier_after"],
        "seconds_training": report["seconds"],
        "seconds": seconds,
        **answers,
    }


def last_answers(
    folder: Path, symbol: str, draw: Callable[[str, random.Random], Image.Image]
) -> dict[str, float]:
    """Returns the shares of new drawings and of earlier test images taken for the symbol."""
    history = run_store.history(folder)
    config, shape, last = history.config, history.started.shape, history.config.tasks - 1
    dice = random.Random(f"{symbol} to test")
    drawn = [preprocess(draw(symbol, dice), config.dataset, shape) for _ in range(NEW_DRAWINGS)]
    new = torch.from_numpy(np.stack([each.reshape(shape) for each in drawn if each is not None]))
    model = predict.load(folder, last)
    dataset, features = result_of(setup.prepare(config))
    test = (features.dataset if features else dataset).test_images
    backbone = setup.frozen_backbone_of(config)
    if backbone is not None:
        with torch.no_grad():
            new = model.network.body.encode(backbone(new))
    output = predict.plan_after(history, last).outputs - 1
    taken = [
        float((scores(model, images).argmax(1) == output).float().mean()) for images in (new, test)
    ]
    return {"symbol_new_drawings": taken[0], "earlier_taken_for_symbol": taken[1]}


def summary(rows: list[dict[str, float]]) -> dict[str, object]:
    """Returns mean, smallest and largest value of each figure, and their number."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return {
        "n": len(rows),
        **{
            name: {
                "mean": round(sum(v) / len(v), 4),
                "min": round(min(v), 4),
                "max": round(max(v), 4),
            }
            for name, v in columns.items()
        },
    }


@click.command()
@click.argument("runs", nargs=-1)
@click.option("--pictures", default=10)
@click.option("--symbols", default=",".join(SYMBOLS))
@click.option("--strategies", default=",".join(checks.STRATEGIES), show_default=True)
@click.option(
    "--photographs", is_flag=True, help="Only a run of photographs, unless RUNs are given."
)
@click.option("--save/--no-save", default=True)
def main(
    runs: tuple[str, ...],
    pictures: int,
    symbols: str,
    strategies: str,
    photographs: bool,
    save: bool,
) -> None:
    """Teaches every symbol to every run by every strategy."""
    torch.set_num_threads(1)
    results = json.loads(FILE.read_text()) if FILE.exists() else {}
    for run in runs or (PHOTOGRAPHS if photographs else RUNS):
        measure(run, "heart", "replay", pictures)  # loads images, features and code
        for strategy in strategies.split(","):
            rows = [measure(run, symbol, strategy, pictures) for symbol in symbols.split(",")]
            row = {
                "measured": date.today().isoformat(),
                "pictures": pictures,
                "symbols": symbols.split(","),
                **summary(rows),
            }
            results.setdefault(run, {})[strategy] = row
            click.echo(json.dumps({"run": run, "strategy": strategy, **row}))
    if save:
        FILE.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
