"""Torchvision network without its classifier: a frozen backbone, or a body that is trained."""

import contextlib

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...data.augmentation import crop_and_flip
from ...errors import LifelongError
from ...numerics import seeds
from ..base import Backbone
from .backbone_info import BackboneInfo
from .convolutions import use_matmul
from .seeded import global_generator

# Of ImageNet's colours, which torchvision's weights expect.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Images of a chunk in inference: enough for the products, few enough for the memory.
PORTION = {"cpu": 100, "cuda": 500}
# In training these have outputs of middle layers, too.
SEVERAL_HEADS = ("googlenet", "inception_v3")
STEMS = ("imagenet", "small", "small without pooling")


class TorchvisionBackbone(Backbone):
    """Torchvision classification network up to its last hidden layer: images uint8 (n, 1 or 3,
    height, width) -> (n, width).

    stem: 'imagenet' is torchvision's own, which divides the resolution by four; 'small' has a 3 x 3
    convolution that keeps the resolution in place of the 7 x 7 one, 'small without pooling' leaves
    out the max-pooling too. Only ResNets have the choice. augments: in training, random crops and
    flips. Images are normalised by ImageNet's means, grey ones become colour.
    """

    def __init__(self, info: BackboneInfo, augments: bool = False) -> None:
        super().__init__()
        self.info, self.augments = info, augments
        self.network, self.width = without_classifier(info.architecture, info.stem)
        # torch's overloads do not name this argument by itself.
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.augmentation, self.dropout = torch.Generator(), torch.Generator()
        self.start: dict[str, Tensor] | None = None
        self.eval()

    def initialise(self, generator: torch.Generator) -> None:
        """Puts back the loaded weights, or draws them as torchvision does if none were loaded."""
        start = self.start
        if start is None:
            with global_generator(generator, torch.device("cpu")):
                start = without_classifier(self.info.architecture, self.info.stem)[0].state_dict()
        self.network.load_state_dict(start)

    def begin_step(self, seed: int, task: int, step: int) -> None:
        self.augmentation = seeds.generator(seed, "augment", task, step)
        self.dropout = seeds.generator(seed, "dropout", task, step)
        self.train()

    def fix_statistics(self) -> None:
        for module in self.network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()

    def forward(self, images: Tensor) -> Tensor:
        if torch.compiler.is_exporting():  # a program for any number of images has no portions
            return self._features(images)
        if not self.training:
            portion = PORTION.get(images.device.type, 100)
            return torch.cat([self._features(part) for part in images.split(portion)])
        if self.augments:
            images = crop_and_flip(images, self.augmentation)
        with global_generator(self.dropout, images.device):
            return self._features(images)

    def _features(self, images: Tensor) -> Tensor:
        with (
            torch.autocast(images.device.type, torch.bfloat16)
            if self.info.precision == "bf16"
            else contextlib.nullcontext()
        ):
            return self.network(self.normalised(images)).float()

    def normalised(self, images: Tensor) -> Tensor:
        """Returns images as the network takes them: float (n, 3, side, side), channels last."""
        x, size = images.float() / 255, (self.info.side, self.info.side)
        if self.info.side and x.shape[-2:] != size:
            x = F.interpolate(x, size=size, mode="bilinear", antialias=True)
        mean, deviation = (
            torch.tensor(values).view(1, 3, 1, 1).to(x.device) for values in (MEAN, DEVIATION)
        )
        return ((x - mean) / deviation).contiguous(memory_format=torch.channels_last)


def without_classifier(architecture: str, stem: str) -> tuple[nn.Module, int]:
    """Returns a network of torchvision without its last linear layer, and the number of features.

    Raises LifelongError for one that has no such layer, or not this stem.
    """
    from ...numerics.torchvision_import import models

    network = models.get_model(architecture, weights=None)
    linear = [
        (name, m)
        for name, m in network.named_modules()
        if isinstance(m, nn.Linear) and m.out_features == 1000
    ]
    if not linear or architecture in SEVERAL_HEADS:
        raise LifelongError(
            f"{architecture} was asked for, but does not end in one linear layer for 1,000 "
            "classes; choose another, such as resnet18."
        )
    name, last = linear[-1]
    parent, _, child = name.rpartition(".")
    setattr(network.get_submodule(parent), child, nn.Identity())
    if stem != "imagenet":
        _make_small(network, architecture, stem)
    use_matmul(network)
    return network, last.in_features


def _make_small(network: nn.Module, architecture: str, stem: str) -> None:
    from ...numerics.torchvision_import import models

    if not isinstance(network, models.ResNet):
        raise LifelongError(
            f"The stem '{stem}' was asked for, but {architecture} has no such stem; only "
            "ResNets do. Leave it at imagenet."
        )
    network.conv1 = nn.Conv2d(3, network.conv1.out_channels, 3, padding=1, bias=False)
    if stem == "small without pooling":
        network.maxpool = nn.Identity()
