"""Training images held out of a data set, to choose settings by without looking at test images."""

from dataclasses import replace

import torch

from ..data.examples import Dataset
from ..errors import LifelongError
from ..numerics import seeds
from .setup import Prepared


def hold_out(prepared: Prepared, share: float, seed: int) -> Prepared:
    """Returns the images of a run with random training images of each class as its test images.

    The test images themselves are dropped. share: of each class, in (0, 1). Raises LifelongError
    for a class of fewer than two images.
    """
    features = prepared.features
    if features is not None:
        features = replace(features, dataset=_held_out(features.dataset, share, seed))
    return Prepared(_held_out(prepared.dataset, share, seed), features)


def _held_out(dataset: Dataset, share: float, seed: int) -> Dataset:
    tested = torch.zeros(len(dataset.train_labels), dtype=torch.bool)
    for label, name in enumerate(dataset.label_names):
        members = (dataset.train_labels == label).nonzero().squeeze(1)
        if len(members) < 2:
            raise LifelongError(
                f"The class '{name}' has {len(members)} training images, too few to hold some out;"
                " give it more."
            )
        order = torch.randperm(len(members), generator=seeds.generator(seed, "held out", label))
        count = min(max(1, round(share * len(members))), len(members) - 1)
        tested[members[order[:count]]] = True
    return replace(
        dataset,
        source=f"{dataset.source}; {share:.0%} of the training images held out, seed {seed}",
        train_images=dataset.train_images[~tested],
        train_labels=dataset.train_labels[~tested],
        test_images=dataset.train_images[tested],
        test_labels=dataset.train_labels[tested],
    )
