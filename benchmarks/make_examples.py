"""Makes the example digits of the Draw page: three typical MNIST test images of each class.

    LIFELONG_DATA=... python -m benchmarks.make_examples

Writes app/assets/draw/examples.png, one column for each digit. An image is typical if it is near
the mean image of its class: the rows are the images at the 2nd, 15th and 30th percentile of that
distance.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from lifelong import datasets

PERCENTILES = (2, 15, 30)
OUT = Path(__file__).parent.parent / "app" / "assets" / "draw" / "examples.png"


def typical(images: np.ndarray) -> list[np.ndarray]:
    """Returns the images at PERCENTILES of the distance from their mean.

    Args:
        images: uint8 (n, 28, 28), all of one class.
    """
    flat = images.reshape(len(images), -1).astype(np.float32)
    order = np.linalg.norm(flat - flat.mean(0), axis=1).argsort()
    return [images[order[len(order) * percentile // 100]] for percentile in PERCENTILES]


def main() -> None:
    """Writes the PNG file and prints its size."""
    mnist = datasets.load("mnist")
    images, labels = mnist.test_images.squeeze(1).numpy(), mnist.test_labels.numpy()
    columns = [np.concatenate(typical(images[labels == digit])) for digit in range(10)]
    Image.fromarray(np.concatenate(columns, axis=1)).save(OUT, optimize=True)
    print(f"{OUT.name}: {OUT.stat().st_size} bytes from {mnist.source}")


if __name__ == "__main__":
    main()
