"""MNIST (LeCun et al. 1998): 60,000 + 10,000 grey digits of 28 x 28.

Read from whatever is there: the four IDX files, gzip or not, under `$LIFELONG_DATA` or the download folder;
else torchvision downloads them (progress bar, checksums); else the embedded sample stands in, and says so.
"""

import gzip
import os
import socket
import sys
import tempfile
import zlib
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ..errors import LifelongError
from ..examples import Dataset
from . import mnist_sample

FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
CLASSES = mnist_sample.CLASSES
TIMEOUT = 15  # seconds without an answer before a download is given up


def load() -> Dataset:
    """All of MNIST, or the embedded sample where there is neither a copy nor a network."""
    folder = _found() or _downloaded()
    if folder is None:
        return mnist_sample.load()
    train_images, train_labels, test_images, test_labels = (read_idx(_file(folder, name)) for name in FILES)
    for images, labels in ((train_images, train_labels), (test_images, test_labels)):
        if images.ndim != 3 or labels.shape != images.shape[:1] or (labels >= len(CLASSES)).any():
            raise LifelongError("The four files of MNIST do not belong together: images, labels or their numbers differ; fetch them again.")
    return Dataset(
        name="mnist",
        title="MNIST",
        source=f"MNIST, {len(train_labels):,} training and {len(test_labels):,} test images",
        classes=CLASSES,
        train_images=train_images.unsqueeze(1),
        train_labels=train_labels.long(),
        test_images=test_images.unsqueeze(1),
        test_labels=test_labels.long(),
    )


def here() -> bool:
    """Whether it can be loaded without a download."""
    return _found() is not None


def _download_root() -> Path:
    return Path(os.environ.get("LIFELONG_CACHE", Path.home() / ".cache" / "lifelong"))


def _found() -> Path | None:
    roots = [Path(os.environ["LIFELONG_DATA"])] if os.environ.get("LIFELONG_DATA") else []
    for root in [*roots, _download_root()]:
        folder = root / "MNIST" / "raw"
        if all(_file(folder, name).exists() for name in FILES):
            return folder
    return None


def _file(folder: Path, name: str) -> Path:
    plain = folder / name
    return plain if plain.exists() else folder / f"{name}.gz"


def _downloaded() -> Path | None:
    """Torchvision's own download; None, with a line on standard error, where it cannot be had."""
    if os.environ.get("LIFELONG_OFFLINE"):
        return None
    from ..torchvision_import import datasets

    folder = _download_root() / "MNIST" / "raw"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Beside their place, then renamed: half a download is never taken for MNIST the next time.
        with tempfile.TemporaryDirectory(dir=folder) as beside, _timeout(TIMEOUT):
            datasets.MNIST(beside, download=True)
            for name in FILES:
                os.replace(Path(beside) / "MNIST" / "raw" / name, folder / name)
    except (RuntimeError, OSError, EOFError, zlib.error, HTTPException):
        tqdm.write("MNIST is not under LIFELONG_DATA and could not be downloaded; using the embedded sample.", file=sys.stderr)
        return None
    return folder


@contextmanager
def _timeout(seconds: float):
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def read_idx(file: Path) -> Tensor:
    """A uint8 tensor from an IDX file, gzip or not.

    Raises LifelongError when it is damaged, truncated or not an IDX file of bytes.
    """
    try:
        content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    except (OSError, EOFError, zlib.error):
        raise LifelongError(f"{file.name} is damaged or cannot be read; fetch it again.") from None
    # Two zero bytes, the type (8 is unsigned byte), the number of dimensions, then each as big-endian int32.
    dimensions = content[3] if len(content) > 3 and content.startswith(b"\x00\x00\x08") else 0
    header = 4 + 4 * dimensions
    shape = np.frombuffer(content[4:header], ">i4").tolist() if dimensions and len(content) >= header else []
    if not shape or len(content) - header != int(np.prod(shape, dtype=np.int64)):
        raise LifelongError(f"{file.name} is not a whole IDX file of bytes; fetch it again.")
    return torch.from_numpy(np.frombuffer(content, np.uint8, offset=header).reshape(shape).copy())
