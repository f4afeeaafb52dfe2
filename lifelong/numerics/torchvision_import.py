"""The one place that imports torchvision.

Its wheels carry operators that need the CUDA build of torch; with a CPU-only torch the import fails
on two names. Declaring them is enough: nothing in this project calls them.
"""

import contextlib

import torch

_LIBRARIES = []
for _schema in (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
):
    with contextlib.suppress(RuntimeError):  # declared already where the compiled operators do load
        _library = torch.library.Library("torchvision", "FRAGMENT")
        _library.define(_schema)
        _LIBRARIES.append(_library)

import torchvision  # noqa: E402, F401
from torchvision import datasets as datasets  # noqa: E402
from torchvision import models as models  # noqa: E402
