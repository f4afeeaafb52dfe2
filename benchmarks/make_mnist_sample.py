"""Makes the embedded sample of MNIST: the first 500 training images of each class.

    LIFELONG_DATA=... python -m benchmarks.make_mnist_sample [FILE]

Writes FILE, by default lifelong/datasets/mnist_sample.npz. The first 400 images of each class are
the training set, the other 100 the test set. Both are sorted by class and keep MNIST's order within
a class. The same images give the same bytes, with the same version of zlib.

Source: MNIST, training set (LeCun, Cortes and Burges 1998, http://yann.lecun.com/exdb/mnist/),
derived from NIST's databases. Yann LeCun and Corinna Cortes hold the copyright; licence Creative
Commons Attribution-Share Alike 3.0, which holds for the sample too
(https://creativecommons.org/licenses/by-sa/3.0/).
"""

import sys
from pathlib import Path

import numpy as np

from lifelong import datasets

OUT = Path(__file__).parent.parent / "lifelong" / "datasets" / "mnist_sample.npz"
TRAIN_PER_CLASS, TEST_PER_CLASS = 400, 100


def sample(images: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the four arrays of the sample: images uint8 (n, 1, 28, 28) and labels uint8 (n,)."""
    by_class = [np.flatnonzero(labels == label) for label in range(10)]
    last = TRAIN_PER_CLASS + TEST_PER_CLASS
    train = np.concatenate([members[:TRAIN_PER_CLASS] for members in by_class])
    test = np.concatenate([members[TRAIN_PER_CLASS:last] for members in by_class])
    return {
        "train_images": images[train],
        "train_labels": labels[train].astype(np.uint8),
        "test_images": images[test],
        "test_labels": labels[test].astype(np.uint8),
    }


def main() -> None:
    """Writes the sample and prints its size."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    mnist = datasets.load("mnist")
    if len(mnist.train_labels) != 60_000:
        sys.exit(f"The sample needs all of MNIST, but found {mnist.source}; set LIFELONG_DATA.")
    with open(out, "wb") as file:
        np.savez_compressed(file, **sample(mnist.train_images.numpy(), mnist.train_labels.numpy()))
    print(f"{out.name}: {out.stat().st_size:,} bytes from {mnist.source}")


if __name__ == "__main__":
    main()
