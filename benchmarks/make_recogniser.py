"""Makes the recogniser of drawn digits and measures it.

    python -m benchmarks.make_recogniser [--measure]

Trains on MNIST's training images, on the same as drawings of other sizes and pens, and on figures
that are no digits (`benchmarks.no_digits`, which needs fonts). It is measured on others: MNIST's
test images, digits of stroke skeletons, and scribbles, zigzags, dots, lines, letters and shapes of
strokes. Writes checkpoints/recognisers/digits.safetensors and benchmarks/results/recogniser.json;
--measure keeps the weights. Takes some minutes on 2 cores.
"""

import json
import random
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import click
import numpy as np
import torch
import torch.nn.functional as F

from benchmarks import strokes
from benchmarks.drawings import drawing
from benchmarks.no_digits import figure, half
from lifelong import datasets
from lifelong.inference import predict, recogniser
from lifelong.inference.digits import to_digit
from lifelong.inference.recognition import judged
from lifelong.runs import store as run_store
from lifelong.storage import tensor_files

RESULTS = Path(__file__).parent / "results" / "recogniser.json"
NO_DIGIT = len(recogniser.DIGITS)
DRAWN, FIGURES, EPOCHS, BATCH = 12_000, 40_000, 8, 128
MEASURED = 500  # figures of each kind


def drawn_digit(digits: np.ndarray, seed: int) -> np.ndarray | None:
    """Returns the digit of this number as a drawing, as the network gets it."""
    return to_digit(half(drawing(digits[seed % len(digits)], random.Random(seed))))


def training_set() -> tuple[torch.Tensor, torch.Tensor]:
    """Returns images uint8 (n, 28, 28) and their labels, NO_DIGIT for what is none."""
    mnist = datasets.load("mnist")
    digits, labels = mnist.train_images[:, 0].numpy(), mnist.train_labels.numpy()
    with ProcessPoolExecutor(2) as pool:
        drawn = list(pool.map(partial(drawn_digit, digits), range(DRAWN), chunksize=500))
        others = list(pool.map(partial(figure, digits[:5000]), range(FIGURES), chunksize=500))
    images = [*digits, *drawn, *others]
    of = [*labels, *labels[np.arange(DRAWN) % len(labels)], *[NO_DIGIT] * FIGURES]
    there = [index for index, image in enumerate(images) if image is not None]
    return (
        torch.from_numpy(np.stack([images[index] for index in there])),
        torch.tensor([int(of[index]) for index in there]),
    )


def train(images: torch.Tensor, labels: torch.Tensor) -> recogniser.DigitNetwork:
    """Returns the network after EPOCHS passes."""
    torch.manual_seed(0)
    network = recogniser.DigitNetwork()
    optimizer = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=1e-4)
    steps = EPOCHS * (len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, steps)
    for epoch in range(EPOCHS):
        order = torch.randperm(len(images))
        losses = []
        for batch in order.split(BATCH)[: len(images) // BATCH]:
            loss = F.cross_entropy(network(bent(images[batch])), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        click.echo(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}", err=True)
    return network.eval()


def bent(images: torch.Tensor) -> torch.Tensor:
    """Returns images uint8 (n, 28, 28), each turned, sheared, stretched and shifted a little."""
    count = len(images)
    change = torch.eye(2, 3).repeat(count, 1, 1)
    change[:, :, :2] += 0.09 * torch.randn(count, 2, 2)
    change[:, :, 2] += 0.05 * torch.randn(count, 2)
    grid = F.affine_grid(change, [count, 1, 28, 28], align_corners=False)
    return F.grid_sample(images[:, None].float(), grid, align_corners=False)[:, 0].round().byte()


REAL = ("MNIST's test images", "the first 2,000 of them, drawn", "digits of strokes")


def measured_kinds() -> tuple[str, ...]:
    """Returns the names of the sets that the recogniser is measured on."""
    return (*REAL, *strokes.NO_DIGITS)


def results() -> dict[str, dict[str, float]]:
    """Returns the figures measured last."""
    return json.loads(RESULTS.read_text())


def measured_sets() -> dict[str, tuple[list[np.ndarray], list[str]]]:
    """Returns images of each kind with their classes, '' for what is no digit."""
    mnist, dice = datasets.load("mnist"), random.Random(1_000_003)
    images, labels = mnist.test_images[:, 0].numpy(), mnist.test_labels.numpy()
    sets = {REAL[0]: (list(images), [str(label) for label in labels])}
    drawn = [to_digit(drawing(image, dice)) for image in images[:2000]]
    sets[REAL[1]] = _present(drawn, [str(n) for n in labels[:2000]])
    names = [name for name in recogniser.DIGITS for _ in range(MEASURED // 5)]
    sets[REAL[2]] = _present([to_digit(strokes.digit(n, dice)) for n in names], names)
    for kind in strokes.NO_DIGITS:
        figures = [to_digit(strokes.no_digit(kind, dice)) for _ in range(MEASURED)]
        sets[kind] = _present(figures, [""] * MEASURED)
    return sets


def _present(
    images: list[np.ndarray | None], names: list[str]
) -> tuple[list[np.ndarray], list[str]]:
    pairs = [(image, name) for image, name in zip(images, names) if image is not None]
    return [image for image, _ in pairs], [name for _, name in pairs]


def measure() -> dict[str, dict[str, float]]:
    """Returns, for each kind, n and the share of each judgement.

    softmax_turned_away: for comparison, the share that a threshold on the softmax of cumulative
    training would turn away, if it turned away 2 % of MNIST's test images.
    """
    rows: dict[str, dict[str, float]] = {}
    sets = measured_sets()
    sureness = {kind: softmax(np.stack(images)) for kind, (images, _names) in sets.items()}
    threshold = np.quantile(sureness[REAL[0]], 0.02)
    for kind, (images, names) in sets.items():
        found = [judged(row) for row in recogniser.probabilities(np.stack(images))]
        sure = [(r.likeliest[0] == name) for r, name in zip(found, names) if r.certainty == "sure"]
        count = len(found)
        rows[kind] = {
            "n": count,
            "sure_and_right": round(sum(sure) / count, 4),
            "sure_and_wrong": round((len(sure) - sum(sure)) / count, 4),
            "doubtful": round(sum(r.certainty == "doubtful" for r in found) / count, 4),
            "no_digit": round(sum(r.certainty == "none" for r in found) / count, 4),
            "softmax_turned_away": round(float((sureness[kind] < threshold).mean()), 4),
        }
    return rows


def softmax(images: np.ndarray) -> np.ndarray:
    """Returns the largest probability of the shipped run of cumulative training, float (n,)."""
    folder = run_store.folder("mnist-class-cumulative")
    with torch.no_grad():
        scores = predict.load(folder, 4).scores(torch.from_numpy(images).unsqueeze(1))
    return scores.softmax(1).max(1).values.numpy()


@click.command()
@click.option("--measure", "only", is_flag=True, help="Measure the weights that are there.")
def main(only: bool) -> None:
    """Makes and measures the recogniser."""
    if not only:
        network = train(*training_set())
        recogniser.FILE.parent.mkdir(exist_ok=True)
        about = {"about": "python -m benchmarks.make_recogniser, MNIST's training images, seed 0"}
        tensor_files.write(recogniser.FILE, network.state_dict(), about, half=True)
        recogniser.network.cache_clear()
    rows = measure()
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")
    click.echo(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
