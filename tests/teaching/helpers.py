"""Helpers of tests about taught classes: pictures, and a class taught in one call."""

from pathlib import Path

import numpy as np
from PIL import Image

from lifelong import api
from lifelong.runs import store as run_store
from lifelong.storage.progress import result_of
from lifelong.teaching import teach


def pictures(count: int, seed: int = 0, side: int = 6) -> list[Image.Image]:
    """Returns noisy pictures of one pattern, as those of the toy data set."""
    dice = np.random.default_rng(seed)
    pattern = dice.integers(0, 2, (side, side)) * 200
    noise = dice.integers(0, 56, (count, side, side))
    return [Image.fromarray((pattern + each).astype(np.uint8)) for each in noise]


def files(pictures: list[Image.Image]) -> list[bytes]:
    """Returns pictures as PNG files."""
    return [api.png(np.asarray(picture)) for picture in pictures]


def taught_run(
    original: Path, name: str = "heart", strategy: str = "replay", count: int = 6, seed: int = 0
) -> Path:
    """Returns the folder of a copy that has learned a class."""
    folder = result_of(teach.create(original, name, files(pictures(count, seed)), strategy))
    list(run_store.learn(folder))
    return folder
