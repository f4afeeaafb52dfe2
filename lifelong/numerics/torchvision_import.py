"""The one place that imports torchvision.

Its wheels carry compiled operators that need the build of torch they were made for. Beside another
one, such as a CPU-only torch, they do not load, and torchvision's import fails on two names.
Declaring these is enough: nothing in this project calls them. Where the operators do load, they
must not be declared before: declaring a name twice ends the process.
"""

import contextlib
import importlib.util
from pathlib import Path

import torch

_LIBRARIES = []


def _operators_load() -> bool:
    """Loads torchvision's compiled operators; returns whether this torch can."""
    found = importlib.util.find_spec("torchvision")
    if found is None or found.origin is None:
        return False  # the import below says what is missing
    for library in Path(found.origin).parent.glob("_C*.*"):
        with contextlib.suppress(OSError):
            torch.ops.load_library(library)
            return True
    return False


if not _operators_load():
    for _schema in (
        "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
        "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    ):
        _library = torch.library.Library("torchvision", "FRAGMENT")
        _library.define(_schema)
        _LIBRARIES.append(_library)

import torchvision  # noqa: E402, F401
from torchvision import datasets as datasets  # noqa: E402
from torchvision import models as models  # noqa: E402
