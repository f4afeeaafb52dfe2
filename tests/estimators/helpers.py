"""Small data sets as people would have them: arrays of noisy patterns."""

import numpy as np

from lifelong import Dataset, Run


def pictures(classes: int = 6, each: int = 30, shape: tuple[int, ...] = (5, 5), seed: int = 0):
    """Returns images, float (n, *shape) in [0, 1], and their labels, int (n,)."""
    dice = np.random.default_rng(seed)
    patterns = dice.random((classes, *shape))
    labels = np.arange(classes * each) % classes
    return np.clip(patterns[labels] + dice.normal(0, 0.1, (len(labels), *shape)), 0, 1), labels


def data(**given) -> Dataset:
    """Returns the data set of `pictures`."""
    return Dataset.from_arrays(*pictures(**given))


def small_run(strategy="finetune", **given) -> Run:
    """Returns a run of a few steps of a small network."""
    return Run(strategy, network={"units": 20}, steps=30, learning_rate=0.01, **given)
