"""Makes a `Dataset` of arrays, described in the same words whatever its source."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ...data.examples import Dataset

Split = tuple[np.ndarray, np.ndarray]  # images uint8 (n, channels, height, width), labels (n,)


def make_dataset(
    name: str, title: str, classes: tuple[str, ...], train: Split, test: Split, remark: str = ""
) -> "Dataset":
    """Returns the data set of these images. remark: the end of its source, in words."""
    import torch

    from ...data.examples import Dataset

    (train_images, train_labels), (test_images, test_labels) = train, test
    return Dataset(
        name=name,
        title=title,
        source=f"{title}, {len(train_labels):,} training and {len(test_labels):,} test "
        f"images{remark}",
        classes=classes,
        train_images=torch.from_numpy(train_images),
        train_labels=torch.from_numpy(train_labels.astype(np.int64)),
        test_images=torch.from_numpy(test_images),
        test_labels=torch.from_numpy(test_labels.astype(np.int64)),
    )
