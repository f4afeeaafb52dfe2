"""Measures what a process of its own adds to the decoding of a picture that a stranger sends.

    python -m benchmarks.decoding [--times 50] [--out FILE]

For a drawing, a photograph of a phone and one of a camera: median milliseconds in the process that
answers, and in one of its own (`lifelong/data/uploads.py`); and the seconds until that has started.
For a zip file of 1,000 small pictures: seconds to read it in this process, and in one of its own.
"""

import io
import json
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np
from PIL import Image

from lifelong.data.image_files import open_image, png
from lifelong.data.uploads import Decoders
from lifelong.datasets.own.pictures import Upload
from lifelong.datasets.own.uploads import sort_here, sort_uploads

SIZES = {"photograph of 1280 x 960": (1280, 960), "photograph of 4000 x 3000": (4000, 3000)}
PICTURES = 1000  # of the zip file


def pictures() -> dict[str, bytes]:
    """Returns files by name."""
    dice = np.random.default_rng(0)
    found = {"drawing of 280 x 280": png(dice.integers(0, 255, (280, 280), np.uint8))}
    for name, (width, height) in SIZES.items():
        rough = dice.integers(0, 255, (height // 8, width // 8, 3), np.uint8)
        out = io.BytesIO()
        Image.fromarray(rough).resize((width, height)).save(out, "JPEG", quality=90)
        found[name] = out.getvalue()
    return found


def zipped() -> Upload:
    """Returns a zip file of two classes of pictures of 32 x 32 pixels."""
    dice, out = np.random.default_rng(0), io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for at in range(PICTURES):
            image = png(dice.integers(0, 255, (3, 32, 32), np.uint8))
            packed.writestr(f"{'cat' if at % 2 else 'dog'}/{at}.png", image)
    return Upload("pets.zip", out)


def seconds(action: Callable[[], object]) -> float:
    """Returns the seconds that an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def milliseconds(action: Callable[[], object], times: int) -> float:
    """Returns the median of so many times."""
    return round(1000 * median(seconds(action) for _ in range(times)), 2)


def measure(times: int) -> dict[str, Any]:
    """Returns all figures."""
    decoders, rows = Decoders(), []
    start = seconds(decoders.warm)
    for name, file in pictures().items():
        here = milliseconds(lambda file=file: open_image(file), times)
        apart = milliseconds(lambda file=file: decoders.open(file), times)
        rows.append({"picture": name, "bytes": len(file), "here_ms": here, "apart_ms": apart})
    upload = zipped()
    with tempfile.TemporaryDirectory() as folder:
        reading = {
            name: round(seconds(lambda sort=sort, at=at: sort([upload], Path(folder, str(at)))), 2)
            for at, (name, sort) in enumerate({"here": sort_here, "apart": sort_uploads}.items())
        }
    zip_file = {"pictures": PICTURES} | {f"{name}_seconds": took for name, took in reading.items()}
    return {"times": times, "start_seconds": round(start, 2), "pictures": rows, "zip": zip_file}


@click.command()
@click.option("--times", default=50, help="How often each picture is decoded.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Keeps the figures.")
def main(times: int, out: Path | None) -> None:
    """Prints the figures."""
    figures = measure(times)
    click.echo(json.dumps(figures, indent=1))
    if out:
        out.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
