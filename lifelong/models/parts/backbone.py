"""A torchvision network without its last layer, as a body that is trained, or as a frozen
backbone.
"""

import contextlib

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...data.augmentation import crop_and_flip
from ...errors import LifelongError
from ...numerics import seeds
from ..base import Body
from .backbone_info import BackboneInfo
from .convolutions import use_matmul

MEAN, DEVIATION = (
    (0.485, 0.456, 0.406),
    (0.229, 0.224, 0.225),
)  # of ImageNet's colours, which torchvision's weights expect
PORTION = {
    "cpu": 100,
    "cuda": 500,
}  # images at once where they are only answered: enough for the products, few enough for the memory
MORE_HEADS = ("googlenet", "inception_v3")  # they answer in training from the middle, too
STEMS = ("imagenet", "small", "small without pooling")


class Backbone(Body):
    """A torchvision classification network up to its last hidden layer; images uint8 (n, 1 or 3,
    height, width) -> (n, width).

    stem: 'imagenet' is torchvision's own, a quarter of the resolution at once; 'small' has a 3 x 3
    convolution that keeps the resolution in place of the 7 x 7 one, 'small without pooling' leaves
    out the max-pooling too. Only ResNets have the choice.
    side: images are brought to this side before; 0 leaves them as they are. augments: in training,
    random crops and flips. Channels last, and bf16 where that is the precision; normalised by
    ImageNet's means, grey made colour.
    """

    def __init__(
        self, architecture: str, stem: str, side: int, precision: str, augments: bool = False
    ) -> None:
        super().__init__()
        self.architecture, self.stem = architecture, stem
        self.network, self.width = without_classifier(architecture, stem)
        # torch's overloads do not name this argument by itself.
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.side, self.precision, self.augments = side, precision, augments
        self.generator = torch.Generator()
        self.start: dict[str, Tensor] | None = None
        self.fingerprint, self.description = "", random_weights(architecture)
        self.eval()

    @property
    def info(self) -> BackboneInfo:
        """Its description."""
        return BackboneInfo(
            self.architecture,
            self.stem,
            self.side,
            self.precision,
            self.fingerprint,
            self.description,
        )

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return next(self.network.parameters()).device

    def initialise(self, generator: torch.Generator) -> None:
        """Weights as they were loaded; without any, as torchvision draws them, from this
        generator.
        """
        start = self.start
        if start is None:
            with torch.random.fork_rng(
                devices=[]
            ):  # torchvision draws from the one generator that all share
                torch.manual_seed(int(torch.randint(2**31, (1,), generator=generator)))
                start = without_classifier(self.architecture, self.stem)[0].state_dict()
        self.network.load_state_dict(start)

    def begin_step(self, seed: int, task: int, step: int) -> None:
        self.generator = seeds.generator(seed, "augment", task, step)
        self.train()

    def forward(self, images: Tensor) -> Tensor:
        if not self.training:
            return torch.cat(
                [self._answer(part) for part in images.split(PORTION.get(images.device.type, 100))]
            )
        return self._answer(crop_and_flip(images, self.generator) if self.augments else images)

    def _answer(self, images: Tensor) -> Tensor:
        with (
            torch.autocast(images.device.type, torch.bfloat16)
            if self.precision == "bf16"
            else contextlib.nullcontext()
        ):
            return self.network(self.prepared(images)).float()

    def prepared(self, images: Tensor) -> Tensor:
        """Images as the network takes them: float (n, 3, side, side), channels last."""
        x = images.float().div_(255)
        if self.side and x.shape[-2:] != (self.side, self.side):
            x = F.interpolate(x, size=(self.side, self.side), mode="bilinear", antialias=True)
        mean, deviation = (
            torch.tensor(values).view(1, 3, 1, 1).to(x.device) for values in (MEAN, DEVIATION)
        )
        return ((x - mean) / deviation).contiguous(memory_format=torch.channels_last)


def random_weights(architecture: str) -> str:
    """Returns the description of random weights."""
    return f"{architecture} as it was drawn"


def without_classifier(architecture: str, stem: str) -> tuple[nn.Module, int]:
    """The network with its last linear layer taken out, and the width of what is left."""
    from ...numerics.torchvision_import import models

    network = models.get_model(architecture, weights=None)
    linear = [
        (name, m)
        for name, m in network.named_modules()
        if isinstance(m, nn.Linear) and m.out_features == 1000
    ]
    if not linear or architecture in MORE_HEADS:
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
