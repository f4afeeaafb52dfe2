"""Classification networks of torchvision as models, frozen or trained as a whole."""

from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar

from ...settings import Setting, choice, setting, text
from ...storage.progress import Steps
from ..base import Backbone, Model, Network, QuantizedFeatures, Shape
from . import weights
from .backbone import STEMS, TorchvisionBackbone
from .backbone_info import BackboneInfo
from .weights import Weights


@dataclass
class Torchvision(Model):
    """Network of torchvision up to its last layer, then hidden linear layers and a head.

    Frozen, every image goes through it once and its features are kept on disk: training then takes
    seconds. Trained as a whole, it also learns from random crops and flips.
    """

    architecture: ClassVar[str]
    title = "A network of torchvision"
    summary = (
        "A deep network for colour images, pretrained or not, with fully connected layers on top."
    )

    regimes = {
        "scratch": {"tune": "whole", "weights": "none"},
        "frozen": {"tune": "head"},
        "finetune": {"tune": "whole"},
    }

    tune: str = choice(
        "head",
        "What is trained: the layers on top of the frozen backbone, or the whole network.",
        options=("head", "whole"),
    )
    weights: str = text(
        "default",
        "Where the backbone's weights come from: shipped, imagenet, none, or a "
        ".safetensors file; by default shipped, where one ships.",
    )
    stem: str = choice(
        "auto",
        "The first layers; auto is what the weights were made with, or small where there are none.",
        options=("auto", *STEMS),
    )
    side: int = setting(
        0,
        "Images are brought to this side in pixels before; 0 leaves them as they are.",
        low=0,
        high=512,
    )
    units: int = setting(512, "Units in each hidden layer on top.", low=1, high=4000)
    layers: int = setting(1, "Hidden layers on top.", low=0, high=6)

    @classmethod
    def form_settings(cls) -> tuple[Setting, ...]:
        default = weights.default_source(cls.architecture)
        offered = tuple(dict.fromkeys((default, "imagenet", "none")))
        settings = {setting.name: setting for setting in cls.settings("else")}
        settings["weights"] = replace(settings["weights"], options=offered, default=default)
        return tuple(settings.values())

    @property
    def threads(self) -> int | None:
        # The layers on top are a small network.
        return 1 if self.tune == "head" else None

    def backbone(self, precision: str, augments: bool = False) -> TorchvisionBackbone:
        """Returns the network up to its last layer, with its weights."""
        loaded = self._weights()
        backbone = TorchvisionBackbone(self._info(loaded, precision), augments)
        if loaded:
            loaded.load_into(backbone.network, self.architecture)
            # The tensors of the file, not copies: several networks that answer start from one.
            backbone.start = {
                name: loaded.tensors.get(name, tensor.clone())
                for name, tensor in backbone.network.state_dict().items()
            }
        return backbone

    def frozen_backbone(self, precision: str) -> Backbone | None:
        return self.backbone(precision) if self.tune == "head" else None

    def backbone_info(self, precision: str) -> BackboneInfo | None:
        if self.tune != "head":
            return None
        return self._info(self._weights(), precision)

    def network(self, shape: Shape, outputs: int, precision: str) -> Network:
        body = (
            QuantizedFeatures(shape[0])
            if self.tune == "head"
            else self.backbone(precision, augments=True)
        )
        return Network(body, [self.units] * self.layers, outputs)

    def fetch_weights(self) -> Steps[None]:
        yield from weights.fetch(self.architecture, self._source())

    def _weights(self) -> Weights | None:
        return weights.load(self.architecture, self._source())

    def _info(self, loaded: Weights | None, precision: str) -> BackboneInfo:
        if loaded:
            default_stem, words = loaded.stem, (loaded.fingerprint, loaded.description)
        else:
            default_stem = "small" if self._has_stems() else "imagenet"
            words = ("", f"{self.architecture} as it was drawn")
        stem = default_stem if self.stem == "auto" else self.stem
        return BackboneInfo(self.architecture, stem, self.side, precision, *words)

    def _source(self) -> str:
        return (
            weights.default_source(self.architecture) if self.weights == "default" else self.weights
        )

    def _has_stems(self) -> bool:
        return self.architecture.startswith(("resnet", "resnext", "wide_resnet"))


def architectures() -> list[str]:
    """Returns the names of torchvision's classification networks."""
    from ...numerics.torchvision_import import models

    return models.list_models(module=models)


@cache
def made_of(architecture: str) -> type[Torchvision] | None:
    """Returns the model class of torchvision's network of this name; None where there is none."""
    if architecture not in architectures():
        return None
    return type(
        architecture,
        (Torchvision,),
        {"architecture": architecture, "title": architecture, "__doc__": Torchvision.__doc__},
    )
