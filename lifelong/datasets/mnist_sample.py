"""The embedded sample: 5,000 MNIST images, 500 a class, in a file of this project.

They are the first 500 training images of each class: 400 for training, the other 100 for testing.
Accuracies on it are not accuracies on MNIST, so its source stands beside every one of them.
`benchmarks/make_mnist_sample.py` makes the file. Source: MNIST (LeCun, Cortes and Burges 1998),
copyright Yann LeCun and Corinna Cortes, licence CC BY-SA 3.0.
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
    sources=(Embedded("mnist_sample.npz", "embedded sample of MNIST"),),
    default_model="mlp",
    judge_run="mnist-class-cumulative",
    phrase="the embedded sample",
    rank=2,
)
